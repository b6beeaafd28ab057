"""The `ip` commands that make a topology, and those that change it: data, which `--dry-run` prints.

Nothing is made in the caller's namespace but names: bridges are in a namespace of their own, one a link, and a pair
of virtual Ethernet devices joins each interface to its link's.
"""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.lab.topology import LabInterface, LabNode, Topology

#: A command with its arguments.
Command = tuple[str, ...]
SWITCH = "switch"


def namespace(topology: str, node: str) -> str:
    """The namespace of a node; all of ours begin alike."""
    return f"mhatool-{topology}-{node}"


def port(node: str, interface: str) -> str:
    """The device at the switch's end of an interface."""
    return f"{node}-{interface}"[:15]


def bridge(link: str) -> str:
    """The bridge that is a link."""
    return f"br-{link}"


def inside(topology: str, node: str, *command: str) -> Command:
    """A command, run in a node's namespace."""
    return ("ip", "netns", "exec", namespace(topology, node), *command)


def deployment(topology: Topology) -> Iterator[Command]:
    """Everything, in order."""
    switch = namespace(topology.name, SWITCH)
    yield ("ip", "netns", "add", switch)
    yield ("ip", "-n", switch, "link", "set", "lo", "up")
    for link in topology.links:
        yield ("ip", "-n", switch, "link", "add", bridge(link), "type", "bridge", "mcast_snooping", "0")
        yield ("ip", "-n", switch, "link", "set", bridge(link), "up")
    for name, node in topology.nodes.items():
        yield from _node(topology.name, name, node)


def _node(topology: str, name: str, node: LabNode) -> Iterator[Command]:
    own = namespace(topology, name)
    yield ("ip", "netns", "add", own)
    yield ("ip", "-n", own, "link", "set", "lo", "up")
    for setting in ("accept_dad=0", "accept_ra=0"):
        yield inside(topology, name, "sysctl", "-qw", f"net.ipv6.conf.default.{setting}")
    for key, interface in node.interfaces.items():
        yield from _interface(topology, name, key, interface)
    if node.forwards:
        yield inside(topology, name, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
    yield from routes(topology, name, node)


def routes(topology: str, name: str, node: LabNode) -> Iterator[Command]:
    """Its own routes, which go with a link that goes down."""
    for route in node.routes:
        yield ("ip", "-n", namespace(topology, name), "-6", "route", "replace", route.prefix, "via", route.via)


def _interface(topology: str, node: str, key: str, interface: LabInterface) -> Iterator[Command]:
    own, switch = namespace(topology, node), namespace(topology, SWITCH)
    other = port(node, key)
    peer = ("peer", "name", other, "netns", switch)
    yield ("ip", "-n", own, "link", "add", key, "type", "veth", *peer)
    if interface.link_address:
        yield ("ip", "-n", own, "link", "set", key, "address", interface.link_address.hex(":"))
    yield inside(topology, SWITCH, "sysctl", "-qw", f"net.ipv6.conf.{other}.disable_ipv6=1")
    yield inside(topology, node, "sysctl", "-qw", f"net.ipv6.conf.{key}.keep_addr_on_down=1")
    yield ("ip", "-n", switch, "link", "set", other, "master", bridge(interface.link))
    yield ("ip", "-n", switch, "link", "set", other, "up")
    yield ("ip", "-n", own, "link", "set", key, "up")
    yield inside(topology, node, "ethtool", "-K", key, "tx", "off")
    for address in interface.addresses:
        yield ("ip", "-n", own, "-6", "address", "add", address, "dev", key, "nodad")


def moving(topology: str, node: str, interface: str, link: str, *, apart: bool = False) -> Iterator[Command]:
    """The interface goes to another link: its device is told by its carrier.

    `apart`: the bridge is to keep it from the others, because somebody else carries frames there.
    """
    switch, device = namespace(topology, SWITCH), port(node, interface)
    yield ("ip", "-n", switch, "link", "set", device, "down")
    if link:
        yield ("ip", "-n", switch, "link", "set", device, "master", bridge(link))
        if apart:
            yield ("ip", "-n", switch, "link", "set", device, "type", "bridge_slave", "isolated", "on")
        yield ("ip", "-n", switch, "link", "set", device, "up")


def ports(topology: str, link: str) -> Command:
    """Prints the devices that are attached to a link."""
    return ("ip", "-n", namespace(topology, SWITCH), "-j", "link", "show", "master", bridge(link))


def joining(topology: str, device: str) -> Command:
    """The bridge carries frames between this device and all others."""
    return ("ip", "-n", namespace(topology, SWITCH), "link", "set", device, "type", "bridge_slave", "isolated", "off")


def cutting(topology: str, node: str, interfaces: Iterator[str], *, up: bool) -> Iterator[Command]:
    """The node's own end of its interfaces goes down, or up again."""
    for interface in interfaces:
        yield ("ip", "-n", namespace(topology, node), "link", "set", interface, "up" if up else "down")


__all__ = [
    "SWITCH",
    "Command",
    "bridge",
    "cutting",
    "deployment",
    "inside",
    "joining",
    "moving",
    "namespace",
    "port",
    "ports",
    "routes",
]

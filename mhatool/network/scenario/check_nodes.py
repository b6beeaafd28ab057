"""What has to be true of nodes beyond their types: interfaces that are there, addresses that nobody else has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dissectors.ipv6.address import is_link_local, is_routable_unicast
from dissectors.options.extensions import RestartCounter
from mhatool.network.scenario.errors import Path, ScenarioError, shown
from mhatool.network.scenario.plan import NodePlan, Scenario
from mhatool.protocol import octets


def prefix_of(text: str, path: Path) -> tuple[bytes, int]:
    """`ADDRESS/LENGTH`; ScenarioError where it is none."""
    address, slash, length = text.partition("/")
    try:
        value = octets.parse(address)
    except ValueError:
        value = b""
    if len(value) != 16 or not slash or not length.isdigit() or int(length) > 128:
        raise ScenarioError(f"{text!r} is no ADDRESS/LENGTH, as 2001:db8::1/64", path)
    return value, int(length)


def check_own_address(text: str, path: Path) -> None:
    """ScenarioError where this is no `ADDRESS/LENGTH` that one interface may have."""
    address, _ = prefix_of(text, path)
    if not is_link_local(address) and not is_routable_unicast(address):
        raise ScenarioError(f"{text}: an interface has unicast addresses, of a prefix or link-local", path)


def copy_names(name: str, copies: int) -> list[str]:
    """The names of a node's copies: its own where there is one."""
    return [name] if copies == 1 else [f"{name}{index}" for index in range(copies)]


def check_configuration(configuration: Any, node: NodePlan, path: Path) -> None:
    """ScenarioError where it names an interface that its machine hasn't."""
    for place, name in _interfaces(configuration):
        if name not in node.interfaces:
            known = ", ".join(node.interfaces)
            raise ScenarioError(f"the node has no interface {name!r}; it has {known}", (*path, *place))


def check_roles(made: Mapping[str, Any], scenario: Scenario, path: Path) -> None:
    """ScenarioError where what a machine is in one role contradicts the other, or its profile."""
    agent, correspondent = made["home_agent"], made["correspondent"]
    if agent is None:
        return
    if correspondent is not None and not correspondent.route_optimisation:
        raise ScenarioError(
            "a home agent's machine knows Mobility Headers: leave it out, or the correspondent",
            (*path, "correspondent", "route_optimisation"),
        )
    profile = agent.profile
    nodes = (node.mobile_node for node in scenario.nodes.values() if node.mobile_node is not None)
    probes = agent.constants.probe_failures and any(node.get("home_agents", 2) > 1 for node in nodes)
    if probes and not profile.code_points(RestartCounter.__declaration__):
        raise ScenarioError(
            f"a home agent of the profile {profile.name} can't send Heartbeats, which have a Restart Counter: "
            'give constants = "kame2003", or constants.probe_failures = 0',
            (*path, "home_agent"),
        )


def _interfaces(configuration: Any) -> list[tuple[Path, str]]:
    """The interfaces that a configuration names, and where."""
    found: list[tuple[Path, str]] = []
    if hasattr(configuration, "home_address"):
        found.append((("interface",), configuration.interface))
    advertising = getattr(configuration, "advertising", ())
    if isinstance(advertising, tuple):
        found += [(("advertising", index, "interface"), each.interface) for index, each in enumerate(advertising)]
    else:
        found.append((("advertising", "interface"), advertising.interface))
    ripng = getattr(configuration, "ripng", None)
    if ripng is not None:
        found += [(("ripng", "interfaces", index), name) for index, name in enumerate(ripng.interfaces)]
        networks = enumerate(ripng.networks)
        found += [
            (("ripng", "networks", index, "interface"), each.interface) for index, each in networks if each.interface
        ]
    return found


def check_uniqueness(scenario: Scenario) -> dict[bytes, Path]:
    """ScenarioError for an address or a link-layer address that two interfaces have. Else where each one stands."""
    owners: dict[bytes, Path] = {}
    for name, node in scenario.nodes.items():
        for key, interface in node.interfaces.items():
            path: Path = ("nodes", name, "interfaces", key)
            for copy in range(node.copies):
                own = (int.from_bytes(interface.link_address) + copy).to_bytes(6)
                _claim(owners, own, (*path, "link_address"))
            for index, written in enumerate(interface.addresses):
                place = (*path, "addresses", index)
                _claim(owners, prefix_of(written, place)[0], place)
    for name, node in scenario.nodes.items():
        _claim_agent_addresses(owners, name, node)
    _check_correspondents(scenario, owners)
    return owners


def _claim_agent_addresses(owners: dict[bytes, Path], name: str, node: NodePlan) -> None:
    """The addresses that a home agent advertises may be its machine's, but nobody else's."""
    advertising = (node.home_agent or {}).get("advertising", {})
    for index, prefix in enumerate(advertising.get("prefixes", ())):
        written = prefix.get("router_address")
        path: Path = ("nodes", name, "home_agent", "advertising", "prefixes", index, "router_address")
        if written is not None and owners.get(octets.parse(written), path)[1] != name:
            _claim(owners, octets.parse(written), path)
        elif written is not None:
            owners.setdefault(octets.parse(written), path)


def _claim(owners: dict[bytes, Path], address: bytes, path: Path) -> None:
    other = owners.setdefault(address, path)
    if other is not path:
        raise ScenarioError(f"{octets.text(address)} is at {shown(other)} already: give another", path)


def _check_correspondents(scenario: Scenario, owners: dict[bytes, Path]) -> None:
    """A correspondent's addresses are its machine's, or its mobile node's home address."""
    for name, node in scenario.nodes.items():
        home = octets.parse(node.mobile_node["home_address"]) if node.mobile_node is not None else None
        for index, written in enumerate((node.correspondent or {}).get("addresses", ())):
            address = octets.parse(written)
            if address != home and owners.get(address, ("", ""))[1] != name:
                raise ScenarioError(
                    f"this is no address of {name}'s", ("nodes", name, "correspondent", "addresses", index)
                )


__all__ = [
    "check_configuration",
    "check_own_address",
    "check_roles",
    "check_uniqueness",
    "copy_names",
    "prefix_of",
]

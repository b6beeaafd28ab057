"""A live node's machine: carries out its actions on this kernel, and hands it what comes for it."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dissectors.ipv6.address import is_link_local, is_multicast, text
from mhatool.engine import actions
from mhatool.live import settings
from mhatool.live.data_plane.base import DataPlane
from mhatool.live.errors import LiveError
from mhatool.live.kernel import Kernel
from mhatool.live.packets import LinkSocket, RawSocket
from mhatool.live.seldom import Seldom
from mhatool.network import datagram as ipv6
from mhatool.network.ethernet import group_link_address

_ECHO = (b"\x80", b"\x81")


class LiveMachine:
    """Interfaces by name, the kernel, and the data plane, which is set once it is there."""

    data_plane: DataPlane

    def __init__(
        self,
        interfaces: Iterable[str],
        kernel: Kernel,
        mobility: int,
        warn: Callable[[str], None],
        *,
        carries: bool,
    ) -> None:
        self.kernel = kernel
        self.links = {name: LinkSocket(name, mobility, carries=carries) for name in interfaces}
        self.tell_addresses: Callable[[Iterable[bytes]], None] = lambda addresses: None
        """Told whenever the machine's addresses may have changed."""
        self._warn = warn
        self._seldom = Seldom(warn)
        self._raw = RawSocket()
        self._mobility = mobility
        self._local: dict[bytes, str] = {}
        self._anycast: set[bytes] = set()
        self._groups: dict[tuple[str, bytes], int] = {}
        self._wanted: dict[tuple[str, bytes], actions.AddAddress] = {}
        self._off: set[str] = set()
        """Interfaces on which IPv6 is switched off."""
        self.prepare: Callable[[str], None] = lambda interface: None
        """Called with an interface that has come back as another one: it has none of the node's settings."""
        self.sent = 0
        self.received = 0
        self.look()

    @property
    def link_addresses(self) -> tuple[tuple[str, bytes], ...]:
        """Each interface with its own address on the link."""
        return tuple((name, link.link_address) for name, link in self.links.items())

    def look(self) -> None:
        """See which addresses the machine has now; what the node needs, and somebody took away, comes back.

        So do interfaces, once there is one again under the same name. LiveError where that one is a stranger.
        """
        for link in self.links.values():
            if link.follow():
                self._followed(link)
        self._local = self.kernel.addresses()
        self.tell_addresses(self._local)
        wanted = [action for action in self._wanted.values() if self._takes_addresses(action.interface)]
        for action in [action for action in wanted if action.address not in self._local]:
            if self._carry_out(action):
                self._warn(f"{text(action.address)} had gone from {action.interface}: put back, the node needs it")

    def look_for_ipv6(self) -> tuple[tuple[str, bool], ...]:
        """See on which interfaces IPv6 was switched off (False) or on since this was asked last."""
        off = {name for name in self.links if settings.is_off(name)}
        for name in sorted(off - self._off):
            what = f"IPv6 is switched off on {name}: the node has no address there until it is on again"
            self._warn(f"{what}; {settings.how_to_switch_on(name)}")
        for name in sorted(self._off - off):
            if self._is_there(name):
                self._begin_anew(name)
        switched = tuple((name, name not in off) for name in sorted(off ^ self._off))
        self._off = off
        return switched

    def has_ipv6(self, interface: str) -> bool:
        """Whether it is one of the node's, with IPv6 switched on."""
        return interface in self.links and interface not in self._off

    def _takes_addresses(self, interface: str) -> bool:
        return self._is_there(interface) and interface not in self._off

    def _is_there(self, interface: str | None) -> bool:
        link = self.links.get(interface or "")
        return link is None or link.index != 0

    def _followed(self, link: LinkSocket) -> None:
        if link.index:
            self._warn(f"{link.interface} is back")
            self.prepare(link.interface)
        else:
            self._warn(f"{link.interface} is gone: nothing is heard or said there until it is back")

    def _begin_anew(self, interface: str) -> None:
        """The kernel may have forgotten its settings and groups, as where its MTU was too small."""
        self.links[interface].join_again()
        self.prepare(interface)

    def share(self, address: bytes) -> None:
        """Receive what is sent to an anycast address, on the interface whose link has its prefix."""
        for own, interface in self._local.items():
            if own[:8] == address[:8] and interface in self.links:
                self.links[interface].join_anycast(address)
                self._anycast.add(address)
                return

    # --- what comes ---

    def kind(self, datagram: bytes, found: ipv6.Carried) -> bytes | None:
        """Octets that all signalling of this protocol and type has; None: data, or for somebody else.

        Signalling is mobility messages and ICMPv6 but echo, also from within a tunnel; there, fragments are data.
        """
        if found.protocol == ipv6.IPV6:
            inner = datagram[found.at :]
            is_for_us = ipv6.is_whole(inner) and self.is_ours(ipv6.destination(inner))
            return self.kind(inner, ipv6.carried(inner)) if is_for_us else None
        if found.protocol == self._mobility:
            return bytes([found.protocol]) + datagram[found.at + 2 : found.at + 3]
        icmpv6_type = datagram[found.at : found.at + 1]
        is_wanted = found.protocol == ipv6.ICMPV6 and icmpv6_type not in _ECHO
        return bytes([found.protocol]) + icmpv6_type if is_wanted else None

    def is_ours(self, destination: bytes) -> bool:
        """Whether a packet for this address ends here."""
        return is_multicast(destination) or destination in self._local or destination in self._anycast

    # --- what has to be done ---

    def carry_out(self, wanted: Iterable[actions.Action]) -> None:
        """Do these; what can't be done is said, and the rest is done."""
        for action in wanted:
            self._carry_out(action)

    def _carry_out(self, action: actions.Action) -> bool:
        try:
            _CARRIED_OUT[type(action)](self, action)
        except (OSError, LiveError) as error:
            interface = getattr(action, "interface", None) or ""
            if self._takes_addresses(interface):  # else it has been said why
                what = f"{type(action).__name__} on {interface}" if interface else type(action).__name__
                warn = self._seldom.say if isinstance(action, actions.Send) else self._warn
                warn(f"{what}: {(getattr(error, 'strerror', None) or str(error)).lower()}")
            return False
        return True

    def send(self, action: actions.Send) -> None:
        """Put a datagram on its way."""
        destination = action.datagram[24:40]
        link = self.links.get(action.interface or "")
        to = action.link_destination
        if is_multicast(destination) and to is None:
            to = group_link_address(destination)
            link = link or self._only_link()
        self.sent += 1
        if link is not None and to is not None:
            link.send(action.datagram, to)
        else:
            link = link or (self._only_link() if is_link_local(destination) else None)
            self._raw.send(action.datagram, link.index if link is not None else 0)

    def send_data(self, datagram: bytes) -> None:
        """Put a packet of the data plane on its way; the kernel drops what it has no room for."""
        try:
            self._raw.send(datagram)
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                self.data_plane.too_big(datagram, min(link.mtu() for link in self.links.values()))
            else:
                self._seldom.say(f"a tunnelled packet: {error}")

    def _only_link(self) -> LinkSocket | None:
        return next(iter(self.links.values())) if len(self.links) == 1 else None

    def add_address(self, action: actions.AddAddress) -> None:
        """Its prefix is on the link, but for addresses that are on none."""
        self._wanted[action.interface, action.address] = action
        self.kernel.add_address(action.interface, action.address, action.prefix_length)
        self._local[action.address] = action.interface
        self.tell_addresses(self._local)

    def remove_address(self, action: actions.RemoveAddress) -> None:
        """The home address may be on another interface by now."""
        self._wanted.pop((action.interface, action.address), None)
        self.kernel.remove_address(action.interface, action.address)
        self.look()

    def join(self, action: actions.JoinGroup) -> None:
        """Groups are counted: several addresses share one."""
        key = action.interface, action.group
        self._groups[key] = self._groups.get(key, 0) + 1
        if self._groups[key] == 1:
            self.links[action.interface].join(action.group)

    def leave(self, action: actions.LeaveGroup) -> None:
        """The last one turns off the light."""
        key = action.interface, action.group
        self._groups[key] -= 1
        if not self._groups[key]:
            del self._groups[key]
            self.links[action.interface].leave(action.group)

    def close(self) -> list[str]:
        """Give everything back; what couldn't be, in words."""
        if hasattr(self, "data_plane"):
            self.data_plane.close()
        failed = self.kernel.close()
        for link in self.links.values():
            link.close()
        self._raw.close()
        return failed


def _set_route(machine: LiveMachine, action: actions.SetRoute) -> None:
    machine.kernel.set_route(action.prefix, action.prefix_length, action.interface, action.next_hop)


def _remove_route(machine: LiveMachine, action: actions.RemoveRoute) -> None:
    machine.kernel.remove_route(action.prefix, action.prefix_length)


def _set_tunnel(machine: LiveMachine, action: actions.SetTunnel) -> None:
    machine.data_plane.set_tunnel(action)


def _set_optimised_route(machine: LiveMachine, action: actions.SetOptimisedRoute) -> None:
    machine.data_plane.set_optimised_route(action)


def _forget_neighbour(machine: LiveMachine, action: actions.ForgetNeighbour) -> None:
    machine.kernel.forget_neighbour(action.interface, action.address)


_CARRIED_OUT: Mapping[type, Callable[[LiveMachine, Any], None]] = {
    actions.Send: LiveMachine.send,
    actions.AddAddress: LiveMachine.add_address,
    actions.RemoveAddress: LiveMachine.remove_address,
    actions.JoinGroup: LiveMachine.join,
    actions.LeaveGroup: LiveMachine.leave,
    actions.SetTunnel: _set_tunnel,
    actions.SetOptimisedRoute: _set_optimised_route,
    actions.SetRoute: _set_route,
    actions.RemoveRoute: _remove_route,
    actions.ForgetNeighbour: _forget_neighbour,
}

__all__ = ["LiveMachine"]

"""Tunnels by seg6's lightweight tunnels: `encap.red` with one segment is plain IPv6 in IPv6 (RFC 8986, 5.2)."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import Final

from dissectors.ipv6.address import is_link_local
from mhatool.engine.actions import End
from mhatool.live.data_plane.routes import LOCAL, MAIN, Encapsulation, Routes, TunnelRoute, TunnelRule
from mhatool.live.data_plane.tunnels import Hook, Into
from mhatool.live.errors import LiveError
from mhatool.live.ledger import Ledger
from mhatool.live.marks import ADMITTED, UNPACKING
from mhatool.live.netlink import GENERIC, Netlink, RefusedError, attribute, attributes
from mhatool.network import datagram as ipv6

TUNNEL_SOURCE: Final = ("tunnel_source", "", "")
"""What the ledger calls it."""
_NOBODY: Final = bytes(16)
_SEG6, _SEG6_LOCAL, _ENCAP_RED, _END_DT6 = 5, 7, 3, 7
_SEGMENT_LIST: Final = 24
_LOOPBACK: Final = bytes(15) + b"\1"
_CONTROLLER, _GET_FAMILY, _SET_SOURCE, _GET_SOURCE = 0x10, 3, 3, 4


class Seg6:
    """Routes that wrap (`encap.red` with one segment is plain IPv6 in IPv6, RFC 8986) and unwrap (End.DT6).

    A network namespace has one source for all tunnels: what has another one isn't taken. An unpacked packet is looked
    up in one table, which is the main one at a home agent: so that one has routes to the machine's own addresses too.
    """

    name = "seg6"
    tells_too_big = False
    fragments = False
    admits_at: Hook = "prerouting"
    """Routes unpack: such a packet never gets to the hook of those that end here."""

    def __init__(self, routes: Routes, ledger: Ledger) -> None:
        self._routes = routes
        self._source = TunnelSource(ledger)
        self._locals: dict[bytes, bytes] = {}
        """By home address, of tunnels that were taken."""
        self._own: frozenset[bytes] = frozenset()
        self._reached: set[bytes] = set()
        """Our own addresses with a route in the main table."""
        self._forwarding: set[bytes] = set()
        """Addresses at which tunnels of a home agent end."""
        self._index = self._mtu = 0
        self._loopback = socket.if_nametoindex("lo")
        rules = [TunnelRule(UNPACKING, ADMITTED)]
        try:
            _try_route(routes, Encapsulation(_SEG6, _segments(_LOOPBACK)))
            _try_route(routes, _end_dt6(MAIN))
            self._source.claim()
            routes.add_rules_before_local(rules)
        except RefusedError as error:
            self._source.close()
            what = "another node here has it" if error.errno == errno.EEXIST else str(error.strerror)
            raise LiveError(f"seg6: {what}") from error

    def start(self, device: str, mtu: int) -> None:
        """See `KernelTunnels`. The kernel takes header and segment list off a route's size, though it sends no list."""
        self._index, self._mtu = socket.if_nametoindex(device), mtu + ipv6.HEADER + _SEGMENT_LIST

    def lead(self, home: bytes, into: Into, local: bytes, remote: bytes) -> bool:
        """See `KernelTunnels`."""
        if self._source_of_others(home) not in {None, local}:
            self.unlead(home, into)
            return False
        self._source.set(local)
        self._locals[home] = local
        prefix, length, table = into
        encapsulation = Encapsulation(_SEG6, _segments(remote))
        self._routes.set(TunnelRoute(prefix, length, self._index, encapsulation, table, self._mtu))
        return True

    def _source_of_others(self, home: bytes) -> bytes | None:
        """What all other tunnels have in common; None where there is none."""
        return next((local for other, local in islice(self._locals.items(), 2) if other != home), None)

    def unlead(self, home: bytes, into: Into) -> None:
        """See `KernelTunnels`."""
        if self._locals.pop(home, None) is not None:
            self._routes.remove(*into)

    def accept(self, local: bytes, end: End) -> None:
        """See `KernelTunnels`. At the mobile node all is for itself."""
        table = LOCAL
        if end is End.HOME_AGENT:
            table = MAIN
            self._forwarding.add(local)
            self._reach_own()
        self._routes.set(TunnelRoute(local, 128, self._index, _end_dt6(table), UNPACKING))

    def refuse(self, local: bytes) -> None:
        """See `KernelTunnels`."""
        self._routes.remove(local, 128, UNPACKING)
        self._forwarding.discard(local)
        self._reach_own()

    def look(self, addresses: Iterable[bytes]) -> None:
        """See `KernelTunnels`."""
        self._own = frozenset(each for each in addresses if each != _LOOPBACK and not is_link_local(each))
        self._reach_own()

    def _reach_own(self) -> None:
        """What is unpacked for an address of ours ends here."""
        wanted = self._own if self._forwarding else frozenset()
        for address in sorted(self._reached - wanted):
            self._routes.remove(address, 128)
        for address in sorted(wanted - self._reached):
            self._routes.set(TunnelRoute(address, 128, self._loopback, is_local=True))
        self._reached = set(wanted)

    def close(self) -> None:
        """See `KernelTunnels`."""
        self._source.close()


def _segments(remote: bytes) -> bytes:
    header = bytes((0, 2, 4, 0, 0, 0, 0, 0))  # 24 octets, type 4, no segments left
    return attribute(1, struct.pack("=i", _ENCAP_RED) + header + remote)


def _end_dt6(table: int) -> Encapsulation:
    return Encapsulation(
        _SEG6_LOCAL, attribute(1, struct.pack("=I", _END_DT6)) + attribute(3, struct.pack("=I", table))
    )


def _try_route(routes: Routes, encapsulation: Encapsulation) -> None:
    routes.set(TunnelRoute(_LOOPBACK, 128, socket.if_nametoindex("lo"), encapsulation, UNPACKING))
    routes.remove(_LOOPBACK, 128, UNPACKING)


class TunnelSource:
    """The source address of seg6's tunnels in this namespace; given back at the end."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._netlink = Netlink(GENERIC)
        self._is_ours = False
        self._address = _NOBODY
        try:
            answer = self._netlink.ask(_CONTROLLER, _generic(_GET_FAMILY) + attribute(2, b"SEG6\0"))
            self._family = struct.unpack("=H", attributes(answer[0][1][4:])[1])[0]
            source = self._get()
        except RefusedError as error:
            self._netlink.close()
            raise LiveError(f"seg6: {error.strerror}") from error
        if source != _NOBODY:
            self._netlink.close()
            raise LiveError("seg6: its tunnels have a source address already (`ip sr tunsrc show`)")

    def _get(self) -> bytes:
        answer = self._netlink.ask(self._family, _generic(_GET_SOURCE))
        return attributes(answer[0][1][4:])[1]

    def claim(self) -> None:
        """It is this node's, and with it all of seg6: should it be killed, its next start knows what to remove."""
        if not self._is_ours:
            self._ledger.add(TUNNEL_SOURCE, "")
            self._is_ours = True

    def set(self, address: bytes) -> None:
        """From now on. Not again where it is so: the kernel waits some 10 ms after a change, until all have seen it."""
        if address == self._address:
            return
        self.claim()
        self._set(address)

    def _set(self, address: bytes) -> None:
        self._netlink.do(self._family, _generic(_SET_SOURCE) + attribute(1, address))
        self._address = address

    def close(self) -> None:
        """As it was."""
        if self._is_ours:
            if self._address != _NOBODY:
                self._set(_NOBODY)
            self._ledger.remove(TUNNEL_SOURCE)
        self._netlink.close()


def _generic(command: int) -> bytes:
    return struct.pack("=BBH", command, 1, 0)


def forget_tunnel_source() -> None:
    """Give back the source that a run has left behind."""
    with suppress(RefusedError):  # no seg6 any more: another kernel runs
        netlink = Netlink(GENERIC)
        answer = netlink.ask(_CONTROLLER, _generic(_GET_FAMILY) + attribute(2, b"SEG6\0"))
        family = struct.unpack("=H", attributes(answer[0][1][4:])[1])[0]
        netlink.do(family, _generic(_SET_SOURCE) + attribute(1, _NOBODY))
        netlink.close()


__all__ = ["TUNNEL_SOURCE", "Seg6", "TunnelSource", "forget_tunnel_source"]

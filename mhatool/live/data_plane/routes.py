"""Routes and rules of tunnels in the kernel, as rtnetlink(7) messages; all carry our mark, by which they are found."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from mhatool.live.marks import MARK
from mhatool.live.netlink import CREATE, DUMP, EXCLUSIVE, REPLACE, Netlink, RefusedError, attribute, attributes, nested

MAIN, LOCAL = 254, 255
_NEW_ROUTE, _DELETE_ROUTE, _GET_ROUTE = 24, 25, 26
_NEW_RULE, _DELETE_RULE, _GET_RULE = 32, 33, 34
_ROUTE: Final = struct.Struct("=BBBBBBBBI")
_RULE: Final = struct.Struct("=BBBBBBBBI")
_DST, _OIF, _PRIORITY, _METRICS, _TABLE, _ENCAP_TYPE, _ENCAP, _MTU = 1, 4, 6, 8, 15, 21, 22, 2
_FRA_PRIORITY, _FRA_FWMARK, _FRA_FWMASK, _FRA_TABLE, _FRA_PROTOCOL = 6, 10, 16, 15, 21
_TO_TABLE, _UNIVERSE = 1, 0
_UNICAST, _FOR_THIS_MACHINE = 1, 2
_METRIC: Final = 128
_GONE: Final = frozenset({errno.ESRCH, errno.ENOENT, errno.ENODEV})


def _short(table: int) -> int:
    return table if table < 256 else 0


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


@dataclass(frozen=True, slots=True)
class Encapsulation:
    """How a route wraps or unwraps packets: its lightweight tunnel's type and attributes (lwtunnel.h)."""

    kind: int
    attributes: bytes


@dataclass(frozen=True, slots=True)
class TunnelRoute:
    """A route by `index`, the interface's number; `mtu` 0: the interface's.

    `is_local`: packets end here, as by the kernel's own routes in the table of local addresses.
    """

    prefix: bytes
    length: int
    index: int
    encapsulation: Encapsulation | None = None
    table: int = MAIN
    mtu: int = 0
    is_local: bool = False

    def body(self) -> bytes:
        """The message."""
        kind = _FOR_THIS_MACHINE if self.is_local else _UNICAST
        header = _ROUTE.pack(socket.AF_INET6, self.length, 0, 0, _short(self.table), MARK, _UNIVERSE, kind, 0)
        parts = [attribute(_DST, self.prefix)] if self.length else []
        parts += [_number(_OIF, self.index), _number(_PRIORITY, _METRIC), _number(_TABLE, self.table)]
        if self.mtu:
            parts.append(nested(_METRICS, _number(_MTU, self.mtu)))
        if self.encapsulation is not None:
            parts.append(attribute(_ENCAP_TYPE, struct.pack("=H", self.encapsulation.kind)))
            parts.append(nested(_ENCAP, self.encapsulation.attributes))
        return header + b"".join(parts)


@dataclass(frozen=True, slots=True)
class TunnelRule:
    """Packets that bear a `mark` of the packet filter's (0: all) look into a table.

    None by what is in a packet: for a rule that names a protocol the kernel dissects every packet that it forwards.
    """

    table: int
    mark: int = 0
    priority: int = 0
    maker: int = MARK

    def body(self) -> bytes:
        """The message."""
        header = _RULE.pack(socket.AF_INET6, 0, 0, 0, _short(self.table), 0, 0, _TO_TABLE, 0)
        parts = [_number(_FRA_PRIORITY, self.priority), _number(_FRA_TABLE, self.table)]
        parts.append(attribute(_FRA_PROTOCOL, bytes([self.maker])))
        if self.mark:
            parts += [_number(_FRA_FWMARK, self.mark), _number(_FRA_FWMASK, 0xFFFFFFFF)]
        return header + b"".join(parts)


_MARKED: Final = bytes([MARK])
_LOCAL_RULE: Final = TunnelRule(LOCAL, maker=2).body()
"""As the kernel has made it."""


class Routes:
    """Sets and removes them, and remembers which are there."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink
        self._routes: dict[tuple[int, bytes, int], bytes] = {}
        self._rules: list[bytes] = []

    def set(self, route: TunnelRoute) -> None:
        """Put it in the place of ours to this prefix in its table. RefusedError where the kernel has no such thing."""
        body = route.body()
        self._netlink.do(_NEW_ROUTE, body, CREATE | REPLACE)
        self._routes[route.table, route.prefix, route.length] = body

    def remove(self, prefix: bytes, length: int, table: int = MAIN) -> None:
        """It is gone; nothing where we didn't set it."""
        body = self._routes.pop((table, prefix, length), None)
        if body is not None:
            _delete(self._netlink, _DELETE_ROUTE, body)

    def add_rules_before_local(self, rules: list[TunnelRule]) -> None:
        """Rules that stand before the one that leads into the table of local addresses, which is the first of all.

        That one goes behind them: the kernel adds a rule behind those of its priority. In between another one of ours
        has its place, so that no moment is without. RefusedError where such rules are there already.
        """
        meanwhile = TunnelRule(LOCAL, priority=1).body()
        self._add_rule(meanwhile)
        _delete(self._netlink, _DELETE_RULE, _LOCAL_RULE)
        try:
            for rule in rules:
                self._add_rule(rule.body())
        finally:
            self._netlink.do(_NEW_RULE, _LOCAL_RULE, CREATE | EXCLUSIVE)
            self._remove_rule(meanwhile)

    def _add_rule(self, body: bytes) -> None:
        self._netlink.do(_NEW_RULE, body, CREATE | EXCLUSIVE)
        self._rules.append(body)

    def _remove_rule(self, body: bytes) -> None:
        self._rules.remove(body)
        _delete(self._netlink, _DELETE_RULE, body)

    def close(self) -> None:
        """Remove all that were set."""
        for table, prefix, length in list(self._routes):
            self.remove(prefix, length, table)
        for body in list(self._rules):
            self._remove_rule(body)


def remove_left(netlink: Netlink) -> int:
    """Remove all routes and rules with our mark, of every table; how many there were."""
    routes = [body for kind, body in _dump(netlink, _GET_ROUTE) if kind == _NEW_ROUTE and body[5] == MARK]
    rules = [body for kind, body in _dump(netlink, _GET_RULE) if attributes(body[12:]).get(_FRA_PROTOCOL) == _MARKED]
    if any(attributes(body[12:]).get(_FRA_TABLE) == struct.pack("=I", LOCAL) for body in rules):
        with suppress(RefusedError):  # there already, but for a run that was killed in that very moment
            netlink.do(_NEW_RULE, _LOCAL_RULE, CREATE | EXCLUSIVE)
    for kind, bodies in ((_DELETE_ROUTE, routes), (_DELETE_RULE, rules)):
        for body in bodies:
            _delete(netlink, kind, body)
    return len(routes) + len(rules)


def _dump(netlink: Netlink, kind: int) -> Iterator[tuple[int, bytes]]:
    yield from netlink.ask(kind, _ROUTE.pack(socket.AF_INET6, 0, 0, 0, 0, 0, 0, 0, 0), DUMP)


def _delete(netlink: Netlink, kind: int, body: bytes) -> None:
    try:
        netlink.do(kind, body)
    except RefusedError as error:
        if error.errno not in _GONE:
            raise


__all__ = ["LOCAL", "MAIN", "Encapsulation", "Routes", "TunnelRoute", "TunnelRule", "remove_left"]

"""Routes and rules of tunnels in the kernel, as rtnetlink(7) messages; all carry our mark, by which they are found."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from dissectors.ipv6.address import text
from mhatool.live.marks import CUTTING, MARK, UNPACKING
from mhatool.live.netlink import CREATE, DUMP, EXCLUSIVE, REPLACE, Netlink, RefusedError, attribute, attributes, nested

MAIN, LOCAL = 254, 255
NEW_ROUTE, DELETE_ROUTE, _GET_ROUTE = 24, 25, 26
NEW_RULE, DELETE_RULE, _GET_RULE = 32, 33, 34
_ROUTE: Final = struct.Struct("=BBBBBBBBI")
_RULE: Final = struct.Struct("=BBBBBBBBI")
_DST, _OIF, _PRIORITY, _PREFSRC, _METRICS, _TABLE, _ENCAP_TYPE, _ENCAP, _MTU = 1, 4, 6, 7, 8, 15, 21, 22, 2
_FRA_SOURCE, _FRA_PRIORITY, _FRA_FWMARK, _FRA_FWMASK, _FRA_TABLE, _FRA_PROTOCOL = 2, 6, 10, 16, 15, 21
_TO_TABLE, _UNIVERSE = 1, 0
_UNICAST, _FOR_THIS_MACHINE = 1, 2
_METRIC: Final = 128
_GONE: Final = frozenset({errno.ESRCH, errno.ENOENT, errno.ENODEV})


class RouteKey(NamedTuple):
    """What tells a route of ours from others."""

    table: int
    prefix: bytes
    length: int

    def __str__(self) -> str:
        return f"route to {text(self.prefix)}/{self.length} in table {self.table}"


class RuleKey(NamedTuple):
    """What tells a rule of ours from others: its table, and the mark or source that it is for."""

    table: int
    mark: int
    source: bytes = b""

    def __str__(self) -> str:
        of = f"packets from {text(self.source)}" if self.source else f"the mark {self.mark:#x}"
        return f"rule for {of} with table {self.table}"


def route_key(body: bytes) -> RouteKey | None:
    """Of a message about a route; None: it isn't ours."""
    if body[5] != MARK:
        return None
    found = attributes(body[_ROUTE.size :])
    return RouteKey(int.from_bytes(found.get(_TABLE, b""), sys.byteorder), found.get(_DST, bytes(16)), body[1])


def rule_key(body: bytes) -> RuleKey | None:
    """Of a message about a rule; None: it isn't ours."""
    found = attributes(body[_RULE.size :])
    if found.get(_FRA_PROTOCOL) != _MARKED:
        return None
    table, mark = (int.from_bytes(found.get(kind, b""), sys.byteorder) for kind in (_FRA_TABLE, _FRA_FWMARK))
    return RuleKey(table, mark, found.get(_FRA_SOURCE, b""))


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
    """A route by `index`, the interface's number; `mtu` 0: the interface's; `source`: the one that packets should have.

    `is_local`: packets end here, as by the kernel's own routes in the table of local addresses.
    """

    prefix: bytes
    length: int
    index: int
    encapsulation: Encapsulation | None = None
    table: int = MAIN
    mtu: int = 0
    is_local: bool = False
    source: bytes | None = None

    def body(self) -> bytes:
        """The message."""
        kind = _FOR_THIS_MACHINE if self.is_local else _UNICAST
        header = _ROUTE.pack(socket.AF_INET6, self.length, 0, 0, _short(self.table), MARK, _UNIVERSE, kind, 0)
        parts = [attribute(_DST, self.prefix)] if self.length else []
        parts += [_number(_OIF, self.index), _number(_PRIORITY, _METRIC), _number(_TABLE, self.table)]
        if self.source is not None:
            parts.append(attribute(_PREFSRC, self.source))
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

    @property
    def key(self) -> RuleKey:
        """What tells it from others."""
        return RuleKey(self.table, self.mark)

    def body(self) -> bytes:
        """The message."""
        header = _RULE.pack(socket.AF_INET6, 0, 0, 0, _short(self.table), 0, 0, _TO_TABLE, 0)
        parts = [_number(_FRA_PRIORITY, self.priority), _number(_FRA_TABLE, self.table)]
        parts.append(attribute(_FRA_PROTOCOL, bytes([self.maker])))
        if self.mark:
            parts += [_number(_FRA_FWMARK, self.mark), _number(_FRA_FWMASK, 0xFFFFFFFF)]
        return header + b"".join(parts)


_MARKED: Final = bytes([MARK])
_SEG6_TABLES: Final = frozenset(struct.pack("=I", table) for table in (UNPACKING, CUTTING, LOCAL))
_LOCAL_RULE: Final = TunnelRule(LOCAL, maker=2).body()
"""As the kernel has made it."""


class Routes:
    """Sets and removes them, and remembers which are there."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink
        self._routes: dict[RouteKey, bytes] = {}
        self._rules: dict[RuleKey, TunnelRule] = {}

    def set(self, route: TunnelRoute) -> None:
        """Put it in the place of ours to this prefix in its table. RefusedError where the kernel has no such thing."""
        body = route.body()
        self._netlink.do(NEW_ROUTE, body, CREATE | REPLACE)
        self._routes[RouteKey(route.table, route.prefix, route.length)] = body

    def remove(self, prefix: bytes, length: int, table: int = MAIN) -> None:
        """It is gone; nothing where we didn't set it."""
        body = self._routes.pop(RouteKey(table, prefix, length), None)
        if body is not None:
            _delete(self._netlink, DELETE_ROUTE, body)

    def add_rules_before_local(self, rules: list[TunnelRule]) -> None:
        """Rules that stand before the one that leads into the table of local addresses, which is the first of all.

        That one goes behind them: the kernel adds a rule behind those of its priority. In between another one of ours
        has its place, so that no moment is without. RefusedError where such rules are there already.
        """
        meanwhile = TunnelRule(LOCAL, priority=1)
        self.add_rule(meanwhile)
        _delete(self._netlink, DELETE_RULE, _LOCAL_RULE)
        try:
            for rule in rules:
                self.add_rule(rule)
        finally:
            self._netlink.do(NEW_RULE, _LOCAL_RULE, CREATE | EXCLUSIVE)
            self._remove_rule(meanwhile.key)

    def has_set(self, key: RouteKey | RuleKey) -> bool:
        """See `Owner`."""
        return key in self._routes or key in self._rules

    def put_back(self, kind: int, body: bytes) -> None:
        """See `Owner`. A rule of the first priority has its place before that of local addresses again."""
        if kind == NEW_ROUTE or ((key := rule_key(body)) is not None and self._rules[key].priority):
            self._netlink.do(kind, body, CREATE | EXCLUSIVE)
        elif key is not None:
            self.add_rules_before_local([self._rules[key]])

    def add_rule(self, rule: TunnelRule) -> None:
        """It is there, or RefusedError, also where there is one like it already."""
        self._netlink.do(NEW_RULE, rule.body(), CREATE | EXCLUSIVE)
        self._rules[rule.key] = rule

    def _remove_rule(self, key: RuleKey) -> None:
        _delete(self._netlink, DELETE_RULE, self._rules.pop(key).body())

    def close(self) -> None:
        """Remove all that were set."""
        for table, prefix, length in list(self._routes):
            self.remove(prefix, length, table)
        for key in list(self._rules):
            self._remove_rule(key)


def remove_left(netlink: Netlink, *, of_seg6: bool = False) -> int:
    """Remove all routes and rules with our mark, of every table; how many there were.

    `of_seg6`: only those by which the kernel wraps and unpacks, of the one node of a namespace that may have such.
    """
    routes = [body for kind, body in _dump(netlink, _GET_ROUTE) if kind == NEW_ROUTE and body[5] == MARK]
    rules = [body for kind, body in _dump(netlink, _GET_RULE) if attributes(body[12:]).get(_FRA_PROTOCOL) == _MARKED]
    if of_seg6:
        routes = [body for body in routes if body[7] == _FOR_THIS_MACHINE or _ENCAP_TYPE in attributes(body[12:])]
        rules = [body for body in rules if attributes(body[12:]).get(_FRA_TABLE) in _SEG6_TABLES]
    if any(attributes(body[12:]).get(_FRA_TABLE) == struct.pack("=I", LOCAL) for body in rules):
        with suppress(RefusedError):  # there already, but for a run that was killed in that very moment
            netlink.do(NEW_RULE, _LOCAL_RULE, CREATE | EXCLUSIVE)
    for kind, bodies in ((DELETE_ROUTE, routes), (DELETE_RULE, rules)):
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


__all__ = [
    "DELETE_ROUTE",
    "DELETE_RULE",
    "LOCAL",
    "MAIN",
    "NEW_ROUTE",
    "NEW_RULE",
    "Encapsulation",
    "RouteKey",
    "Routes",
    "RuleKey",
    "TunnelRoute",
    "TunnelRule",
    "remove_left",
    "route_key",
    "rule_key",
]

"""Nodes as they tell of themselves in a trace: the same tables and the same log, and nothing is deduced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from dissectors.ipv6 import address
from mhatool.engine import mobile_node_events as mobile
from mhatool.engine import nd_events as nd
from mhatool.engine.events import CacheEntry, Event, TimerStarted, UpdateListEntry
from mhatool.observe.kame import CacheRow, UpdateRow
from mhatool.observe.kame.arithmetic import remaining
from mhatool.protocol.lifetime import expiry
from mhatool.timeline.kame import templates
from mhatool.timeline.kame.log import Line, Writer, as_log
from mhatool.timeline.kame.tables import NodeTables, as_tables
from mhatool.timeline.names import NamedNode, Names
from mhatool.trace import Header, NodeNames, Trace

#: Home address, and peer or own address.
_Pair = tuple[bytes, bytes]


class Traced:
    """A trace; its header names the nodes, and who gives other names has those shown.

    Each node's events have the times of its own clock, which the header tells; instants are the vantage point's.
    """

    def __init__(self, trace: Trace, names: Names | None = None) -> None:
        self._events = trace.events
        self._ahead_ns = trace.header.clock_offsets_ns
        self.names = names_of(trace.header, names)
        self.first_ns, self.last_ns = trace.header.start_ns, trace.header.end_ns
        self._last: tuple[int, dict[str, TracedTables]] | None = None

    def nodes(self) -> list[NamedNode]:
        """Who has a table, in order of first appearance."""
        telling = (event.node for event in self._events if isinstance(event, UpdateListEntry | CacheEntry))
        known = {_teller(node): node for node in self.names}
        return [known.get(name) or NamedNode(name) for name in dict.fromkeys(telling)]

    def rows(self, node: NamedNode, now_ns: int) -> NodeTables:
        """The node's tables at an instant; their times are by its own clock."""
        tables, own_ns = self._told(now_ns).get(_teller(node), TracedTables()), self._clock(node, now_ns)
        return NodeTables(tables.updates(own_ns), tables.cache(own_ns))

    def _told(self, now_ns: int) -> dict[str, TracedTables]:
        """All nodes' tables at an instant; those of the one that was asked for last are kept."""
        if self._last is None or self._last[0] != now_ns:
            found: dict[str, TracedTables] = {}
            for event in self._events:
                if event.time_ns <= now_ns + self._ahead_ns.get(event.node, 0):
                    found.setdefault(event.node, TracedTables()).take(event)
            self._last = now_ns, found
        return self._last[1]

    def tables(self, node: NamedNode, now_ns: int) -> str:
        """The same as the paper prints them."""
        rows = self.rows(node, now_ns)
        return as_tables(rows.updates, rows.cache, self._clock(node, now_ns), interface=node.interface)

    def _clock(self, node: NamedNode, now_ns: int) -> int:
        """An instant by the node's own clock."""
        return now_ns + self._ahead_ns.get(_teller(node), 0)

    def log(self, node: NamedNode) -> str:
        """The node's log, whole."""
        return as_log(lines_of_events(self._events, node), node)


def names_of(header: Header, given: Names | None = None) -> Names:
    """The nodes that a trace's header names, each with what `given` says of it; others' names beside them.

    Clocks are as the header says: its events have the times of their nodes' clocks already.
    """
    own = [_named(name, said) for name, said in header.names.items()]
    if given is None:
        return Names(own)
    called = {node: given.among(node.name, node.addresses) for node in own}
    strangers = [node for node in given if node not in called.values()]
    return Names([*strangers, *(node if other is None else _renamed(node, other) for node, other in called.items())])


def _named(name: str, said: NodeNames) -> NamedNode:
    addresses = frozenset(map(address.parse, said.addresses))
    return NamedNode(name, addresses, said.host or name, said.interface, said.interface_index)


def _renamed(node: NamedNode, other: NamedNode) -> NamedNode:
    """What the other says of a trace's node; what it doesn't say stays."""
    return NamedNode(
        other.name,
        node.addresses | other.addresses,
        other.host if other.host != other.name or node.host == node.name else node.host,
        other.interface or node.interface,
        other.interface_index or node.interface_index,
        told_as=node.name,
    )


def _teller(node: NamedNode) -> str:
    """What the trace's events call the node."""
    return node.told_as or node.name


class TracedTables:
    """The tables of one node; an entry that is there keeps its place, the last made one comes first.

    What has run out is gone (RFC 6275, 9.6), also where the trace ends before the node says so; as in a capture a home
    registration stays in the Binding Update List, for it is sent again and again.
    """

    def __init__(self) -> None:
        self._updates: dict[_Pair, UpdateListEntry] = {}
        self._cache: dict[_Pair, CacheEntry] = {}

    def take(self, event: Event) -> None:
        """Take in an event of the node's; what changes no table is passed over."""
        if isinstance(event, UpdateListEntry):
            _put(self._updates, (event.home_address, event.peer), event)
        elif isinstance(event, CacheEntry):
            _put(self._cache, (event.home_address, event.address), event)

    def updates(self, now_ns: int) -> list[UpdateRow]:
        """The Binding Update List, now by the node's clock."""
        entries = reversed(self._updates.values())
        return [
            _update_row(entry)
            for entry in entries
            if entry.home_registration or not entry.expires_ns or entry.expires_ns >= now_ns
        ]

    def cache(self, now_ns: int) -> list[CacheRow]:
        """The binding cache, now by the node's clock."""
        rows = map(_cache_row, reversed(self._cache.values()))
        return [row for row in rows if remaining(row.expires_ns, now_ns) >= 0]


def _put(table: dict[_Pair, Any], pair: _Pair, entry: UpdateListEntry | CacheEntry) -> None:
    if entry.gone:
        table.pop(pair, None)
    else:
        table[pair] = entry


def _update_row(entry: UpdateListEntry) -> UpdateRow:
    return UpdateRow(
        peer=entry.peer,
        home_address=entry.home_address,
        care_of_address=entry.care_of_address,
        lifetime_s=entry.lifetime_s,
        expires_ns=entry.expires_ns,
        refresh_s=entry.refresh_s,
        next_send_ns=entry.next_send_ns,
        sequence_number=entry.sequence_number,
        flags=frozenset(entry.flags),
        primary=entry.state,
        secondary=entry.test_state,
        no_mobility=entry.unsupported,
        no_updates=entry.unsupported,
    )


def _cache_row(entry: CacheEntry) -> CacheRow:
    """While an agent looks for duplicates it hasn't set the end yet: it will count from the update, which came now."""
    return CacheRow(
        home_address=entry.home_address,
        care_of_address=entry.care_of_address,
        address=entry.address,
        flags=frozenset(entry.flags),
        sequence_number=entry.sequence_number,
        lifetime_s=entry.lifetime_s,
        expires_ns=entry.expires_ns or expiry(entry.time_ns, entry.lifetime_s),
        cloned=entry.cloned,
        waits_for_detection=entry.pending,
    )


def lines_of_events(events: Iterable[Event], node: NamedNode) -> Iterator[Line]:
    """The lines that this node's kernel logs; other nodes' events, and what KAME logs nothing for, are passed over."""
    writer, teller = Writer(node), _teller(node)
    for event in events:
        handler = _BY_EVENT.get(type(event)) if event.node == teller else None
        for text in handler(writer, event) if handler is not None else ():
            yield Line(event.time_ns, text)


def _entry_inserted(writer: Writer, event: mobile.EntryInserted) -> templates.Lines:
    return templates.entry_inserted(event.index, event.peer, event.home_address, writer.text)


def _machine_fed(_: Writer, event: mobile.MachineFed) -> templates.Lines:
    return templates.entered(event.state) if event.machine == "primary" else []


def _acknowledged(writer: Writer, event: mobile.AcknowledgementReceived) -> templates.Lines:
    return templates.acknowledged(event.options, event.sequence_number, event.peer, writer.text)


def _announced(_: Writer, event: nd.Announced) -> templates.Lines:
    """KAME announces the home address alone, not the link-local one that agents defended beside it."""
    return [] if address.is_link_local(event.address) else templates.returned(event.interface)


_BY_EVENT: Final[dict[type[Event], Callable[[Writer, Any], templates.Lines]]] = {
    TimerStarted: lambda _, event: templates.timer_started(event.list),
    mobile.FunctionEnabled: lambda _, event: templates.function_enabled(event.function),
    mobile.AuthenticationSet: lambda _, event: templates.authentication_set(event.enabled),
    mobile.EntryCreated: lambda _, event: templates.entry_created(event.index),
    mobile.EntryInserted: _entry_inserted,
    mobile.MachineFed: _machine_fed,
    mobile.UpdateSent: lambda writer, event: templates.update_sent(event.peer, event.home_address, writer.text),
    mobile.AcknowledgementReceived: _acknowledged,
    mobile.RegistrationRefused: lambda _, event: templates.rejected(event.status),
    mobile.DiscoveryStarted: lambda *_: templates.discovery_started(),
    nd.PrefixReceived: lambda writer, event: templates.prefix_received(event.prefix, event.router, writer.text),
    nd.NewPrefix: lambda writer, event: templates.new_prefix(event.prefix, writer.text),
    nd.RouterFound: lambda writer, event: templates.router_found(event.router, event.prefix, writer.text),
    nd.CareOfAddressChanged: lambda writer, event: templates.located(event.care_of_address, writer.text),
    nd.LocationChanged: lambda _, event: templates.location(event.location),
    nd.Announced: _announced,
}

__all__ = ["TracedTables", "lines_of_events"]

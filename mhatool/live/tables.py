"""A node's tables as its events tell them: bindings, update list, home agents, counters, log."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from dissectors.ipv6.address import text
from mhatool.engine.events import (
    AgentListEntry,
    CacheEntry,
    Event,
    MessageDropped,
    MessageReceived,
    MessageSent,
    UpdateRefused,
)
from mhatool.engine.events import UpdateListEntry as UpdateEntry
from mhatool.protocol.lifetime import NS_PER_S

LOG_LENGTH: Final = 1_000
"""Events that are still shown."""
#: An event as `node show` gives it.
Row = dict[str, Any]
#: Hears a change that no event tells, with its time.
Follower = Callable[[int, Row], None]


class Tables:
    """Hears a node's events and keeps what is true now."""

    def __init__(self) -> None:
        self.log: deque[Event] = deque(maxlen=LOG_LENGTH)
        self.sent: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.followers: list[Follower] = []
        """Hear what is counted without an event."""
        self.about: Row = {}
        """The data plane's name and device."""
        self._bindings: dict[tuple[bytes, bytes], CacheEntry] = {}
        self._updates: dict[bytes, UpdateEntry] = {}
        self._agents: dict[bytes, AgentListEntry] = {}
        self._takers: Mapping[type, Callable[[Any], None]] = {
            CacheEntry: self._take_binding,
            UpdateEntry: self._take_update,
            AgentListEntry: self._take_agent,
            MessageSent: lambda event: self.sent.update([event.message]),
            MessageReceived: lambda event: self.received.update([event.message]),
            MessageDropped: lambda event: self.dropped.update([event.reason]),
            UpdateRefused: lambda event: self.refused.update([event.reason]),
        }

    def hear(self, event: Event) -> None:
        """Something happened at the node."""
        self.log.append(event)
        taker = self._takers.get(type(event))
        if taker is not None:
            taker(event)

    def count_dropped(self, reason: str, now: int, number: int = 1) -> None:
        """So many packets were dropped of which the node never heard."""
        if not number:
            return
        self.dropped[reason] += number
        for follower in self.followers:
            follower(now, _count("dropped", reason, self.dropped[reason]))

    def _take_binding(self, event: CacheEntry) -> None:
        _keep(self._bindings, (event.home_address, event.address), event)

    def _take_update(self, event: UpdateEntry) -> None:
        _keep(self._updates, event.peer, event)

    def _take_agent(self, event: AgentListEntry) -> None:
        _keep(self._agents, event.address, event)

    # --- what is shown ---

    def show(self, what: str, now: int) -> Any:
        """One of WHAT; lifetimes count from `now`. KeyError for anything else."""
        return _SHOWN[what](self, now)

    def begin(self, what: str, now: int) -> Iterable[Row]:
        """The rows that a reader of changes begins with, as `change` gives them."""
        if what == "stats":
            return [_count(kind, name, number) for kind in _COUNTED for name, number in getattr(self, kind).items()]
        return [{"change": _EVENT if what == "log" else _IS, **row} for row in self.show(what, now)]

    def change(self, what: str, event: Event) -> Row | None:
        """What an event that was heard last has changed in a table; None: nothing."""
        changer = _CHANGED[what].get(type(event), _CHANGED[what].get(Event))
        return changer(self, event) if changer is not None else None

    def _show_bindings(self, now: int) -> list[Row]:
        return [_row(event, now) for event in self._bindings.values()]

    def _show_updates(self, now: int) -> list[Row]:
        return [_row(event, now) for event in self._updates.values()]

    def _show_agents(self, now: int) -> list[Row]:
        return [_row(event, now) for event in self._agents.values()]

    def _show_stats(self, _now: int) -> Row:
        return {**{kind: dict(getattr(self, kind)) for kind in _COUNTED}, "data_plane": self.about}

    def _show_log(self, _now: int) -> list[Row]:
        return [{"time_ns": event.time_ns, **_logged(event)} for event in self.log]


_COUNTED: Final = ("sent", "received", "dropped", "refused")
_HEADER: Final = frozenset({"time_ns", "node"})
_SHOWN: Final[Mapping[str, Callable[[Tables, int], Any]]] = {
    "bindings": Tables._show_bindings,
    "updates": Tables._show_updates,
    "agents": Tables._show_agents,
    "stats": Tables._show_stats,
    "log": Tables._show_log,
}
WHAT: Final = tuple(_SHOWN)
"""What can be shown."""
_IS, _GONE, _EVENT = "is", "gone", "event"


def _row_change(_tables: Tables, event: Any) -> Row:
    return {"change": _GONE if event.gone else _IS, **_row(event, event.time_ns)}


def _count(kind: str, name: str, number: int) -> Row:
    return {"change": _IS, "counter": kind, "name": name, "count": number}


_CHANGED: Final[Mapping[str, Mapping[type, Callable[[Tables, Any], Row]]]] = {
    "bindings": {CacheEntry: _row_change},
    "updates": {UpdateEntry: _row_change},
    "agents": {AgentListEntry: _row_change},
    "stats": {
        MessageSent: lambda tables, event: _count("sent", event.message, tables.sent[event.message]),
        MessageReceived: lambda tables, event: _count("received", event.message, tables.received[event.message]),
        MessageDropped: lambda tables, event: _count("dropped", event.reason, tables.dropped[event.reason]),
        UpdateRefused: lambda tables, event: _count("refused", event.reason, tables.refused[event.reason]),
    },
    "log": {Event: lambda _, event: {"change": _EVENT, **_logged(event)}},
}
"""By table and by class of event what it changes; under `Event` what all others do."""


def _keep(table: dict[Any, Any], key: Any, event: Any) -> None:
    if event.gone:
        table.pop(key, None)
    else:
        table[key] = event


def _row(event: Any, now: int) -> Row:
    left = max(event.expires_ns - now, 0) / NS_PER_S if event.expires_ns else 0.0
    return {**_plain(event, _HEADER | {"gone", "expires_ns", "next_send_ns"}), "lifetime_left_s": round(left, 3)}


def _logged(event: Event) -> Row:
    return {"event": _name(event), **_plain(event, _HEADER)}


def _plain(event: Event, without: frozenset[str]) -> Row:
    """An event's fields for JSON: addresses as text, other octets in hexadecimal."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name not in without}
    return {name: _value(value) for name, value in fields.items()}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return text(value) if len(value) == 16 else value.hex()
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return value


def _name(event: Event) -> str:
    return str(event.__struct_config__.tag)


__all__ = ["LOG_LENGTH", "WHAT", "Row", "Tables"]

"""What happened in a run, kept as it is told: tables as they stand, counts, and what was expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mhatool.engine.events import (
    CacheEntry,
    Event,
    MessageDropped,
    MessageReceived,
    MessageSent,
    UpdateListEntry,
    UpdateRefused,
)
from mhatool.engine.link_events import Attached, FrameLost, MachineFailed
from mhatool.engine.packet_events import NothingToReplay, PacketDropped

#: A node, and what tells its entries apart.
Key = tuple[str, bytes, bytes, bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an expectation of the scenario holds: what was expected of which node at which instant."""

    time_ns: int
    node: str
    expected: str
    seen: str
    holds: bool


class Chronicle:
    """Hears every event. `cache` and `updates` are the binding caches and update lists of all nodes, as they are."""

    def __init__(self) -> None:
        self.cache: dict[Key, CacheEntry] = {}
        self.updates: dict[Key, UpdateListEntry] = {}
        self.sent: Counter[str] = Counter()
        """Messages that nodes sent, by type."""
        self.received: Counter[tuple[str, str]] = Counter()
        """Messages that were taken, by node and type."""
        self.dropped: Counter[str] = Counter()
        """Packets that machines dropped, by why."""
        self.refused: Counter[str] = Counter()
        """Messages that nodes didn't take, and Binding Updates that they refused, by why."""
        self.reasons: Counter[tuple[str, str]] = Counter()
        """Both of these, by node and why."""
        self.lost: Counter[str] = Counter()
        """Frames that links lost, by why."""
        self.moves: list[Attached] = []
        self.bindings: list[CacheEntry] = []
        """Each binding when it is new, changes its care-of address, or is gone."""
        self.verdicts: list[Verdict] = []
        self._by_class: Mapping[type[Event], Callable[[Any], None]] = {
            CacheEntry: self._cache_entry,
            UpdateListEntry: self._update_list_entry,
            MessageSent: self._sent,
            MessageReceived: self._received,
            MessageDropped: self._refused,
            UpdateRefused: self._refused,
            PacketDropped: self._dropped,
            NothingToReplay: self._nothing_to_replay,
            FrameLost: self._lost,
            MachineFailed: self._failed,
            Attached: self.moves.append,
        }

    def hear(self, event: Event) -> None:
        """Something happened."""
        handler = self._by_class.get(type(event))
        if handler is not None:
            handler(event)

    def cache_of(self, node: str) -> list[CacheEntry]:
        """A node's bindings, without the clones for link-local addresses."""
        return [entry for key, entry in self.cache.items() if key[0] == node and not entry.cloned]

    def updates_of(self, node: str) -> list[UpdateListEntry]:
        """A mobile node's Binding Update List, without those who are known to take no part."""
        return [entry for key, entry in self.updates.items() if key[0] == node and not entry.unsupported]

    def _cache_entry(self, event: CacheEntry) -> None:
        key = event.node, event.home_address, event.address, event.cloned
        before = self.cache.get(key)
        if event.gone:
            self.cache.pop(key, None)
        else:
            self.cache[key] = event
        if not event.cloned and not event.pending and _differs(before, event):
            self.bindings.append(event)

    def _update_list_entry(self, event: UpdateListEntry) -> None:
        key = event.node, event.peer, event.home_address, False
        if event.gone:
            self.updates.pop(key, None)
        else:
            self.updates[key] = event

    def _sent(self, event: MessageSent) -> None:
        self.sent[event.message] += 1

    def _received(self, event: MessageReceived) -> None:
        self.received[event.node, event.message] += 1

    def _dropped(self, event: PacketDropped) -> None:
        self.dropped[event.reason] += 1
        self.reasons[event.node, event.reason] += 1

    def _refused(self, event: MessageDropped | UpdateRefused) -> None:
        self.refused[event.reason] += 1
        self.reasons[event.node, event.reason] += 1

    def _failed(self, event: MachineFailed) -> None:
        """A crash takes the tables with it, without anybody there to tell."""
        if event.how in ("crash", "restart"):
            self.cache = {key: entry for key, entry in self.cache.items() if key[0] != event.node}
            self.updates = {key: entry for key, entry in self.updates.items() if key[0] != event.node}

    def _nothing_to_replay(self, event: NothingToReplay) -> None:
        self.verdicts.append(Verdict(event.time_ns, event.node, f"something for {event.forgery}", event.detail, False))

    def _lost(self, event: FrameLost) -> None:
        self.lost[event.reason] += 1


def _differs(before: CacheEntry | None, event: CacheEntry) -> bool:
    """Whether somebody who only knows where the mobile node is would notice."""
    if before is None or before.pending or event.gone:
        return before is not None or not event.gone
    return before.care_of_address != event.care_of_address


__all__ = ["Chronicle", "Verdict"]

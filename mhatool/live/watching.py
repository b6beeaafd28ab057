"""What changes in a node's tables, for somebody who reads along; whoever reads too slowly is let go, and told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from itertools import count
from typing import Any, Final

from mhatool.engine.events import Event
from mhatool.live.tables import Row, Tables

MOST_WAITING: Final = 1_000
"""Changes that are kept for one reader."""


class Watcher:
    """One reader of one table: begins with what is there, then each change as it happens.

    A counter that grows again before the reader has taken it is one change: floods are counted, and not waited for.
    """

    def __init__(self, tables: Tables, what: str, now: int) -> None:
        self._tables = tables
        self._what = what
        self._begin = list(tables.begin(what, now))
        self._waiting: dict[Hashable, tuple[int, Row]] = {}
        self._number = count()
        self._something = asyncio.Event()
        self._has_ended = False
        self.is_behind = False
        """Changes were lost: the reader was too slow."""

    def hear(self, event: Event) -> None:
        """Something happened at the node."""
        row = self._tables.change(self._what, event)
        if row is not None:
            self._keep(event.time_ns, row)

    def count(self, time_ns: int, row: Row) -> None:
        """A counter has grown, and no event tells of it."""
        if self._what == "stats":
            self._keep(time_ns, row)

    def _keep(self, time_ns: int, row: Row) -> None:
        if self.is_behind:
            return
        key: Hashable = (row["counter"], row["name"]) if self._what == "stats" else next(self._number)
        if len(self._waiting) >= MOST_WAITING and key not in self._waiting:
            self.is_behind = True
            self._waiting.clear()
        else:
            self._waiting[key] = time_ns, row
        self._something.set()

    def end(self, *_: Any) -> None:
        """Nobody reads any more."""
        self._has_ended = True
        self._something.set()

    async def records(self, now: int) -> AsyncIterator[tuple[int, Row]]:
        """Each row with its time, until the reader has gone or is behind."""
        for row in self._begin:
            yield now, row
        while not (self._has_ended or self.is_behind):
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                yield self._waiting.pop(next(iter(self._waiting)))


__all__ = ["MOST_WAITING", "Watcher"]

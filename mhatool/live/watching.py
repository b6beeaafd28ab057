"""What changes in a node's tables, for somebody who reads along; whoever reads too slowly is let go, and told so."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

from mhatool.engine.events import Event
from mhatool.live.tables import Row, Tables

MOST_WAITING: Final = 1_000
"""Changes that are kept for one reader."""


class Watcher:
    """One reader of one table: begins with what is there, then each change as it happens."""

    def __init__(self, tables: Tables, what: str, now: int) -> None:
        self._tables = tables
        self._what = what
        self._begin = list(tables.begin(what, now))
        self._waiting: deque[tuple[int, Row]] = deque()
        self._something = asyncio.Event()
        self._has_ended = False
        self.is_behind = False
        """Changes were lost: the reader was too slow."""

    def hear(self, event: Event) -> None:
        """Something happened at the node."""
        row = self._tables.change(self._what, event)
        if row is None or self.is_behind:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.is_behind = True
            self._waiting.clear()
        else:
            self._waiting.append((event.time_ns, row))
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
                yield self._waiting.popleft()


__all__ = ["MOST_WAITING", "Watcher"]

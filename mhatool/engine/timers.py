"""Deadlines of a node: set, moved and cancelled by key, in constant time but for the heap's logarithm."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """At most one deadline for each key, in nanoseconds. Equal deadlines come in the order in which they were set."""

    def __init__(self) -> None:
        self._deadlines: dict[K, tuple[int, int]] = {}
        self._heap: list[tuple[int, int, K]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._deadlines)

    def set(self, key: K, at: int) -> None:
        """Ring for `key` at this instant, and not when it was set to before."""
        self._count += 1
        self._deadlines[key] = at, self._count
        heapq.heappush(self._heap, (at, self._count, key))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._deadlines):
            self._rebuild()

    def cancel(self, key: K) -> None:
        """Don't ring for `key`; nothing where it isn't set."""
        self._deadlines.pop(key, None)

    def deadline(self, key: K) -> int | None:
        """When it rings for `key`; None where it isn't set."""
        found = self._deadlines.get(key)
        return found[0] if found is not None else None

    def next(self) -> int | None:
        """The earliest deadline; None without any."""
        heap = self._heap
        while heap:
            at, count, key = heap[0]
            if self._deadlines.get(key) == (at, count):
                return at
            heapq.heappop(heap)
        return None

    def due(self, now: int) -> Iterator[K]:
        """The keys whose deadline is over, earliest first, each taken out as it is handed on.

        What is set to `now` or before while this goes on is handed on too.
        """
        while (at := self.next()) is not None and at <= now:
            key = heapq.heappop(self._heap)[2]
            del self._deadlines[key]
            yield key

    def _rebuild(self) -> None:
        """Leave out what was moved or cancelled: the heap grows with the keys, not with how often they are set."""
        self._heap = [(at, count, key) for key, (at, count) in self._deadlines.items()]
        heapq.heapify(self._heap)


__all__ = ["Timers"]

"""What is going to happen, in the order of its time: the virtual clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any


class Agenda:
    """Calls that are due at instants in nanoseconds. Those of the same instant come in the order in which they were
    planned; the clock stands still while one runs."""

    __slots__ = ("_count", "_heap", "now")

    def __init__(self, now: int = 0) -> None:
        self.now = now
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, when: int, call: Callable[..., None], *arguments: Any) -> None:
        """Call this then; at once, after what is planned already, where `when` is over."""
        self._count += 1
        heapq.heappush(self._heap, (when if when > self.now else self.now, self._count, call, arguments))

    def run(self, until: int) -> None:
        """Let happen what is due up to this instant, itself included; it is `now` afterwards."""
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= until:
            self.now, _, call, arguments = pop(heap)
            call(*arguments)
        self.now = max(self.now, until)


__all__ = ["Agenda"]

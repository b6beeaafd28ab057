"""When to send each packet of a capture."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from mhatool.capture import Record


class Clock(Protocol):
    """Time that can be waited for; tests give one that only counts."""

    def now(self) -> float:
        """Seconds, from anywhere."""
        ...

    def wait(self, seconds: float) -> None:
        """Let them pass."""
        ...


class RealClock:
    """The machine's own."""

    def now(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


class Pace(NamedTuple):
    """How fast: at `speed` times the capture's own pace, or so many packets a second, or (with neither) at once."""

    speed: float | None = None
    packets_per_second: float | None = None


def schedule(records: Iterable[Record], pace: Pace) -> Iterator[tuple[float, Record]]:
    """Each record with the seconds after the first at which it is due; times that go back are due at once."""
    first: int | None = None
    due = 0.0
    for index, record in enumerate(records):
        if pace.packets_per_second is not None:
            due = index / pace.packets_per_second
        elif pace.speed is not None:
            first = record.time_ns if first is None else first
            due = max(due, (record.time_ns - first) / 1e9 / pace.speed)
        yield due, record


def paced(records: Iterable[Record], pace: Pace, clock: Clock) -> Iterator[Record]:
    """The records, each when it is due; what is late isn't waited for."""
    start: float | None = None
    for due, record in schedule(records, pace):
        now = clock.now()
        start = now if start is None else start
        if start + due > now:
            clock.wait(start + due - now)
        yield record

"""What time it is for a node: wall-clock nanoseconds that never go back nor jump, whatever happens to the clock."""

from __future__ import annotations

import time


class Clock:
    """Begins at the time of day and goes on by the machine's steady clock, which also counts while it is suspended."""

    def __init__(self) -> None:
        self._ahead = time.time_ns() - self._steady()

    @staticmethod
    def _steady() -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def now(self) -> int:
        """Nanoseconds since 1970, as the node counts them."""
        return self._steady() + self._ahead


__all__ = ["Clock"]

"""What time it is for a node: wall-clock nanoseconds that never go back nor jump, whatever happens to the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def _steady_ns() -> int:
    """The machine's steady clock, which also counts while it is suspended."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def this_boot() -> str:
    """What names the machine's start; "" where nobody knows."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


class Clock:
    """Begins at the time of day and goes on by the machine's steady clock.

    `ahead_ns` is by how much it is ahead of that one, and `boot` names the machine's start from which that one counts
    ("" where nobody knows): two nodes, one after the other, can compare their times by them although the time of day
    was changed between.
    """

    def __init__(
        self, wall_ns: Callable[[], int] = time.time_ns, steady_ns: Callable[[], int] = _steady_ns, boot: str = ""
    ) -> None:
        self._steady_ns = steady_ns
        self.ahead_ns = wall_ns() - steady_ns()
        self.boot = boot or this_boot()

    def now(self) -> int:
        """Nanoseconds since 1970, as the node counts them."""
        return self._steady_ns() + self.ahead_ns


__all__ = ["Clock", "this_boot"]

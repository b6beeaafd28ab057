"""How much of the machine other programs used meanwhile: times are worth little where that is much."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter

LITTLE = 0.1
"""Cores: what a machine does that is left alone."""
_STAT = Path("/proc/stat")
_IDLE = (3, 4)
"""Which of the figures count time in which nothing ran: idle, and waiting for a disk."""


class Others:
    """Counts from when it is made. Linux only: elsewhere nobody is seen."""

    def __init__(self) -> None:
        self._start = perf_counter()
        self._before = _used_by_others()

    @property
    def cores(self) -> float:
        """As many were used by others, on average; this process and those that it has waited for are left out."""
        return max(0.0, (_used_by_others() - self._before) / (perf_counter() - self._start))

    @property
    def warning(self) -> str | None:
        """What to say of it; None where it was little."""
        cores = self.cores
        if cores <= LITTLE:
            return None
        return f"other programs used {cores:.1f} cores meanwhile: measure again on a machine that is left alone"


def _used_by_others() -> float:
    """Seconds of all cores since the machine was started, without this process's and its children's."""
    try:
        ticks = [int(word) for word in _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    except OSError:  # no Linux
        return 0.0
    own = os.times()
    busy = sum(ticks) - sum(ticks[at] for at in _IDLE)
    return busy / os.sysconf("SC_CLK_TCK") - (own.user + own.system + own.children_user + own.children_system)

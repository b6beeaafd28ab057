"""One line of the table."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple


class Result(NamedTuple):
    """A measurement; `ratio` over 1 means that ours is better."""

    what: str
    ours: str
    peer: str
    theirs: str
    ratio: float
    runs: int


def rate(work: Callable[[], object], times: int) -> float:
    """How often a second: one timing of so many calls."""
    begin = perf_counter()
    for _ in range(times):
        work()
    return times / (perf_counter() - begin)


def in_turn(ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> tuple[float, float, float]:
    """Medians of ours, theirs and the ratio of each pair: A B A B, so that a drifting machine is the same for both."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)

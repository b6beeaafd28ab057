"""One line of the table."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

ENOUGH_S = 20.0
"""No further pair is measured once the ones before took so long."""


class WrongAnswerError(Exception):
    """A program's answer isn't what the capture holds: then its time says nothing. The text names both."""


class Result(NamedTuple):
    """A measurement; `ratio` over 1 means that ours is better, so many times.

    `key` names it for good. `required` is the least ratio that we promise, None where we promise nothing.
    """

    key: str
    what: str
    unit: str
    ours: float
    peer: str
    theirs: float
    ratio: float
    runs: int
    required: float | None = None

    @property
    def held(self) -> bool:
        """Whether the promise is kept."""
        return self.required is None or self.ratio >= self.required


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


class Timings(NamedTuple):
    """Seconds, and how many times less ours are: all medians."""

    ours: float
    theirs: float
    ratio: float
    runs: int


def race(ours: Callable[[], float], theirs: Callable[[], float], most: int = 5) -> Timings:
    """The same for seconds, of which less is better; fewer runs where one takes long."""
    begin = perf_counter()
    pairs: list[tuple[float, float]] = []
    while len(pairs) < most and (not pairs or perf_counter() - begin < ENOUGH_S):
        pairs.append((ours(), theirs()))
    middle = (median(a for a, _ in pairs), median(b for _, b in pairs), median(b / a for a, b in pairs))
    return Timings(*middle, len(pairs))

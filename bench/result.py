"""One line of the table."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench.others import LITTLE, Others

ENOUGH_S = 20.0
"""No further pair is measured once the ones before took so long."""
PATIENCE_S = 25.0
"""But so long pairs are measured again that were disturbed."""


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


class _Pair(NamedTuple):
    """How many cores other programs used, and the seconds of both."""

    others: float
    ours: float
    theirs: float


class Timings(NamedTuple):
    """Seconds, and how many times less ours are: all medians."""

    ours: float
    theirs: float
    ratio: float
    runs: int


def race(
    ours: Callable[[], float], theirs: Callable[[], float], most: int = 5, patience_s: float = PATIENCE_S
) -> Timings:
    """The same for seconds, of which less is better; fewer runs where one takes long.

    Where other programs use the machine there are more runs, as long as patience lasts, and those count in which they
    used it least: that is told before anybody looks at the times.
    """
    begin = perf_counter()
    pairs: list[_Pair] = []
    took, calm = 0.0, 0
    while calm < most and took < (patience_s if len(pairs) >= most else ENOUGH_S):
        others = Others()
        first, second = ours(), theirs()
        pairs.append(_Pair(others.cores, first, second))
        calm += pairs[-1].others <= LITTLE
        took = perf_counter() - begin
    best = sorted(pairs)[:most]
    middle = (
        median(pair.ours for pair in best),
        median(pair.theirs for pair in best),
        median(pair.theirs / pair.ours for pair in best),
    )
    return Timings(*middle, len(best))

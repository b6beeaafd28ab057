"""The least that makes one sequence into another: time grows with what differs, not with the square of the lengths.

Source: E. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

MOST_EDITS: Final = 1_000
"""Sequences that differ in more are compared quickly, not minimally."""

#: Whether it is the same in both, and where it is in each: from, to, from, to.
Run = tuple[bool, int, int, int, int]
Match = tuple[int, int]


def runs(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Iterator[Run]:
    """Both from beginning to end as runs that are equal and runs that differ."""
    numbers: dict[Hashable, int] = {}
    a = [numbers.setdefault(key, len(numbers)) for key in ours]
    b = [numbers.setdefault(key, len(numbers)) for key in theirs]
    matches = _matches(a, b)
    i = j = 0
    for x, y, length in _gathered(_quick_matches(a, b) if matches is None else matches):
        if x > i or y > j:
            yield False, i, x, j, y
        i, j = x + length, y + length
        yield True, x, i, y, j
    if i < len(a) or j < len(b):
        yield False, i, len(a), j, len(b)


def _gathered(matches: Sequence[Match]) -> Iterator[tuple[int, int, int]]:
    """Neighbouring matches as one: where it begins in both, and its length."""
    start: Match | None = None
    length = 0
    for x, y in matches:
        if start is not None and (x, y) == (start[0] + length, start[1] + length):
            length += 1
            continue
        if start is not None:
            yield *start, length
        start, length = (x, y), 1
    if start is not None:
        yield *start, length


def _matches(a: Sequence[int], b: Sequence[int]) -> list[Match] | None:
    """What stays in the shortest edit; None where that has more than MOST_EDITS edits."""
    furthest = {1: 0}
    history = []
    for edits in range(min(len(a) + len(b), MOST_EDITS) + 1):
        history.append(furthest.copy())
        for diagonal in range(-edits, edits + 1, 2):
            x = _step(furthest, diagonal, edits)
            y = x - diagonal
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= len(a) and y >= len(b):
                return _traced(history, len(a), len(b))
    return None


def _step(furthest: dict[int, int], diagonal: int, edits: int) -> int:
    """How far along `a` one gets on a diagonal with one more edit."""
    if _inserts(furthest, diagonal, edits):
        return furthest[diagonal + 1]
    return furthest[diagonal - 1] + 1


def _inserts(furthest: dict[int, int], diagonal: int, edits: int) -> bool:
    """Whether that edit is an insertion, else it is a deletion."""
    return diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])


def _traced(history: Sequence[dict[int, int]], x: int, y: int) -> list[Match]:
    """The matches on the way back from the end."""
    found: list[Match] = []
    for edits in range(len(history) - 1, -1, -1):
        diagonal = x - y
        start = _step(history[edits], diagonal, edits)
        while x > start:
            x, y = x - 1, y - 1
            found.append((x, y))
        if edits:
            x, y = (x, y - 1) if _inserts(history[edits], diagonal, edits) else (x - 1, y)
    return found[::-1]


def _quick_matches(a: Sequence[int], b: Sequence[int]) -> list[Match]:
    """Matches of what is equal for the same time: the third refresh with the third one."""
    blocks = SequenceMatcher(None, _counted(a), _counted(b), autojunk=False).get_matching_blocks()
    return [(x + i, y + i) for x, y, length in blocks for i in range(length)]


def _counted(keys: Sequence[int]) -> list[tuple[int, int]]:
    """Each key with how often it was there before."""
    seen: Counter[int] = Counter()
    found = []
    for key in keys:
        found.append((key, seen[key]))
        seen[key] += 1
    return found

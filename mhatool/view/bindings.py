"""The bindings as bars over time: the lines of the upper pane."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from mhatool.timeline.bars import SIGNS, Bars, Holder, peer_of
from mhatool.timeline.cells import filled, shortened, wide
from mhatool.timeline.model import Timeline
from mhatool.timeline.words import Words
from mhatool.view.rows import holders_of

LEAST_CELLS: Final = 20
LEAST_NS: Final = 1_000_000
"""The clock over the bars is cut to seconds; of less than a millisecond they show nothing that the list doesn't."""
MOST_KEPT: Final = 2_000
_LEAST_LABEL: Final = 8
_INDENT: Final = "  "


class Line(Struct, frozen=True):
    """A line: text, nodes that it stands for, and the letters of it that are its bar (from, to), where it has one.

    `is_title`: it begins a mobile node.
    """

    text: str
    nodes: tuple[bytes, ...] = ()
    bar: tuple[int, int] | None = None
    is_title: bool = False


class _Place(Struct, frozen=True):
    """What is in a line: a mobile node's title (no holder, no letter), a bar, or what a letter means."""

    home_address: bytes
    holder: Holder | None = None
    letter: tuple[str, bytes] | None = None


class Bindings:
    """Lines for each mobile node: its address with the time, a bar for each peer, what the letters mean."""

    def __init__(self, timeline: Timeline, words: Words) -> None:
        self._timeline = timeline
        self._words = words
        self.window = timeline.first_ns, timeline.last_ns
        """From when to when the bars go, nanoseconds since 1970."""
        self._drawn = {home: Bars(timeline, holders) for home, holders in holders_of(timeline).items()}
        self._places: list[_Place] = []
        self._numbers: dict[tuple[bytes, ...], int] = {}
        names = [""]
        for home, drawn in self._drawn.items():
            first = len(self._places)
            self._numbers[home,] = first
            self._numbers |= {(home, peer_of(each)): first + 1 + i for i, each in enumerate(drawn.holders)}
            self._places.append(_Place(home))
            self._places += [_Place(home, holder) for holder in drawn.holders]
            self._places += [_Place(home, letter=(letter, octets)) for octets, letter in drawn.letters.items()]
            names += [words.name(peer_of(holder)) for holder in drawn.holders]
        self._label = max(map(wide, names))
        self._bar = lru_cache(MOST_KEPT)(self._bar_of)

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self._places)

    def line(self, number: int, width: int) -> Line:
        """One of them, for panes of this width."""
        place = self._places[number]
        room = width - 2 * len(_INDENT)
        label = min(self._label, max(_LEAST_LABEL, min(width // 3, room - LEAST_CELLS)))
        cells = max(room - label, LEAST_CELLS)
        if place.letter is not None:
            letter, octets = place.letter
            return Line(f"{_INDENT * 2}{letter} {self._words.name(octets)}", (place.home_address,))
        begin = len(_INDENT) * 2 + label
        if place.holder is not None:
            name = shortened(self._words.name(peer_of(place.holder)), label)
            bar = self._bar(place.home_address, id(place.holder), cells, self.window)
            nodes = (place.home_address, peer_of(place.holder))
            before = f"{_INDENT}{filled(name, label)}{_INDENT}"
            return Line(before + bar, nodes, (len(before), len(before) + cells))
        start, end = (self._words.clock(at)[: -len(".123")] for at in self.window)
        title = f"{self._words.name(place.home_address)} "
        # Over the ends of the bars, as far as the name leaves room for it.
        times = f"{filled(title, begin)}{start}" if wide(title) <= begin else title
        left = begin + cells - wide(times)
        times += end.rjust(left) if left > len(end) else ""
        return Line(times, (place.home_address,), is_title=True)

    def _bar_of(self, home_address: bytes, holder: int, cells: int, window: tuple[int, int]) -> str:
        drawn = self._drawn[home_address]
        return drawn.bar(next(each for each in drawn.holders if id(each) == holder), cells, window)

    def cell(self, time_ns: int, cells: int) -> int | None:
        """Which cell of a bar an instant is in; None where the bars don't show it."""
        first, last = self.window
        if not first <= time_ns <= last:
            return None
        return min((time_ns - first) * cells // (last - first), cells - 1) if last > first else 0

    def show(self, time_ns: int, length_ns: int | None) -> None:
        """Let the bars show so much time around an instant; all of it for None."""
        first, last = self._timeline.first_ns, self._timeline.last_ns
        if length_ns is None or length_ns >= last - first:
            self.window = first, last
            return
        length_ns = max(length_ns, LEAST_NS)
        begin = max(min(time_ns - length_ns // 2, last - length_ns), first)
        self.window = begin, begin + length_ns

    def follow(self, time_ns: int) -> None:
        """Let the bars go where this instant is."""
        if not self.window[0] <= time_ns <= self.window[1]:
            self.show(time_ns, self.window[1] - self.window[0])

    def place_of(self, nodes: Sequence[bytes]) -> int | None:
        """The line of a mobile node's bar at a peer, or of the mobile node; None where neither has one."""
        return self._numbers.get(tuple(nodes[:2]), self._numbers.get(tuple(nodes[:1])))


def legend() -> list[str]:
    """What the signs in bars mean."""
    return [f"{sign}  {meaning}" for sign, meaning in {**SIGNS, "A-Z": "a care-of address"}.items()]


__all__ = ["Bindings", "Line", "legend"]

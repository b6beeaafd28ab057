"""A bar for each home agent and correspondent of a home address: a letter where one of its care-of addresses held."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from mhatool.observe import Agency, Correspondence
from mhatool.timeline.gap import Silence
from mhatool.timeline.model import Timeline

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NOTHING, SILENT, UNKNOWN, SEVERAL = ".", "?", "-", "+"
SIGNS: Final = {
    NOTHING: "no binding",
    SILENT: "the home agent is silent",
    UNKNOWN: "a binding whose beginning and care-of address weren't seen",
    SEVERAL: "several care-of addresses at once",
}

Holder = Agency | Correspondence
"""Who may hold bindings of a home address."""


def peer_of(holder: Holder) -> bytes:
    """Its address."""
    return holder.home_agent if isinstance(holder, Agency) else holder.correspondent


def letters_of(holders: Iterable[Holder]) -> dict[bytes, str]:
    """A letter for each care-of address, in order of first use."""
    spans = [span for holder in holders for binding in holder.bindings for span in binding.spans]
    used = dict.fromkeys(span.care_of_address for span in sorted(spans, key=lambda s: s.start_ns or 0))
    return {care_of_address: LETTERS[i % len(LETTERS)] for i, care_of_address in enumerate(used)}


class Bars:
    """Draws those of one home address; `letters` are those of its care-of addresses."""

    def __init__(self, timeline: Timeline, holders: Sequence[Holder]) -> None:
        self.holders = holders
        self.letters = letters_of(holders)
        self._whole = timeline.first_ns, timeline.last_ns
        self._all_silences = timeline.silences

    @cached_property
    def _silences(self) -> dict[int, list[Silence]]:
        """Those of each holder."""
        found: dict[int, list[Silence]] = {id(holder): [] for holder in self.holders}
        for silence in self._all_silences:
            if (mine := found.get(id(silence.agency))) is not None:
                mine.append(silence)
        return found

    def bar(self, holder: Holder, cells: int, window: tuple[int, int] | None = None) -> str:
        """What held in the middle of each cell's time; where nothing did, a span that is too short to have a middle.

        `window`: from when to when, nanoseconds since 1970; the whole timeline's time without one.
        """
        first, last = window or self._whole
        middles = [first + (last - first) * (2 * i + 1) // (2 * cells) for i in range(cells)]
        signs = [self._cell(holder, at) for at in middles]
        for span in (span for binding in holder.bindings for span in binding.spans):
            start, end = span.start_ns or first, span.end_ns or last
            if bisect_left(middles, start) == bisect_left(middles, end) and first <= start <= last and last > first:
                place = min((start - first) * cells // (last - first), cells - 1)
                signs[place] = self.letters[span.care_of_address] if signs[place] == NOTHING else signs[place]
        return "".join(signs)

    def _cell(self, holder: Holder, at: int) -> str:
        """What held at one instant."""
        for silence in self._silences[id(holder)]:
            if silence.last_sign.time_ns < at < (silence.until_ns or at + 1):
                held = any((b.start_ns or 0) <= at < (b.end_ns or at + 1) for b in holder.bindings)
                return SILENT if held else NOTHING
        spans = (span for binding in holder.bindings for span in binding.spans)
        found = {s.care_of_address for s in spans if (s.start_ns or 0) <= at < (s.end_ns or at + 1)}
        if found:
            return self.letters[found.pop()] if len(found) == 1 else SEVERAL
        for binding in holder.bindings:
            if binding.start_ns is None and at < (binding.end_ns or 0):
                return UNKNOWN
        return NOTHING

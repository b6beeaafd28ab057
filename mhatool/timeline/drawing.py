"""The timeline's bars for a chart (`display.chart`): bindings at each holder, times without one, findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from mhatool.display.chart import Bar, Mark, Row
from mhatool.observe import Agency, Correspondence
from mhatool.protocol.lifetime import seconds
from mhatool.timeline.cells import wide
from mhatool.timeline.model import Timeline
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words

COLOURS: Final = 4
"""Care-of addresses take their colours in turn."""
_PIXELS_A_LETTER: Final = 7.0
_LEAST_LEFT, _MOST_LEFT = 90, 620


class Overview(Struct, frozen=True):
    """What to draw, in seconds from the start; names have `left` pixels, and `colours` says which address is which."""

    rows: list[Row]
    marks: list[Mark]
    duration_s: float
    left: float
    colours: dict[bytes, str]


def overview_of(timeline: Timeline, words: Words) -> Overview:
    """Everything over the time of the captures."""
    drawing = _Drawing(timeline, words)
    rows = list(drawing.rows())
    longest = max((wide(row.name) for row in rows), default=0)
    left = min(max(longest * _PIXELS_A_LETTER + 20, _LEAST_LEFT), _MOST_LEFT)
    return Overview(rows, drawing.marks(), drawing.duration_s, left, drawing.colours)


class _Drawing:
    def __init__(self, timeline: Timeline, words: Words) -> None:
        self._timeline, self._words = timeline, words
        self.duration_s = max(seconds(timeline.last_ns - timeline.first_ns), 0.001)
        self.colours: dict[bytes, str] = {}

    def rows(self) -> Iterator[Row]:
        """Those of each mobile node, then the findings."""
        timeline, name = self._timeline, self._words.name
        for home_address in timeline.mobile_nodes:
            whose = f"{name(home_address)} " if len(timeline.mobile_nodes) > 1 else ""
            for agency in timeline.agencies_of(home_address):
                yield Row(f"{whose}at {name(agency.home_agent)}", tuple(self._bars(agency)))
            for found in timeline.correspondences_of(home_address):
                yield Row(f"{whose}at {name(found.correspondent)}", tuple(self._bars(found)))
            gaps = tuple(self._gaps(home_address))
            if gaps:
                yield Row(f"{whose}without binding", gaps)
        findings = tuple(self._findings())
        if findings:
            yield Row("findings", findings)

    def marks(self) -> list[Mark]:
        """Home agents that fail: their last signs of life."""
        seen = [(each.last_sign.moment.time_ns, each) for each in self._timeline.outages if each.last_sign is not None]
        marks = [(self._s(at), f"{self._words.name(outage.home_agent)} last seen") for at, outage in seen]
        return sorted(marks)

    def _bars(self, holder: Agency | Correspondence) -> Iterator[Bar]:
        for binding in holder.bindings:
            for span in binding.spans:
                address = span.care_of_address
                colour = self.colours.setdefault(address, f"care{len(self.colours) % COLOURS}")
                told = f"care-of {self._words.name(address)}"
                yield self._bar(span.start_ns, span.end_ns, colour, told)
            if not binding.spans:
                yield self._bar(binding.start_ns, binding.end_ns, "waits", "care-of address not seen")

    def _gaps(self, home_address: bytes) -> Iterator[Bar]:
        for gap in self._timeline.gaps_of(home_address):
            lasts = f" for {spent(gap.duration_ns)}" if gap.duration_ns is not None else " to the end"
            yield self._bar(gap.start_ns, gap.end_ns, "lost", gap.kind.words + lasts)

    def _findings(self) -> Iterator[Bar]:
        for finding in self._timeline.findings:
            told = f"{finding.severity} {finding.rule}: expected {finding.expected}, seen {finding.seen}"
            yield self._bar(finding.time_ns, finding.time_ns, str(finding.severity), told)

    def _bar(self, from_ns: int | None, to_ns: int | None, colour: str, told: str) -> Bar:
        from_s = self._s(from_ns) if from_ns is not None else 0.0
        to_s = self._s(to_ns) if to_ns is not None else self.duration_s
        when = [self._words.clock(at) if at is not None else "?" for at in (from_ns, to_ns)]
        text = f"{told}, {when[0]}" + (f" to {when[1]}" if to_ns != from_ns else "")
        return Bar(from_s, to_s, colour, text)

    def _s(self, time_ns: int) -> float:
        return seconds(time_ns - self._timeline.first_ns)


__all__ = ["Overview", "overview_of"]

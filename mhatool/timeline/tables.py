"""What the timeline tells as tables, whoever draws them: for each home address its bindings, what happened, the gaps;
then failures and findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from msgspec import Struct

from mhatool.exchange import Frame
from mhatool.observe import (
    Agency,
    Binding,
    Correspondence,
    CorrespondentBinding,
    CorrespondentSpan,
    CorrespondentUpdate,
    Span,
)
from mhatool.timeline import failure_table
from mhatool.timeline.bars import LETTERS
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.gap import Gap
from mhatool.timeline.model import Timeline
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words
from mhatool.validate import Finding

Holder = Agency | Correspondence
_ADDRESSES: Final = ("Sign", "Care-of address")
_BINDINGS: Final = ("Care-of", "From", "To", "Ended", "Lifetime>", "Refreshes>")
_HELD: Final = _BINDINGS[:-1]
_UPDATES: Final = ("Time", "Update", "Care-of", "Sequence", "Lifetime>", "Frames", "Result")
_EVENTS: Final = ("Time", "Event", "Care-of", "Sequence", "Lifetime>", "Frames", "Took>")
_GAPS: Final = ("Gap", "From", "To", "Duration>", "Why")
_STEPS: Final = ("Time", "What shows it", "Home agent", "Frame")
_FINDINGS: Final = ("Time", "Severity", "Rule", "Frame", "What")
_AT_HOME: Final = "home"


class Line(Struct, frozen=True):
    """A line of text."""

    text: str


class Title(Struct, frozen=True):
    """What the next tables are about; level 2 is a part of the whole, 3 a part of that."""

    text: str
    level: int = 2


class Grid(Struct, frozen=True):
    """A table; a column whose name ends in `>` is flush right."""

    columns: Sequence[str]
    rows: list[Sequence[str]]

    def __post_init__(self) -> None:
        """ValueError where a row hasn't a cell for each column: others would stand under its name."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{len(row)} cells for the columns {', '.join(self.columns)}")


Part = Line | Title | Grid


class Tables:
    """Makes them; `names` stand for addresses."""

    def __init__(self, timeline: Timeline, names: Mapping[bytes, str]) -> None:
        self.timeline = timeline
        self.words = Words(timeline, names)
        self.name, self.frame, self.clock = self.words.name, self.words.frame, self.words.clock

    def parts(self) -> Iterator[Part]:
        """All that there is to tell, in order."""
        timeline = self.timeline
        if not timeline.packets:
            yield Line("No packets.")
            return
        yield Line(self.words.heading(timeline))
        if not timeline.home_addresses:
            yield Line("No home registrations.")
        for home_address in timeline.mobile_nodes:
            yield from self.home(home_address)
        for title, columns, rows in failure_table.parts(timeline, self.words, self.frames):
            yield Title(title)
            if rows:
                yield Grid(columns, rows)
        if timeline.findings:
            yield Title("Findings")
            yield Grid(_FINDINGS, list(map(self.finding, timeline.findings)))

    def home(self, home_address: bytes) -> Iterator[Part]:
        agencies = self.timeline.agencies_of(home_address)
        correspondences = self.timeline.correspondences_of(home_address)
        events = self.timeline.events_of(home_address)
        signs = _signs(home_address, [*agencies, *correspondences], events)
        yield Title(f"Home address {self.name(home_address)}")
        yield Grid(_ADDRESSES, [(sign, self.name(octets)) for octets, sign in signs.items()])
        for agency in agencies:
            mine = [event for event in events if event.home_agent == agency.home_agent]
            yield from self.agency(agency, mine, signs)
        for correspondence in correspondences:
            yield from self.correspondence(correspondence, signs)
        gaps = self.timeline.gaps_of(home_address)
        if gaps:
            yield Title("Gaps", 3)
            yield Grid(_GAPS, list(map(self.gap, gaps)))
        for gap in gaps:
            yield Title(f"{_words(gap.kind)}, step by step", 3)
            yield Grid(_STEPS, list(self.steps(gap)))

    def agency(self, agency: Agency, events: Sequence[Event], signs: Mapping[bytes, str]) -> Iterator[Part]:
        name = self.name(agency.home_agent)
        rows = [row for binding in agency.bindings for row in self.spans(binding, signs)]
        yield Title(f"Bindings at home agent {name}{'' if rows else ': none'}", 3)
        if rows:
            yield Grid(_BINDINGS, rows)
        yield Title(f"What happened at home agent {name}", 3)
        yield Grid(_EVENTS, [self.event(event, signs) for event in events])

    def correspondence(self, found: Correspondence, signs: Mapping[bytes, str]) -> Iterator[Part]:
        name = self.name(found.correspondent)
        rows = [row[: len(_HELD)] for binding in found.bindings for row in self.spans(binding, signs)]
        yield Title(f"Bindings at correspondent {name}{'' if rows else ': none'}", 3)
        if rows:
            yield Grid(_HELD, rows)
        yield Title(f"Updates to correspondent {name}", 3)
        yield Grid(_UPDATES, [self.update(seen, signs) for seen in found.updates])

    # --- rows ---

    def update(self, seen: CorrespondentUpdate, signs: Mapping[bytes, str]) -> Sequence[str]:
        update = seen.update
        sign, frames = signs.get(update.care_of_address, ""), self.frames(seen.frames)
        lifetime = f"{update.lifetime_s} s"
        return (
            self.clock(update.time_ns),
            str(seen.kind),
            sign,
            str(update.sequence_number),
            lifetime,
            frames,
            seen.result,
        )

    def event(self, event: Event, signs: Mapping[bytes, str]) -> Sequence[str]:
        numbers = event.sequence_numbers
        kind = f"refused, status {event.status}" if event.kind is EventKind.REFUSED else str(event.kind)
        return (
            self.clock(event.time_ns),
            kind + (f" x{len(numbers)}" if len(numbers) > 1 else ""),
            signs.get(event.care_of_address or b"", ""),
            "-".join(str(number) for number in dict.fromkeys(numbers[:1] + numbers[-1:])),
            f"{event.lifetime_s} s" if event.lifetime_s is not None else "",
            self.frames(event.frames),
            _took(event),
        )

    def spans(self, binding: Binding | CorrespondentBinding, signs: Mapping[bytes, str]) -> Iterator[Sequence[str]]:
        """A row for each care-of address: what was granted for it last, and how often after the first time."""
        spans: Sequence[Span | CorrespondentSpan] = binding.spans
        granted = [[lifetime_s for _, lifetime_s in group] for _, group in groupby(binding.grants, itemgetter(0))]
        end = self.when(binding.end_ns, "capture end"), str(binding.end_reason or "").replace("_", " ")
        if not spans:
            yield "not seen", self.when(binding.start_ns, "before"), *end, "0 s", "0"
        for left, span in zip(range(len(spans), 0, -1), spans, strict=True):  # of many only the latest are kept
            ends = end if left == 1 else (self.when(span.end_ns, ""), "moved")
            lifetimes = granted[-left] if left <= len(granted) else []
            own = (f"{lifetimes[-1]} s", str(len(lifetimes) - 1)) if lifetimes else ("", "")
            yield signs[span.care_of_address], self.when(span.start_ns, "before"), *ends, *own

    def gap(self, gap: Gap) -> Sequence[str]:
        duration = spent(gap.duration_ns) if gap.duration_ns is not None else ""
        why = str(gap.reason).replace("_", " ")
        return _words(gap.kind), self.clock(gap.start_ns), self.when(gap.end_ns, "capture end"), duration, why

    def steps(self, gap: Gap) -> Iterator[Sequence[str]]:
        for step in gap.steps:
            frame = self.frame(step.frame) if step.frame is not None else ""
            yield self.clock(step.time_ns), step.name.replace("_", " "), self.name(step.home_agent), frame

    def finding(self, finding: Finding) -> Sequence[str]:
        frame = self.frame(finding.frames[-1])
        what = f"expected {finding.expected}, seen {finding.seen}"
        return self.clock(finding.time_ns), str(finding.severity), finding.rule, frame, what

    # --- cells ---

    def when(self, time_ns: int | None, unknown: str) -> str:
        return self.clock(time_ns) if time_ns is not None else unknown

    def frames(self, frames: tuple[Frame, ...]) -> str:
        if len(frames) > 2:
            return f"{self.frame(frames[0])}..{self.frame(frames[-1])}"
        return " ".join(map(self.frame, frames))


def _signs(home_address: bytes, holders: Sequence[Holder], events: Sequence[Event]) -> dict[bytes, str]:
    """A letter for each care-of address in order of first use, a word for the home address."""
    spans = [span for holder in holders for binding in holder.bindings for span in binding.spans]
    used = [span.care_of_address for span in sorted(spans, key=lambda span: span.start_ns or 0)]
    used += [event.care_of_address for event in events if event.care_of_address is not None]
    for holder in holders:
        if isinstance(holder, Correspondence):
            used += [seen.update.care_of_address for seen in holder.updates]
    away = [octets for octets in dict.fromkeys(used) if octets != home_address]
    signs = {octets: f"{LETTERS[i % 26]}{i // 26 or ''}" for i, octets in enumerate(away)}
    return signs | ({home_address: _AT_HOME} if home_address in used else {})


def _took(event: Event) -> str:
    """From the first update to the answer, or to the last update in vain."""
    if event.latency_ns is not None:
        return spent(event.latency_ns)
    return spent(event.until_ns - event.time_ns) if event.until_ns is not None else ""


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


__all__ = ["Grid", "Line", "Part", "Tables", "Title"]

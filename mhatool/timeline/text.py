"""The timeline as plain text for a terminal: a bar for each home agent, then what happened, the gaps, and failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mhatool.timeline.bars import SIGNS, Bars
from mhatool.timeline.cells import filled, wide
from mhatool.timeline.correspondent_text import CorrespondentText
from mhatool.timeline.event import Event
from mhatool.timeline.event_text import EventText
from mhatool.timeline.failure_text import failures
from mhatool.timeline.gap import DENIED, LOST, Gap, GapKind, GapReason, Step
from mhatool.timeline.model import Timeline
from mhatool.timeline.surroundings_text import SurroundingsText
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words
from mhatool.validate import Finding

__all__ = ["GAP_REASONS", "GAP_TITLES", "as_text", "meaning_of"]

GAP_TITLES = {
    GapKind.NO_USABLE_BINDING: "No usable binding",
    GapKind.NO_VALID_BINDING: "No valid binding",
}
GAP_MEANINGS = {
    GapKind.NO_USABLE_BINDING: "since the last sign of life of a home agent that then left updates unanswered",
    GapKind.NO_VALID_BINDING: "since the last lifetime was over",
}
GAP_BEGINNINGS = {
    DENIED: "since the home agent said that it has none",
    LOST: "since the home agent has lost its bindings",
}
GAP_REASONS = {
    GapReason.UNANSWERED: "updates stayed unanswered",
    GapReason.REFUSED: "updates were refused",
    GapReason.NONE_SEEN: "no update was seen: perhaps at home, out of sight",
}


def meaning_of(gap: Gap) -> str:
    """Since when it is counted."""
    return GAP_BEGINNINGS.get(gap.first_step or "") or GAP_MEANINGS[gap.kind]


def as_text(timeline: Timeline, *, width: int = 100, names: Mapping[bytes, str] | None = None) -> str:
    """The whole timeline, lines of at most about `width` columns; `names` stand for addresses."""
    return "\n".join(_Renderer(timeline, width, names or {}).lines()) + "\n"


class _Renderer:
    def __init__(self, timeline: Timeline, width: int, names: Mapping[bytes, str]) -> None:
        self.timeline = timeline
        self.width = max(width, 60)
        self.words = Words(timeline, names)
        self.name, self.frame, self.frames = self.words.name, self.words.frame, self.words.frames
        self.clock = self.words.clock
        self.told = EventText(self.words)

    def lines(self) -> Iterator[str]:
        timeline = self.timeline
        if not timeline.packets:
            yield "No packets."
            return
        yield self.words.heading(timeline)
        if not timeline.home_addresses:
            yield "No home registrations."
        for home_address in timeline.mobile_nodes:
            yield ""
            yield from self.home(home_address)
        yield from failures(timeline, self.words)
        yield from SurroundingsText(timeline, self.words).lines()
        if timeline.findings:
            yield ""
            yield "Findings"
            yield from map(self.finding, timeline.findings)

    # --- one home address ---

    def home(self, home_address: bytes) -> Iterator[str]:
        agencies = self.timeline.agencies_of(home_address)
        correspondences = self.timeline.correspondences_of(home_address)
        drawn = Bars(self.timeline, [*agencies, *correspondences])
        letters = drawn.letters
        start, end = (self.clock(at)[: -len(".123")] for at in (self.timeline.first_ns, self.timeline.last_ns))
        peers = [self.name(a.home_agent) for a in agencies] + [self.name(c.correspondent) for c in correspondences]
        label = max(map(wide, peers))
        cells = max(self.width - label - 4, 20)
        yield f"Home address {self.name(home_address)}"
        bars = [drawn.bar(holder, cells) for holder in drawn.holders]
        yield f"  {'':{label}}  {start}{end:>{max(cells - len(start), len(end) + 1)}}"
        yield from (f"  {filled(peer, label)}  {bar}" for peer, bar in zip(peers, bars, strict=True))
        yield from (f"    {letter} {self.name(care_of_address)}" for care_of_address, letter in letters.items())
        yield from (f"    {sign} {meaning}" for sign, meaning in SIGNS.items() if any(sign in bar for bar in bars))
        for agency in agencies:
            yield f"  Home agent {self.name(agency.home_agent)}"
            mine = (e for e in self.timeline.events_of(home_address) if e.home_agent == agency.home_agent)
            yield from (self.event(e, letters) for e in mine)
        for correspondence in correspondences:
            yield f"  Correspondent {self.name(correspondence.correspondent)}"
            yield from CorrespondentText(self.words, letters).lines(correspondence)
        for gap in self.timeline.gaps_of(home_address):
            yield from self.gap(gap)

    # --- lines ---

    def event(self, event: Event, letters: dict[bytes, str]) -> str:
        count = len(event.sequence_numbers)
        kind = str(event.kind) + (f" ×{count}" if count > 1 else "")
        letter = letters.get(event.care_of_address or b"", " ")
        parts = [f"    {self.clock(event.time_ns)}  {kind:<14}{letter}", f"{self.told.sequence(event):<15}"]
        parts.append(f"{f'{event.lifetime_s} s':>8}" if event.lifetime_s is not None else f"{'':>8}")
        return "  ".join([*parts, *self.told.remarks(event)]).rstrip()

    def finding(self, finding: Finding) -> str:
        frame = self.frame(finding.frames[-1])
        what = f"expected {finding.expected}, seen {finding.seen}"
        return f"  {self.clock(finding.time_ns)}  {finding.severity}  {finding.rule}  frame {frame}: {what}"

    def gap(self, gap: Gap) -> Iterator[str]:
        if gap.duration_ns is None:
            yield f"  {GAP_TITLES[gap.kind]} from {self.clock(gap.start_ns)} to the end of the capture"
        else:
            start, end = self.clock(gap.start_ns), self.clock(gap.end_ns or 0)
            yield f"  {GAP_TITLES[gap.kind]} for {spent(gap.duration_ns)}, {start} to {end}"
        yield f"    ({meaning_of(gap)}; {GAP_REASONS[gap.reason]})"
        yield from (self.step(step) for step in gap.steps)

    def step(self, step: Step) -> str:
        frame = f"  frame {self.frame(step.frame)}" if step.frame is not None else ""
        return f"    {self.clock(step.time_ns)}  {step.name.replace('_', ' '):<22} {self.name(step.home_agent)}{frame}"

"""Arrows in the order of time, and between them what came of them: bindings, gaps, failures, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from mhatool.observe.failure import Outage
from mhatool.timeline import failure_story
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.flow.arrows import Arrow
from mhatool.timeline.flow.lanes import Lanes
from mhatool.timeline.gap import Gap, GapKind
from mhatool.timeline.model import Timeline
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words
from mhatool.validate import Finding

MOST_NODES: Final = 26
"""As many as there are letters for columns."""
_TOLD_BY_ARROWS: Final = frozenset({EventKind.REFRESHED, EventKind.REFUSED, EventKind.REPLACED})
_WITH_PLACE: Final = frozenset({EventKind.REGISTERED, EventKind.MOVED})
_GAPS: Final = {GapKind.NO_USABLE_BINDING: "no usable binding", GapKind.NO_VALID_BINDING: "no valid binding"}


class NoteKind(StrEnum):
    """What a note is about."""

    BINDING = "binding"
    GAP = "gap"
    FAILURE = "failure"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened, at which of the nodes; `node` is whom it is about before all."""

    time_ns: int
    kind: NoteKind
    text: str
    node: bytes
    others: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """All that a ladder shows: a heading, the lanes, arrows and notes by time, and how to write of them."""

    heading: str
    lanes: Lanes
    rows: list[Arrow | Note]
    words: Words

    @property
    def is_too_wide(self) -> bool:
        """Whether there are more nodes than anybody can look at side by side."""
        return len(self.lanes.all) > MOST_NODES

    def first(self, most: int) -> Story:
        """The same with so many rows at most."""
        return replace(self, rows=self.rows[:most])

    def ends(self, arrow: Arrow) -> tuple[int, int]:
        """The lanes of who sent a message and who got it."""
        source, destination = (self.lanes.place(end, arrow.time_ns) for end in (arrow.source, arrow.destination))
        assert source is not None
        assert destination is not None
        return source, destination

    def said(self, arrow: Arrow) -> str:
        """A message in words, and how often it came."""
        listed = f": {', '.join(map(self.words.name, arrow.listed))}" if arrow.listed else ""
        again = f", ×{arrow.count} until {self.words.clock(arrow.until_ns)}" if arrow.count > 1 else ""
        return f"{arrow.text}{listed}{again}"


def story_of(
    timeline: Timeline, arrows: Iterable[Arrow], names: Mapping[bytes, str], *, node: bytes | None = None
) -> Story:
    """What a timeline and the messages tell; `node`: only what has to do with the node that has this address."""
    words = Words(timeline, names)
    shown, notes = list(arrows), list(_notes(timeline, words))
    lanes = Lanes(shown, timeline.nodes, names)
    if node is not None:
        wanted = lanes.title(node, timeline.last_ns)
        shown = [arrow for arrow in shown if wanted in _titles(lanes, arrow.time_ns, (arrow.source, arrow.destination))]
        notes = [note for note in notes if wanted in _titles(lanes, note.time_ns, (note.node, *note.others))]
        lanes = Lanes(shown, timeline.nodes, names)
    rows: list[Arrow | Note] = sorted([*shown, *notes], key=lambda row: row.time_ns)
    return Story(words.heading(timeline), lanes, rows, words)


def _titles(lanes: Lanes, time_ns: int, nodes: Iterable[bytes]) -> list[str]:
    return [lanes.title(node, time_ns) for node in nodes]


def _notes(timeline: Timeline, words: Words) -> Iterator[Note]:
    several = len(timeline.mobile_nodes) > 1
    for event in timeline.events:
        if event.kind not in _TOLD_BY_ARROWS:
            yield _event(event, words, several=several)
    for gap in timeline.gaps:
        yield from _gap(gap, words, several=several)
    for outage in timeline.outages:
        told = [recovery.home_address for recovery in timeline.recoveries_of(outage)]
        yield from _outage(outage, told, words)
    yield from (_finding(finding) for finding in timeline.findings)


def _event(event: Event, words: Words, *, several: bool) -> Note:
    count = len(event.sequence_numbers)
    what = f"{event.kind} at {words.name(event.home_agent)}"
    if event.kind in _WITH_PLACE and event.care_of_address is not None:
        what += f", care-of {words.name(event.care_of_address)}"
    what += f", {count} updates" if event.kind is EventKind.UNANSWERED and count > 1 else ""
    text = f"{words.name(event.home_address)}: {what}" if several else what
    return Note(event.time_ns, NoteKind.BINDING, text, event.home_address, (event.home_agent,))


def _gap(gap: Gap, words: Words, *, several: bool) -> Iterator[Note]:
    whose = f"{words.name(gap.home_address)}: " if several else ""
    about = gap.home_address, (gap.home_agent,)
    lasts = "" if gap.duration_ns is not None else ", to the end"
    yield Note(gap.start_ns, NoteKind.GAP, f"{whose}{_GAPS[gap.kind]} from here{lasts}", *about)
    if gap.end_ns is not None and gap.duration_ns is not None:
        yield Note(gap.end_ns, NoteKind.GAP, f"{whose}a binding again, after {spent(gap.duration_ns)}", *about)


def _outage(outage: Outage, mobile_nodes: Iterable[bytes], words: Words) -> Iterator[Note]:
    agent = words.name(outage.home_agent)
    others = (*outage.notices, *mobile_nodes)
    for line in failure_story.of_outage(outage, words.name):
        text = f"{agent} {line.what}: {line.detail}"
        yield Note(line.time_ns, NoteKind.FAILURE, text, outage.home_agent, others)


def _finding(finding: Finding) -> Note:
    unsure = " (inconclusive)" if finding.inconclusive else ""
    text = f"{finding.severity} {finding.rule}{unsure}: expected {finding.expected}, seen {finding.seen}"
    others = (finding.home_address,) if finding.home_address is not None else ()
    return Note(finding.time_ns, NoteKind.FINDING, text, finding.node, others)


__all__ = ["MOST_NODES", "Note", "NoteKind", "Story", "story_of"]

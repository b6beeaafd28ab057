"""Arrows in the order of time, and between them what came of them: bindings, gaps, failures, findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from mhatool.observe import CorrespondentBinding
from mhatool.observe.correspondent import CorrespondentEnd
from mhatool.observe.failure import Outage
from mhatool.timeline import failure_story
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.flow.arrows import Arrow
from mhatool.timeline.flow.lanes import Lanes
from mhatool.timeline.gap import Gap
from mhatool.timeline.model import Timeline
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words
from mhatool.validate import Finding

MOST_NODES: Final = 26
"""As many as there are letters for columns."""
_TOLD_BY_ARROWS: Final = frozenset({EventKind.REFRESHED, EventKind.REFUSED, EventKind.REPLACED})
_WITH_PLACE: Final = frozenset({EventKind.REGISTERED, EventKind.MOVED})
_BAD: Final = frozenset({EventKind.UNANSWERED, EventKind.EXPIRED, EventKind.BINDING_ERROR, EventKind.LOST})
_DENIED: Final = "no binding, as it says,"
_ENDS: Final = {
    CorrespondentEnd.DEREGISTERED: "deregistered",
    CorrespondentEnd.EXPIRED: "expired",
    CorrespondentEnd.BINDING_ERROR: _DENIED,
}


class NoteKind(StrEnum):
    """What a note is about."""

    BINDING = "binding"
    GAP = "gap"
    FAILURE = "failure"
    FINDING = "finding"


class Note(Struct, frozen=True):
    """Something that happened, at which of the nodes; `node` is whom it is about before all.

    `is_bad`: nobody wants it to happen.
    """

    time_ns: int
    kind: NoteKind
    text: str
    node: bytes
    others: tuple[bytes, ...] = ()
    is_bad: bool = True


class Story(Struct, frozen=True):
    """All that a ladder shows: a heading, the lanes, arrows and notes by time, and how to write of them."""

    heading: str
    lanes: Lanes
    rows: list[Arrow | Note]
    words: Words
    last_ns: int

    @property
    def is_too_wide(self) -> bool:
        """Whether there are more nodes than anybody can look at side by side."""
        return len(self.lanes.all) > MOST_NODES

    def first(self, most: int) -> Story:
        """The same with so many rows at most."""
        return replace(self, rows=self.rows[:most])

    def only_the_first(self, most: int) -> str:
        """What to say where not all rows are shown."""
        return f"The first {most:,} of {len(self.rows):,} messages and notes; --style ladder has all."

    def is_called(self, title: str) -> Callable[[bytes], bool]:
        """Tells whether an address is the node's that is called so, at the end of the captures."""
        return lambda octets: self.lanes.title(octets, self.last_ns) == title

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
    lanes = Lanes(shown, timeline.nodes, words.names, ((note.node, note.time_ns) for note in notes))
    if node is not None:
        wanted = lanes.title(node, timeline.last_ns)
        shown = [arrow for arrow in shown if wanted in _titles(lanes, arrow.time_ns, (arrow.source, arrow.destination))]
        notes = [note for note in notes if wanted in _titles(lanes, note.time_ns, (note.node, *note.others))]
        ends = [title for each in shown for title in _titles(lanes, each.time_ns, (each.source, each.destination))]
        lanes.show([*ends, *(title for note in notes for title in _titles(lanes, note.time_ns, (note.node,)))])
    rows: list[Arrow | Note] = sorted([*shown, *notes], key=lambda row: row.time_ns)
    return Story(words.heading(timeline), lanes, rows, words, timeline.last_ns)


def _titles(lanes: Lanes, time_ns: int, nodes: Iterable[bytes]) -> list[str]:
    return [lanes.title(node, time_ns) for node in nodes]


def _notes(timeline: Timeline, words: Words) -> Iterator[Note]:
    several = len(timeline.mobile_nodes) > 1
    for event in timeline.events:
        if event.kind not in _TOLD_BY_ARROWS:
            yield _event(event, words, several=several)
    for correspondence in timeline.correspondences:
        for binding in correspondence.bindings:
            yield from _at_correspondent(binding, words, several=several)
    for gap in timeline.gaps:
        yield from _gap(gap, words, several=several)
    for outage in timeline.outages:
        told = [recovery.home_address for recovery in timeline.recoveries_of(outage)]
        yield from _outage(outage, told, words)
    yield from (_finding(finding) for finding in timeline.findings)


def _event(event: Event, words: Words, *, several: bool) -> Note:
    """Of updates in vain at the last one."""
    count, time_ns = len(event.sequence_numbers), event.until_ns or event.time_ns
    happened = _DENIED if event.kind is EventKind.BINDING_ERROR else event.kind
    what = f"{happened} at {words.name(event.home_agent)}"
    if event.kind in _WITH_PLACE and event.care_of_address is not None:
        what += f", care-of {words.name(event.care_of_address)}"
    if event.kind is EventKind.UNANSWERED and count > 1:
        what += f": {count} updates since {words.clock(event.time_ns)}"
    text = f"{words.name(event.home_address)}: {what}" if several else what
    is_bad = event.kind in _BAD
    return Note(time_ns, NoteKind.BINDING, text, event.home_address, (event.home_agent,), is_bad)


def _at_correspondent(binding: CorrespondentBinding, words: Words, *, several: bool) -> Iterator[Note]:
    whose = f"{words.name(binding.home_address)}: " if several else ""
    where, others = words.name(binding.correspondent), (binding.correspondent,)
    for number, span in enumerate(binding.spans):
        if span.start_ns is not None:
            word = "moved" if number else "registered"
            text = f"{whose}{word} at {where}, care-of {words.name(span.care_of_address)}"
            yield Note(span.start_ns, NoteKind.BINDING, text, binding.home_address, others, is_bad=False)
    if binding.end_ns is not None and binding.end_reason in _ENDS:
        text = f"{whose}{_ENDS[binding.end_reason]} at {where}"
        is_bad = binding.end_reason is not CorrespondentEnd.DEREGISTERED
        yield Note(binding.end_ns, NoteKind.BINDING, text, binding.home_address, others, is_bad)


def _gap(gap: Gap, words: Words, *, several: bool) -> Iterator[Note]:
    whose = f"{words.name(gap.home_address)}: " if several else ""
    about = gap.home_address, (gap.home_agent,)
    lasts = "" if gap.duration_ns is not None else ", to the end"
    yield Note(gap.start_ns, NoteKind.GAP, f"{whose}{gap.kind.words} from here{lasts}", *about)
    if gap.end_ns is not None and gap.duration_ns is not None:
        yield Note(gap.end_ns, NoteKind.GAP, f"{whose}a binding again, after {spent(gap.duration_ns)}", *about, False)


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

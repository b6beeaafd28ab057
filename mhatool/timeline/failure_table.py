"""Failing home agents as rows of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mhatool.exchange import Frame
from mhatool.observe.failure import Outage, Phase, Recovery, phases_of
from mhatool.timeline import failure_story as story
from mhatool.timeline.model import Timeline
from mhatool.timeline.words import Words

LINES: Final = ("Time", "What", "Who", "Frames")
PHASES: Final = ("Phase", "From", "To", "Took>")
Frames = Callable[[tuple[Frame, ...]], str]
#: A title, the names of the columns, and the rows.
Part = tuple[str, Sequence[str], list[Sequence[str]]]


def parts(timeline: Timeline, words: Words, frames: Frames) -> Iterator[Part]:
    """A table for each failure; for each mobile node one of what happened and one of the phases."""
    for outage in timeline.outages:
        yield (
            f"Home agent {story.title(outage, words)}",
            LINES,
            _lines(story.of_outage(outage, words.name), words, frames),
        )
        for recovery in timeline.recoveries_of(outage):
            yield from _recovery(recovery, words, frames, outage)


def _recovery(recovery: Recovery, words: Words, frames: Frames, outage: Outage) -> Iterator[Part]:
    who = words.name(recovery.home_address)
    of = f"{who} without {words.name(outage.home_agent)}"
    yield f"Mobile node {of}", LINES, _lines(story.of_recovery(recovery, words.name), words, frames)
    found = phases_of(recovery)
    if found:
        yield f"Recovery of {of}: {story.cost(recovery)}", PHASES, [_phase(phase, words) for phase in found]


def _lines(lines: list[story.Line], words: Words, frames: Frames) -> list[Sequence[str]]:
    return [
        (words.clock(line.time_ns), line.what, line.detail.replace("×", "x"), frames(line.frames)) for line in lines
    ]


def _phase(phase: Phase, words: Words) -> Sequence[str]:
    ended = words.clock(phase.ended.time_ns) if phase.ended is not None else ""
    return phase.name, words.clock(phase.began.time_ns), ended, story.took(phase)

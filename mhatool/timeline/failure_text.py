"""Failing home agents as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.timeline import failure_story as story
from mhatool.timeline.model import Timeline
from mhatool.timeline.words import Words


def failures(timeline: Timeline, words: Words) -> Iterator[str]:
    """For each failure who noticed; for each mobile node how it got over it. Nothing where nothing failed."""
    for outage in timeline.outages:
        yield ""
        yield f"Home agent {story.title(outage, words)}"
        for line in story.of_outage(outage, words.name):
            yield _line(line, words)
        for recovery in timeline.recoveries_of(outage):
            yield f"  Mobile node {words.name(recovery.home_address)}"
            for line in story.of_recovery(recovery, words.name):
                yield _line(line, words)
            phases = story.phases(recovery)
            if phases:
                yield f"    took: {phases}"
            if recovery.messages:
                yield f"    cost: {story.cost(recovery)}"


def _line(line: story.Line, words: Words) -> str:
    return f"    {words.clock(line.time_ns)}  {line.what:<10}  {line.detail}  {words.frames(line.frames)}"

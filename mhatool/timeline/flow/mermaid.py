"""The story as a sequence diagram for Mermaid, which GitHub, GitLab and many editors draw in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mhatool.timeline.flow.arrows import Arrow
from mhatool.timeline.flow.story import Note, NoteKind, Story

MOST_CHARACTERS: Final = 50_000
"""Mermaid's `maxTextSize` where nobody has set it: it draws nothing of more."""
_MARKS: Final = {NoteKind.GAP: "⏳ ", NoteKind.FAILURE: "✗ ", NoteKind.FINDING: "⚠ "}
_ESCAPED: Final = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", "%": "#37;", "$": "#36;"}
"""What has a meaning in a message (Mermaid, "Entity codes to escape characters")."""


def as_mermaid(story: Story) -> str:
    """The diagram, without the fence of Markdown around it."""
    return "".join(f"{line}\n" for line in _lines(story))


def _lines(story: Story) -> Iterator[str]:
    yield "sequenceDiagram"
    yield f"    %% {story.heading}"
    for place, lane in enumerate(story.lanes.all):
        yield f"    participant n{place} as {_title(lane.title)}"
    for row in story.rows:
        yield _note(story, row) if isinstance(row, Note) else _arrow(story, row)


def _arrow(story: Story, arrow: Arrow) -> str:
    source, destination = story.ends(arrow)
    sign = "-->>" if arrow.tunnel is not None else "->>"
    return f"    n{source}{sign}n{destination}: {story.words.clock(arrow.time_ns)} {_escaped(story.said(arrow))}"


def _note(story: Story, note: Note) -> str:
    place = story.lanes.place(note.node, note.time_ns)
    text = f"{_MARKS.get(note.kind, '')}{story.words.clock(note.time_ns)} {_escaped(note.text)}"
    return f"    Note over n{place}: {text}"


def _title(text: str) -> str:
    """A word that begins a name and wants a line wrapped, or not, is none."""
    return _escaped(text).replace("wrap:", "wrap#58;")


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(sign, sign) for sign in text)


__all__ = ["MOST_CHARACTERS", "as_mermaid"]

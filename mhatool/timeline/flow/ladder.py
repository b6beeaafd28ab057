"""The story as a ladder of plain text: a column for each node, a line for each message.

What is said of a message stands to the right of the columns, and goes on in the next line.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from mhatool.timeline.bars import LETTERS
from mhatool.timeline.cells import filled, wide
from mhatool.timeline.flow.arrows import Arrow
from mhatool.timeline.flow.story import Note, NoteKind, Story

_LEAST_WORDS: Final = 42
"""Columns of text beside the ladder."""
_NEAREST, _WIDEST = 4, 16
"""Columns from a node to the next."""
_MARKS: Final = {NoteKind.BINDING: "*", NoteKind.GAP: "~", NoteKind.FAILURE: "x", NoteKind.FINDING: "!"}


def as_ladder(story: Story, *, width: int = 100) -> str:
    """All of it, of up to `MOST_NODES` nodes; lines of at most about `width` columns."""
    return "".join(f"{line.rstrip()}\n" for line in _Ladder(story, width).lines())


class _Ladder:
    def __init__(self, story: Story, width: int) -> None:
        self._story, self._lanes = story, story.lanes.all
        self._clock = story.words.clock
        self._indent = len(self._clock(0)) + 2
        between = max(len(self._lanes) - 1, 1)
        self._step = min(max((width - self._indent - 3 - _LEAST_WORDS) // between, _NEAREST), _WIDEST)
        self._bare = self._rungs()
        self._words = max(width - self._indent - len(self._bare) - 2, _LEAST_WORDS)

    def lines(self) -> Iterator[str]:
        """Heading, nodes, and what happened."""
        yield self._story.heading
        if not self._lanes:
            yield "No signalling."
            return
        yield from self._legend()
        yield ""
        yield " " * self._indent + self._heads()
        for row in self._story.rows:
            text = self._noted(row) if isinstance(row, Note) else self._said(row)
            first, *rest = wrap(
                text, self._words, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            ) or [""]
            rungs = self._bare if isinstance(row, Note) else self._arrow(row)
            yield f"{self._clock(row.time_ns)}  {rungs}  {first}"
            yield from (f"{'':{self._indent}}{self._bare}  {more}" for more in rest)

    def _legend(self) -> Iterator[str]:
        longest = max(wide(lane.title) for lane in self._lanes)
        for letter, lane in zip(LETTERS, self._lanes, strict=False):
            yield f"  {letter} {filled(lane.title, longest)}  {lane.described}"

    def _heads(self) -> str:
        """The names where each has room for its own, else letters."""
        titles = [lane.title for lane in self._lanes]
        if any(wide(title) >= self._step for title in titles):
            titles = list(LETTERS[: len(titles)])
        return "".join(filled(title, self._step) for title in titles)

    def _rungs(self) -> str:
        return f"{'|':{self._step}}" * (len(self._lanes) - 1) + "|"

    def _arrow(self, arrow: Arrow) -> str:
        """From one column to another; a double line for what was seen in a tunnel."""
        source, destination = self._story.ends(arrow)
        signs = list(self._bare)
        begin, end = sorted((source * self._step, destination * self._step))
        for at in range(begin + 1, end):
            if signs[at] != "|":
                signs[at] = "=" if arrow.tunnel is not None else "-"
        if source < destination:
            signs[end - 1] = ">"
        elif source > destination:
            signs[begin + 1] = "<"
        else:
            signs[begin] = "o"
        return "".join(signs)

    def _said(self, arrow: Arrow) -> str:
        return f"{self._story.said(arrow)}, frame {self._story.words.frame(arrow.frame)}"

    def _noted(self, note: Note) -> str:
        return f"{_MARKS[note.kind]} {note.text}"


__all__ = ["as_ladder"]

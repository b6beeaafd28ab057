"""The story as a ladder in SVG: a line down for each node, an arrow for each message, notes in between."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from textwrap import wrap
from typing import Final

from mhatool.display.chart import WIDTH
from mhatool.timeline.cells import fitting, wide
from mhatool.timeline.flow.arrows import Arrow
from mhatool.timeline.flow.story import Note, NoteKind, Story

MOST_ROWS: Final = 5_000
"""Messages and notes of a picture; what shows them gets slow over more."""
_SIDE: Final = 80
"""Pixels beside the outermost nodes."""
_ROW, _LINE = 34, 15
"""Pixels for an arrow with its words, and for a line of a note."""
_HEAD: Final = 18
_HEAD_LINE: Final = 12
_LETTER: Final = 6.6
"""Pixels, about; of bold ones a little more."""
_BOLD: Final = 7.4
_LEAST_STEP: Final = 110
_FOLDS: Final = ":.-/_@"
_CLASSES: Final = {NoteKind.BINDING: "bound", NoteKind.GAP: "gap", NoteKind.FAILURE: "gap", NoteKind.FINDING: "found"}


def ladder(story: Story) -> tuple[str, float, float]:
    """The drawing, its width and its height in pixels; nothing, 0 and 0 without nodes."""
    return _Ladder(story).drawn() if story.lanes.all else ("", 0, 0)


class _Ladder:
    def __init__(self, story: Story) -> None:
        self._story, lanes = story, story.lanes.all
        self._times = len(story.words.clock(0)) * _LETTER + 30
        between = max(len(lanes) - 1, 1)
        self._step = max((WIDTH - self._times - 2 * _SIDE) / between, _LEAST_STEP)
        self._width = max(WIDTH, self._times + 2 * _SIDE + self._step * (len(lanes) - 1))
        self._xs = [self._times + _SIDE + self._step * place for place in range(len(lanes))]
        room = int((min(self._step, 2 * _SIDE) - 6) / _BOLD)
        self._titles = [_folded(lane.title, room) for lane in lanes]
        self._head = _HEAD + _HEAD_LINE * max(map(len, self._titles))

    def drawn(self) -> tuple[str, float, float]:
        """All of it."""
        parts, y = [], float(self._head)
        for row in self._story.rows:
            y, drawn = self._note(row, y) if isinstance(row, Note) else self._arrow(row, y)
            parts += drawn
        height = y + 14
        begin = f'<svg viewBox="0 0 {self._width:.0f} {height:.0f}" role="img" aria-label="messages">'
        return "\n".join([begin, *self._lanes(height), *parts, "</svg>"]), self._width, height

    def _lanes(self, height: float) -> Iterator[str]:
        for x, lane, lines in zip(self._xs, self._story.lanes.all, self._titles, strict=True):
            yield f'<line class="lane" x1="{x:.0f}" x2="{x:.0f}" y1="{self._head - 8}" y2="{height - 4:.0f}"/>'
            told = f"<title>{escape(f'{lane.title} {lane.described}'.strip())}</title>"
            for number, line in enumerate(lines):
                y = self._head - 13 - _HEAD_LINE * (len(lines) - 1 - number)
                yield f'<text class="node" x="{x:.0f}" y="{y}">{escape(line)}{told}</text>'

    def _arrow(self, arrow: Arrow, y: float) -> tuple[float, list[str]]:
        source, destination = (self._xs[place] for place in self._story.ends(arrow))
        lines = self._wrapped(self._story.said(arrow))
        high = _ROW + _LINE * (len(lines) - 1)
        line, half = y + high - 10, max(map(wide, lines)) * _LETTER / 2
        middle = min(max((source + destination) / 2, self._times + half), self._width - half - 4)
        told = f"<title>{escape(f'frame {self._story.words.frame(arrow.frame)}')}</title>"
        kind = "arrow tunnelled" if arrow.tunnel is not None else "arrow"
        head = 7 if destination > source else -7
        above = (line - 6 - _LINE * (len(lines) - 1 - number) for number in range(len(lines)))
        return y + high, [
            self._time(arrow.time_ns, line + 4),
            *(
                f'<text class="said" x="{middle:.0f}" y="{at:.0f}">{escape(text)}{told}</text>'
                for at, text in zip(above, lines, strict=True)
            ),
            f'<line class="{kind}" x1="{source:.0f}" x2="{destination:.0f}" y1="{line:.0f}" y2="{line:.0f}"/>',
            f'<path class="head" d="M{destination:.0f} {line:.0f}l{-head} -4v8z"/>',
        ]

    def _note(self, note: Note, y: float) -> tuple[float, list[str]]:
        x = self._xs[self._story.lanes.place(note.node, note.time_ns) or 0]
        lines = self._wrapped(note.text)
        width = max(map(wide, lines)) * _LETTER + 12
        left = min(max(x - width / 2, self._times), self._width - width - 4)
        height = _LINE * len(lines) + 6
        box = f'x="{left:.0f}" y="{y + 5:.0f}" width="{width:.0f}" height="{height}"'
        kind = "gap" if note.is_bad and note.kind is NoteKind.BINDING else _CLASSES[note.kind]
        parts = [self._time(note.time_ns, y + 18), f'<rect class="remark {kind}" {box} rx="4"/>']
        parts += [
            f'<text class="remark-text" x="{left + 6:.0f}" y="{y + 18 + _LINE * number:.0f}">{escape(line)}</text>'
            for number, line in enumerate(lines)
        ]
        return y + height + 10, parts

    def _wrapped(self, text: str) -> list[str]:
        return wrap(text, max(int((self._width - self._times - 30) / _LETTER), 40), break_on_hyphens=False) or [""]

    def _time(self, time_ns: int, y: float) -> str:
        return f'<text class="time" x="4" y="{y:.0f}">{self._story.words.clock(time_ns)}</text>'


def _folded(title: str, room: int) -> list[str]:
    """In lines of so many letters at most: by words, then after signs that part names and addresses, then anywhere."""
    lines = []
    for line in wrap(title, room, break_long_words=False, break_on_hyphens=False) or [""]:
        rest = line
        while wide(rest) > room:
            most = fitting(rest, room)
            end = max(rest.rfind(sign, 0, most) for sign in _FOLDS) + 1 or most
            lines.append(rest[:end])
            rest = rest[end:]
        lines.append(rest)
    return lines


__all__ = ["MOST_ROWS", "ladder"]

"""The story as a ladder in SVG: a line down for each node, an arrow for each message, notes in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from textwrap import wrap
from typing import Final

from mhatool.display.chart import WIDTH
from mhatool.timeline.flow.arrows import Arrow
from mhatool.timeline.flow.story import Note, NoteKind, Story

_TIMES: Final = 110
"""Pixels for the time of day."""
_ROW, _LINE = 34, 15
"""Pixels for an arrow with its words, and for a line of a note."""
_HEAD: Final = 40
_LETTER: Final = 6.6
"""Pixels, about."""
_LEAST_STEP: Final = 110
_CLASSES: Final = {NoteKind.BINDING: "bound", NoteKind.GAP: "gap", NoteKind.FAILURE: "gap", NoteKind.FINDING: "found"}


def ladder(story: Story) -> tuple[str, float, float]:
    """The drawing, its width and its height in pixels; nothing, 0 and 0 without nodes."""
    return _Ladder(story).drawn() if story.lanes.all else ("", 0, 0)


class _Ladder:
    def __init__(self, story: Story) -> None:
        self._story, lanes = story, story.lanes.all
        self._step = max((WIDTH - _TIMES - 160) / max(len(lanes) - 1, 1), _LEAST_STEP)
        self._width = max(WIDTH, _TIMES + 160 + self._step * (len(lanes) - 1))
        self._xs = [_TIMES + 80 + self._step * place for place in range(len(lanes))]

    def drawn(self) -> tuple[str, float, float]:
        """All of it."""
        parts, y = [], float(_HEAD)
        for row in self._story.rows:
            y, drawn = self._note(row, y) if isinstance(row, Note) else self._arrow(row, y)
            parts += drawn
        height = y + 14
        begin = f'<svg viewBox="0 0 {self._width:.0f} {height:.0f}" role="img" aria-label="messages">'
        return "\n".join([begin, *self._lanes(height), *parts, "</svg>"]), self._width, height

    def _lanes(self, height: float) -> Iterator[str]:
        room = int((self._step - 6) / _LETTER)
        for x, lane in zip(self._xs, self._story.lanes.all, strict=True):
            yield f'<line class="lane" x1="{x:.0f}" x2="{x:.0f}" y1="{_HEAD - 8}" y2="{height - 4:.0f}"/>'
            told = f"<title>{escape(f'{lane.title} {lane.described}'.strip())}</title>"
            lines = _folded(lane.title, room)
            for number, line in enumerate(lines):
                y = _HEAD - 13 - 12 * (len(lines) - 1 - number)
                yield f'<text class="node" x="{x:.0f}" y="{y}">{escape(line)}{told}</text>'

    def _arrow(self, arrow: Arrow, y: float) -> tuple[float, list[str]]:
        source, destination = (self._xs[place] for place in self._story.ends(arrow))
        line, text = y + _ROW - 10, self._story.said(arrow)
        half = len(text) * _LETTER / 2
        middle = min(max((source + destination) / 2, _TIMES + half), self._width - half - 4)
        told = f"<title>{escape(f'frame {self._story.words.frame(arrow.frame)}')}</title>"
        kind = "arrow tunnelled" if arrow.tunnel is not None else "arrow"
        head = 7 if destination > source else -7
        return y + _ROW, [
            self._time(arrow.time_ns, line + 4),
            f'<text class="said" x="{middle:.0f}" y="{line - 6:.0f}">{escape(text)}{told}</text>',
            f'<line class="{kind}" x1="{source:.0f}" x2="{destination:.0f}" y1="{line:.0f}" y2="{line:.0f}"/>',
            f'<path class="head" d="M{destination:.0f} {line:.0f}l{-head} -4v8z"/>',
        ]

    def _note(self, note: Note, y: float) -> tuple[float, list[str]]:
        places = (self._story.lanes.place(node, note.time_ns) for node in (note.node, *note.others))
        x = self._xs[next((place for place in places if place is not None), 0)]
        lines = wrap(note.text, max(int((self._width - _TIMES - 30) / _LETTER), 40))
        wide = max(map(len, lines)) * _LETTER + 12
        left = min(max(x - wide / 2, _TIMES), self._width - wide - 4)
        height = _LINE * len(lines) + 6
        box = f'x="{left:.0f}" y="{y + 5:.0f}" width="{wide:.0f}" height="{height}"'
        parts = [self._time(note.time_ns, y + 18), f'<rect class="remark {_CLASSES[note.kind]}" {box} rx="4"/>']
        parts += [
            f'<text class="remark-text" x="{left + 6:.0f}" y="{y + 18 + _LINE * number:.0f}">{escape(line)}</text>'
            for number, line in enumerate(lines)
        ]
        return y + height + 10, parts

    def _time(self, time_ns: int, y: float) -> str:
        return f'<text class="time" x="4" y="{y:.0f}">{self._story.words.clock(time_ns)}</text>'


def _folded(title: str, room: int) -> Sequence[str]:
    """In lines where one is too long: by words, and an address after a colon."""
    lines = []
    for line in wrap(title, room, break_long_words=False):
        middle = line.rfind(":", 0, len(line) // 2 + 3) + 1 if len(line) > room else 0
        lines += [line[:middle], line[middle:]] if middle else [line]
    return lines


__all__ = ["ladder"]

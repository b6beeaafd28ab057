"""Rows of bars over time, drawn as SVG; colours are classes of the page's style (`display.page`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import chain, count
from typing import Final

from msgspec import Struct

WIDTH: Final = 960
LEFT: Final = 150
"""Where time begins; names of rows are left of it."""
_ROW: Final = 26
_BAR: Final = 16
_TOP, _TOP_WITH_MARKS = 22, 58
"""Pixels above the rows; the latter where it is said what was done."""
_STEPS_S: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_HOUR_S, _DAY_S = 3_600, 86_400
_TICKS: Final = 12
_TICK_WIDTH: Final = 60
"""Pixels from one to the next at least: what is written at them has room."""
_LETTER: Final = 6.6
"""Pixels, about."""


class Bar(Struct, frozen=True):
    """A part of a row: seconds, the class of its colour, what is told when the pointer is on it."""

    from_s: float
    to_s: float
    colour: str
    told: str


class Row(Struct, frozen=True):
    """A name and what is drawn beside it; `flows_from_s` is when something begins to flow, None where nothing does."""

    name: str
    bars: tuple[Bar, ...]
    flows_from_s: float | None = None


#: When something was done, in seconds, and what.
Mark = tuple[float, str]


def chart(
    rows: Sequence[Row],
    marks: Sequence[Mark],
    begin_s: float,
    end_s: float,
    *,
    zero_s: float = 0.0,
    left: float = LEFT,
) -> str:
    """The drawing from `begin_s` to `end_s`, its seconds counted from `zero_s`; names have `left` pixels."""
    return "\n".join(_Chart(rows, marks, begin_s, end_s, zero_s, left).parts())


def height_of(rows: Sequence[Row], marks: Sequence[Mark]) -> int:
    """How many pixels high a chart of these is."""
    return _top(marks) + len(rows) * _ROW + 28


def _top(marks: Sequence[Mark]) -> int:
    return _TOP_WITH_MARKS if marks else _TOP


class _Chart:
    def __init__(
        self, rows: Sequence[Row], marks: Sequence[Mark], begin_s: float, end_s: float, zero_s: float, left: float
    ) -> None:
        self._rows, self._marks = rows, marks
        self._begin_s, self._end_s, self._zero_s, self._left = begin_s, end_s, zero_s, left
        self._top, self._height = _top(marks), height_of(rows, marks)
        self._scale = (WIDTH - left - 20) / max(end_s - begin_s, 0.001)

    def parts(self) -> Iterator[str]:
        yield f'<svg viewBox="0 0 {WIDTH} {self._height}" role="img" aria-label="over time">'
        yield from self._ticks()
        for number, row in enumerate(self._rows):
            yield from self._row(row, self._top + number * _ROW)
        yield from self._done()
        yield "</svg>"

    def _x(self, time_s: float) -> float:
        return self._left + (min(max(time_s, self._begin_s), self._end_s) - self._begin_s) * self._scale

    def _row(self, row: Row, top: float) -> Iterator[str]:
        yield f'<text class="name" x="{self._left - 10:g}" y="{top + _BAR - 4}">{escape(row.name)}</text>'
        if row.flows_from_s is not None and row.flows_from_s < self._end_s:
            yield self._rectangle(row.flows_from_s, self._end_s, top + 5, _BAR - 10, "flows", "")
        for bar in row.bars:
            if bar.to_s >= self._begin_s and bar.from_s <= self._end_s:
                yield self._rectangle(bar.from_s, bar.to_s, top, _BAR, bar.colour, bar.told)

    def _rectangle(self, from_s: float, to_s: float, top: float, height: float, colour: str, told: str) -> str:
        title = f"<title>{escape(told)}</title>" if told else ""
        left = self._x(from_s)
        width = max(self._x(to_s) - left, 1.5)
        place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height}"'
        return f'<rect class="{colour}" {place} rx="2">{title}</rect>'

    def _ticks(self) -> Iterator[str]:
        step_s = self._step_s()
        unit, unit_s = ("d", _DAY_S) if step_s >= _DAY_S else ("h", _HOUR_S) if step_s >= _HOUR_S else ("s", 1)
        number = -int((self._zero_s - self._begin_s) // step_s)
        while (time_s := self._zero_s + number * step_s) <= self._end_s:
            x, text = self._x(time_s), f"{_amount(number * step_s / unit_s)} {unit}"
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{self._top - 8}" y2="{self._height - 22}"/>'
            x = min(x, WIDTH - len(text) * _LETTER / 2)
            yield f'<text class="tick" x="{x:.1f}" y="{self._height - 6}">{text}</text>'
            number += 1

    def _step_s(self) -> float:
        """Between two ticks, of which there are a dozen at most; over days it is 1, 2 or 5, or tens of these."""
        ticks = min(max(int((WIDTH - self._left - 20) / _TICK_WIDTH), 1), _TICKS)
        least_s = (self._end_s - self._begin_s) / ticks
        days = (float(_DAY_S * digit * 10**zeros) for zeros in count() for digit in (1, 2, 5))
        return next(step_s for step_s in chain(_STEPS_S, days) if least_s <= step_s)

    def _done(self) -> Iterator[str]:
        """What was done; neighbours are written on two lines, and near the right edge to the left."""
        for number, (time_s, what) in enumerate(self._marks):
            at, top = self._x(time_s), 14 + 18 * (number % 2)
            side, shift = ("end", -6) if at > WIDTH * 0.75 else ("start", 6)
            yield f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{self._height - 22}"/>'
            place = f'x="{at + shift:.1f}" y="{top + 8}" text-anchor="{side}"'
            yield f'<text class="mark" {place}>{escape(what)}</text>'


def _amount(number: float) -> str:
    """Without an exponent, and no more digits than ticks need."""
    return f"{number:.0f}" if float(number).is_integer() else f"{number:.3g}"


__all__ = ["LEFT", "WIDTH", "Bar", "Mark", "Row", "chart", "height_of"]

"""The timeline as one picture (SVG): the bindings over time, below them each message."""

from __future__ import annotations

from html import escape
from typing import Final

from mhatool.display.chart import WIDTH, chart, height_of
from mhatool.display.page import COLOURS, SHAPES
from mhatool.timeline.drawing import overview_of
from mhatool.timeline.flow import Story
from mhatool.timeline.flow.svg import MOST_ROWS, ladder
from mhatool.timeline.model import Timeline

_MARGIN: Final = 16
_HEAD: Final = 26
_KEY: Final = 18


def as_svg(timeline: Timeline, story: Story) -> str:
    """A picture that stands by itself, with its own colours, light or dark."""
    overview = overview_of(timeline, story.words)
    bars = chart(overview.rows, overview.marks, 0.0, overview.duration_s, left=overview.left)
    messages, wide, high = ladder(story.first(MOST_ROWS))
    y = float(_HEAD)
    parts = [f'<text class="mark" x="4" y="16">{escape(story.heading)}</text>']
    if overview.rows:
        high_bars = height_of(overview.rows, overview.marks)
        parts.append(_placed(bars, y, WIDTH, high_bars))
        y += high_bars + _MARGIN
    for octets, colour in overview.colours.items():
        parts.append(f'<rect class="{colour}" x="{overview.left:.0f}" y="{y - 10:.0f}" width="10" height="10" rx="2"/>')
        text = f"care-of {story.words.name(octets)}"
        parts.append(f'<text x="{overview.left + 16:.0f}" y="{y - 1:.0f}">{escape(text)}</text>')
        y += _KEY
    if len(story.rows) > MOST_ROWS:
        parts.append(f'<text x="4" y="{y + 4:.0f}">{escape(story.only_the_first(MOST_ROWS))}</text>')
        y += _KEY
    if messages:
        parts.append(_placed(messages, y, wide, high))
    return "\n".join([*_beginning(max(wide, WIDTH), y + high + _MARGIN), *parts, "</g></svg>\n"])


def _beginning(width: float, height: float) -> list[str]:
    whole_width, whole_height = width + 2 * _MARGIN, height + 2 * _MARGIN
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole_width:.0f}" height="{whole_height:.0f}" '
        f'viewBox="0 0 {whole_width:.0f} {whole_height:.0f}">',
        f"<style>{COLOURS}{SHAPES}</style>",
        '<rect width="100%" height="100%" style="fill: var(--ground)"/>',
        f'<g transform="translate({_MARGIN} {_MARGIN})">',
    ]


def _placed(drawing: str, y: float, width: float, height: float) -> str:
    """A drawing within another one."""
    return drawing.replace("<svg ", f'<svg y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" ', 1)


__all__ = ["as_svg"]

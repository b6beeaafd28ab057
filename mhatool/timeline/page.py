"""The timeline as one HTML page that needs nothing else: figures, bars, tables, each message, and the text."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from mhatool.display.chart import chart
from mhatool.display.page import card, table, whole_page
from mhatool.timeline.drawing import Overview, overview_of
from mhatool.timeline.flow import Story
from mhatool.timeline.flow.svg import MOST_ROWS, ladder
from mhatool.timeline.model import Timeline
from mhatool.timeline.tables import Grid, Line, Tables
from mhatool.timeline.values import spent
from mhatool.validate import RULES, Severity

MOST_KEYS: Final = 40
"""Care-of addresses in its key."""
MOST_BARS: Final = 200
"""Rows of its chart."""


def as_page(timeline: Timeline, story: Story, title: str) -> str:
    """The page; `title` names what was captured."""
    return whole_page(title, story.heading, _body(timeline, story))


def _body(timeline: Timeline, story: Story) -> Iterator[str]:
    overview = overview_of(timeline, story.words)
    yield from _cards(timeline)
    if overview.rows:
        yield "<h2>Over time</h2>"
        if len(overview.rows) > MOST_BARS:
            yield f'<p class="soft">The first {MOST_BARS} rows of {len(overview.rows):,}.</p>'
        yield chart(overview.rows[:MOST_BARS], overview.marks, 0.0, overview.duration_s, left=overview.left)
        yield from _key(overview, story)
    yield from _tables(timeline, story)
    yield from _rules(timeline)
    yield from _messages(story)


def _cards(timeline: Timeline) -> Iterator[str]:
    gaps = [gap.duration_ns for gap in timeline.gaps if gap.duration_ns is not None]
    errors = sum(finding.severity is Severity.ERROR for finding in timeline.findings)
    yield '<div class="cards">'
    yield card(f"{len(timeline.mobile_nodes):,}", "mobile nodes")
    yield card(f"{len(timeline.bindings):,}", "bindings at home agents")
    if timeline.gaps:
        longest = spent(max(gaps)) if gaps else "no end"
        yield card(longest, f"longest of {len(timeline.gaps)} times without binding", bad=True)
    if timeline.outages:
        yield card(f"{len(timeline.outages):,}", "failures of home agents", bad=True)
    yield card(f"{errors:,}", f"errors among {len(timeline.findings):,} findings", bad=errors > 0)
    yield "</div>"


def _key(overview: Overview, story: Story) -> Iterator[str]:
    known = list(overview.colours.items())[:MOST_KEYS]
    keys = (f'<span class="key {colour}"></span>{escape(story.words.name(octets))} &nbsp; ' for octets, colour in known)
    yield f'<p class="soft">Care-of addresses: {"".join(keys)}</p>'


def _tables(timeline: Timeline, story: Story) -> Iterator[str]:
    parts = iter(Tables(timeline, story.words.names).parts())
    next(parts, None)  # the heading, which the page has above
    for part in parts:
        if isinstance(part, Grid):
            yield from _grid(part)
        elif isinstance(part, Line):
            yield f"<p>{escape(part.text)}</p>"
        else:
            yield f"<h{part.level}>{escape(part.text)}</h{part.level}>"


def _grid(grid: Grid) -> Iterator[str]:
    yield '<div class="wide">'
    yield from table(grid.columns, ([escape(cell) for cell in row] for row in grid.rows))
    yield "</div>"


def _rules(timeline: Timeline) -> Iterator[str]:
    """What the rules say that were broken."""
    for rule_id in dict.fromkeys(finding.rule for finding in timeline.findings):
        rule = RULES[rule_id]
        title = escape(f"{rule_id}: {rule.title} ({rule.reference})")
        yield f"<details><summary>{title}</summary><p>{escape(rule.explanation)}</p></details>"


def _messages(story: Story) -> Iterator[str]:
    if not story.lanes.all:
        return
    yield "<h2>Messages</h2>"
    if story.is_too_wide:
        yield f"<p>Of {len(story.lanes.all):,} nodes: choose one (<code>--node</code>) to see its messages.</p>"
        return
    drawing, _, _ = ladder(story.first(MOST_ROWS))
    if len(story.rows) > MOST_ROWS:
        yield f'<p class="soft">{story.only_the_first(MOST_ROWS)}</p>'
    yield f'<div class="wide">{drawing}</div>'


__all__ = ["MOST_BARS", "as_page"]

"""The timeline as tables (`tables.py`) of plain text.

Only ASCII, so that it can be piped anywhere; whatever is too wide for its column goes on in the next line.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Final

from rich.box import Box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from mhatool.timeline.model import Timeline
from mhatool.timeline.tables import Grid, Part, Tables, Title

LEAST_WIDTH: Final = 72
_RULED: Final = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_WHOLE: Final = frozenset({"Time", "From", "To", "Sequence"})
"""What stays in one piece, beside what is flush right."""


def as_table(
    timeline: Timeline, *, width: int = 80, color: bool = False, names: Mapping[bytes, str] | None = None
) -> str:
    """The whole timeline, lines of at most `width` columns (72 at least); `names` stand for addresses."""
    out = StringIO()
    console = Console(
        file=out, width=max(width, LEAST_WIDTH), force_terminal=color, no_color=not color, highlight=False, emoji=False
    )
    for part in Tables(timeline, names or {}).parts():
        console.print(_drawn(part), soft_wrap=not isinstance(part, Grid))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _drawn(part: Part) -> Text | Table:
    if isinstance(part, Grid):
        return _table(part)
    return Text(f"\n{part.text}", style="bold") if isinstance(part, Title) else Text(part.text)


def _table(grid: Grid) -> Table:
    """Times and numbers stay in one piece, nothing is cut."""
    table = Table(box=_RULED, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False, header_style="")
    for column in grid.columns:
        name = column.rstrip(">")
        is_number = name != column
        justify: JustifyMethod = "right" if is_number else "left"
        # Not by a least width: rich minds that only when it has shared out the room, and cuts what is over.
        table.add_column(name, justify=justify, overflow="fold", no_wrap=is_number or name in _WHOLE)
    for row in grid.rows:
        table.add_row(*map(Text, row))
    return table

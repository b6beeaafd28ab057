"""What the keys do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mhatool.view.bindings import legend
from mhatool.view.style import Style

KEYS: Final = "Enter packets  t tables  n/N trouble  / filter  Tab pane  ? help  q quit"
"""Those that one needs, in a line."""

_KEYS: Final = (
    ("Up Down j k", "move; PgUp PgDn a pane, Home End g G to the ends"),
    ("Left Right h l", "sideways; in the bindings to the event before or after"),
    ("Tab Shift-Tab", "to the next pane, to the one before"),
    ("Enter", "events: show the packets, or the rule of a finding; again: go there"),
    ("", "bindings: only the events of this mobile node, or at this peer; again: all"),
    ("n N", "next, previous finding or failure (marked !)"),
    ("/", "only the events with these words; Enter keeps them, Esc shows all again"),
    ("t", "the tables of the nodes of this event, at that instant"),
    ("x", "octets of packets, on and off"),
    ("+ - 0", "bars: less time around this event, more, all"),
    ("Esc", "close what is open, then show all events again"),
    ("? F1", "this page"),
    ("q", "quit; Ctrl-Z puts it aside"),
)


def help_lines(style: Style, warnings: Sequence[str] = ()) -> Iterator[str]:
    """Keys, the signs of bars, and what was said while the captures were read."""
    yield style("Keys", "bold")
    yield from (f"  {keys:15} {what}" for keys, what in _KEYS)
    yield ""
    yield style("Bars", "bold")
    yield from (f"  {line}" for line in legend())
    if warnings:
        yield ""
        yield style("Warnings", "bold")
        yield from (f"  {warning}" for warning in warnings)

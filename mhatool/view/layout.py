"""How the panes share a terminal of any size."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

FIXED_LINES: Final = 3
"""The heading, where one is, the keys."""
BESIDE_COLUMNS: Final = 160
"""From here on the details are beside the events."""
TALL_LINES: Final = 40
"""From here on there is room for the details from the beginning."""
_LEAST: Final = 3


class Layout(Struct, frozen=True):
    """Lines of each pane, its title included; 0 for one that isn't seen. `beside`: details beside events."""

    bindings: int
    events: int
    details: int
    beside: bool = False


def lay_out(width: int, height: int, lines: int, *, details: bool, alone: bool = False) -> Layout:
    """The panes of a terminal. `lines` are those of the bindings; `details`: shown as well, or `alone`."""
    room = max(height - FIXED_LINES, 0)
    if alone:
        return Layout(0, 0, room)
    bindings = min(lines + 1, max(room // 3, _LEAST)) if room >= 3 * _LEAST else 0
    rest = room - bindings
    if not details:
        return Layout(bindings, rest, 0)
    if width >= BESIDE_COLUMNS:
        return Layout(bindings, rest, rest, beside=True)
    events = min(max(rest // 3, _LEAST), rest)
    return Layout(bindings, events, rest - events)


def begins_with_details(width: int, height: int) -> bool:
    """Whether there is room for details that nobody has asked for yet."""
    return width >= BESIDE_COLUMNS or height >= TALL_LINES

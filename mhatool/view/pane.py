"""A pane: a title, and lines that are drawn when they are seen, so that there may be any number of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

_MORE: Final = ">"
_SIDEWAYS: Final = 8

Draw = Callable[[int, int], Text]
"""A line by its number, for a pane of this width."""


class Pane(Widget, can_focus=True):
    """Lines to move in: with a cursor, or without one, where moving scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)"),
        Binding("down,j", "move(1)"),
        Binding("pageup,ctrl+b", "page(-1)"),
        Binding("pagedown,ctrl+f,space", "page(1)"),
        Binding("home,g", "go(0)"),
        Binding("end,G", "go(-1)"),
    ]

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, name: str, draw: Draw, *, cursor: bool) -> None:
        super().__init__(id=name)
        self.title = ""
        self.cursor = 0
        self.top = 0
        """The first line that is seen."""
        self.left = 0
        """How many columns are out of sight."""
        self.count = 0
        self._draw = draw
        self._has_cursor = cursor

    @property
    def rows(self) -> int:
        """How many lines have room."""
        return max(self.size.height - 1, 0)

    def fill(self, count: int, *, cursor: int = 0) -> None:
        """There are so many lines now."""
        self.count, self.top = count, min(self.top, max(count - 1, 0))
        self.left = 0
        self.place(cursor)

    def place(self, cursor: int) -> None:
        """Put the cursor on a line, and that where it is seen; without a cursor put the line on top."""
        if not self._has_cursor:
            self.top = max(min(cursor, self.count - self.rows), 0)
            self.refresh()
            return
        self.cursor = max(min(cursor, self.count - 1), 0)
        self.show_cursor()
        self.post_message(self.Moved(self))

    def show_cursor(self) -> None:
        """Scroll as far as it takes."""
        if self.rows and self._has_cursor:
            self.top = min(max(self.top, self.cursor - self.rows + 1), self.cursor)
        self.top = max(min(self.top, self.count - self.rows), 0)
        self.refresh()

    def on_resize(self) -> None:
        """More or less is seen."""
        self.show_cursor()

    def on_focus(self) -> None:
        """The title shows it."""
        self.refresh()

    def on_blur(self) -> None:
        """The title shows it."""
        self.refresh()

    # --- keys ---

    def action_move(self, lines: int) -> None:
        """Up or down."""
        self.place((self.cursor if self._has_cursor else self.top) + lines)

    def action_page(self, pages: int) -> None:
        """A pane up or down."""
        self.action_move(pages * max(self.rows - 1, 1))

    def action_go(self, line: int) -> None:
        """To the first line, or to the last (-1)."""
        self.place(line if line >= 0 else self.count)

    # --- drawing ---

    def render_line(self, y: int) -> Strip:
        """The title, or the line that is seen there."""
        width = self.size.width
        if y == 0:
            style = Style(reverse=True, bold=True) if self.has_focus else Style(underline=True, bold=True)
            return self._fitted(Text(self.title), 0, width, style)
        number = self.top + y - 1
        if number >= self.count:
            return Strip.blank(width)
        is_chosen = self._has_cursor and number == self.cursor
        chosen = Style(reverse=True) if is_chosen and self.has_focus else Style(bold=True) if is_chosen else Style()
        return self._fitted(self._draw(number, width), self.left, width, chosen)

    def _fitted(self, text: Text, left: int, width: int, style: Style) -> Strip:
        """The part of a line that is seen; where it goes on, a sign."""
        strip = Strip([segment for segment in text.render(self.app.console) if segment.text])
        longer = strip.cell_length > left + width and width > 0
        shown = strip.crop(left, left + width - longer)
        if longer:
            shown = Strip([*shown.adjust_cell_length(width - 1), Segment(_MORE)])
        return shown.adjust_cell_length(width).apply_style(style)


class WidePane(Pane):
    """A pane whose lines may be wider than it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "sideways(-1)"),
        Binding("right,l", "sideways(1)"),
    ]

    def action_sideways(self, step: int) -> None:
        """Left or right."""
        self.left = max(self.left + step * _SIDEWAYS, 0)
        self.refresh()


class BarsPane(Pane):
    """A pane of bars over time, where left and right are earlier and later."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "app.step(-1)"),
        Binding("right,l", "app.step(1)"),
    ]

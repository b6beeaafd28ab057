"""The view in the terminal: bars over events, details beneath them or beside them, where one is, and the keys."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import ClassVar, Final, Literal

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize
from textual.widgets import Input, Static

from mhatool.capture import CaptureError
from mhatool.view.background import Stop, in_background
from mhatool.view.draw import Painter
from mhatool.view.help import KEYS, help_lines
from mhatool.view.layout import begins_with_details, lay_out
from mhatool.view.packets import UnreadableError
from mhatool.view.pane import BarsPane, Pane, WidePane
from mhatool.view.row import Row
from mhatool.view.story import Story
from mhatool.view.style import terminal_style

INTERRUPTED: Final = 130
_NEARBY: Final = 50
"""Rows before and after one whose packets are read with its own."""
_PAUSE_S: Final = 0.05
"""Who moves on within it doesn't want to see more of a row."""
_READING: Final = "reading …"

Shown = Literal["", "packets", "tables", "help"]


class ViewApp(App[int]):
    """Walk through a story with the keys. Its result is an exit status, None for 0."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    AUTO_FOCUS = "#events"
    CSS = """
    Screen, Container, Pane, Static, Input { background: ansi_default; color: ansi_default; border: none; padding: 0; }
    Screen { overflow: hidden; }
    Static, Input { height: 1; width: 100%; text-wrap: nowrap; text-overflow: ellipsis; }
    #heading { text-style: bold; }
    #keys { text-style: dim; }
    #filter { display: none; }
    Pane { width: 1fr; }
    #lower { height: 1fr; layout: vertical; }
    #lower.beside { layout: horizontal; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit_with(0)"),
        Binding("ctrl+q", "quit_with(0)", priority=True),
        Binding("ctrl+c", f"quit_with({INTERRUPTED})", priority=True),
        Binding("ctrl+z", "suspend_process"),
        Binding("enter", "enter"),
        Binding("escape", "less"),
        Binding("n", "trouble(1)"),
        Binding("N", "trouble(-1)"),
        Binding("t", "show('tables')"),
        Binding("x", "octets"),
        Binding("slash", "filter"),
        Binding("question_mark,f1", "show('help')"),
        Binding("plus,equals_sign", "zoom(2)"),
        Binding("minus", "zoom(-2)"),
        Binding("0", "zoom(0)"),
    ]

    def __init__(self, story: Story, *, color: bool, at_ns: int | None = None) -> None:
        super().__init__(ansi_color=True)
        self.no_color = not color
        self.error: Exception | None = None
        """What went wrong inside."""
        self._story = story
        self._style = terminal_style(color=color)
        self._painter = Painter(story, self._style)
        self._at_ns = at_ns
        self._shown: Shown = ""
        self._octets = False
        self._lines: list[str] = []
        """Those of the details."""
        self._row: Row | None = None
        self._is_asked = False
        """Whether a key has said what the details are to show; until then the terminal's size does."""
        self._room = self.size
        """The terminal's size: textual's own is still that of before while it tells of another."""
        self._is_beside = False
        self.bars = BarsPane("bindings", self._painter.bar, cursor=True)
        self.events = WidePane("events", self._painter.row, cursor=True)
        self.details = WidePane("details", lambda number, _: self._painter.detail(self._lines[number]), cursor=False)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(id="heading", markup=False)
        yield self.bars
        with Container(id="lower"):
            yield self.events
            yield self.details
        yield Static(id="place", markup=False)
        yield Static(KEYS, id="keys", markup=False)
        yield Input(id="filter", placeholder="only the events with these words", compact=True)

    def on_mount(self) -> None:
        """Fill the panes, and end in good order where a signal ends it."""
        self.query_one("#heading", Static).update(Text(self._painter.heading()))
        if not self.is_headless:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit, INTERRUPTED)
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.bars.fill(len(self._story.bindings))
        listing = self._story.listing
        self.events.fill(len(listing.rows), cursor=listing.at(self._at_ns) if self._at_ns is not None else 0)
        self._tell()

    def on_resize(self, event: Resize) -> None:
        """Share out the room anew."""
        self._room = event.size
        if not self._is_asked:
            self._shown = "packets" if begins_with_details(*self._room) else ""
        self._lay_out()
        self._refill()

    def _lay_out(self) -> None:
        shown = lay_out(*self._room, len(self._story.bindings), details=bool(self._shown), alone=self._shown == "help")
        self._is_beside = shown.beside
        self.query_one("#lower").set_class(shown.beside, "beside")
        for pane, lines in ((self.bars, shown.bindings), (self.events, shown.events), (self.details, shown.details)):
            pane.display = lines > 0
            pane.styles.height = lines
        if self.focused is None or not self.focused.display:
            (self.details if self._shown == "help" else self.events).focus()

    # --- where one is ---

    @property
    def row(self) -> Row | None:
        """The event that the cursor is on."""
        rows = self._story.listing.rows
        return rows[self.events.cursor] if self.events.cursor < len(rows) else None

    @on(Pane.Moved)
    def moved(self, message: Pane.Moved) -> None:
        """Another event: the bars and the details are its."""
        if message.pane is not self.events or self.row is self._row:
            return
        self._row = self.row
        self._painter.at_ns = self._row.time_ns if self._row is not None else None
        if self._row is not None:
            self._story.bindings.follow(self._row.time_ns)
            place = self._story.bindings.place_of(self._row.nodes)
            if place is not None and self.focused is not self.bars:
                self.bars.place(place)
        self._tell()
        self._refill()

    def _tell(self) -> None:
        """The titles, and the line of where one is."""
        self.bars.title = self._painter.bars_title()
        self.events.title = self._painter.events_title(self.events.cursor)
        self.details.title = self._painter.details_title(self._shown, self._row)
        self.query_one("#place", Static).update(Text(self._painter.place(self._row, self.events.cursor)))
        for pane in (self.bars, self.events, self.details):
            pane.refresh()

    # --- details ---

    def _refill(self) -> None:
        """Show what is known at once, and read the rest while one may go on."""
        if not self._shown:
            return
        if self._shown == "help":
            self._fill([*help_lines(self._style, self._story.warnings)])
            return
        row, width = self._row, self._room.width // (2 if self._is_beside else 1)
        if row is None:
            self._fill(["nothing is shown"])
            return
        known = [*self._story.details.facts(row, width, self._style)] if self._shown == "packets" else []
        is_read = self._shown == "tables" or row.frames
        self._fill([*known, *(["", _READING] if is_read else [])])
        if is_read:
            self.run_worker(self._read(row, self._shown, known), group="details", exclusive=True)

    def _fill(self, lines: list[str]) -> None:
        self._lines = [line for text in lines for line in text.split("\n")]
        self.details.fill(len(self._lines))
        self._tell()

    async def _read(self, row: Row, shown: Shown, known: list[str]) -> None:
        """What has to be read from the files."""
        await asyncio.sleep(_PAUSE_S)
        lines = await in_background(lambda stop: self._lines_of(row, shown, stop))
        if (row, shown) == (self._row, self._shown):
            self._lines = [line for text in [*known, *lines] for line in text.split("\n")]
            self.details.count = len(self._lines)
            self.details.refresh()

    def _lines_of(self, row: Row, shown: Shown, stop: Stop) -> list[str]:
        """In a thread of its own."""
        if shown == "tables":
            return list(self._tables(row, stop))
        nearby = [frame for near in self._near() for frame in near.frames]
        packets = self._story.details.packets
        return list(packets(row, self._style, octets=self._octets, nearby=nearby, stop=stop))

    def _near(self) -> list[Row]:
        place = self.events.cursor
        return list(self._story.listing.rows[max(place - _NEARBY, 0) : place + _NEARBY])

    def _tables(self, row: Row, stop: Stop) -> Iterator[str]:
        try:
            yield from self._story.tables.lines(row.nodes, row.time_ns, stop)
        except UnreadableError as error:
            yield self._style(str(error), "yellow")
        except CaptureError as error:
            yield self._style(f"they can't be read: {error}", "bold red")

    # --- keys ---

    def action_quit_with(self, status: int) -> None:
        """End."""
        self.exit(status)

    def action_enter(self) -> None:
        """More of what the cursor is on."""
        if self.focused is self.bars:
            nodes = self._story.bindings.line(self.bars.cursor, self._room.width).nodes if self.bars.count else ()
            listing = self._story.listing
            self._choose(nodes=() if listing.nodes == frozenset(nodes) else nodes)
        elif self.focused is self.events:
            if self._shown == "packets":
                self.details.focus()
            else:
                self.action_show("packets")

    def action_show(self, shown: Shown) -> None:
        """Packets, tables or help in the details; what is shown already is closed."""
        self._shown, self._is_asked = "" if shown == self._shown else shown, True
        self._lay_out()
        self._refill()
        self._tell()

    def action_less(self) -> None:
        """Leave the words; else close the details; where they are closed show all events."""
        if self.query_one("#filter").display:
            self._choose(text="")
            self._leave_words()
        elif self._shown:
            self.action_show(self._shown)
        elif self._story.listing.is_filtered:
            self._choose(text="", nodes=())

    def action_trouble(self, step: int) -> None:
        """To the next finding or failure."""
        place = self._story.listing.next_trouble(self.events.cursor, step)
        if place is None:
            self.bell()
        else:
            self.events.place(place)

    def action_step(self, step: int) -> None:
        """To the next event."""
        self.events.place(self.events.cursor + step)

    def action_octets(self) -> None:
        """Packets with and without their octets."""
        self._octets = not self._octets
        self._refill()

    def action_zoom(self, factor: int) -> None:
        """Half the time in the bars (2), twice (-2), or all of it (0)."""
        bindings, row = self._story.bindings, self._row
        length = bindings.window[1] - bindings.window[0]
        wanted = None if not factor else length // factor if factor > 0 else length * -factor
        bindings.show(row.time_ns if row is not None else bindings.window[0], wanted)
        self._tell()

    # --- filter ---

    def action_filter(self) -> None:
        """Ask for words."""
        field = self.query_one("#filter", Input)
        self.query_one("#keys").display, field.display = False, True
        field.value = self._story.listing.text
        self.screen.set_focus(field)  # at once: what is typed next is for it

    @on(Input.Changed)
    def words_changed(self, message: Input.Changed | Input.Submitted) -> None:
        """Show what has these words while they are typed."""
        if message.value != self._story.listing.text:
            self._choose(text=message.value)

    @on(Input.Submitted)
    def words_given(self, message: Input.Submitted) -> None:
        """Keep them."""
        self.words_changed(message)
        self._leave_words()

    def _leave_words(self) -> None:
        self.query_one("#keys").display, self.query_one("#filter").display = True, False
        self.screen.set_focus(self.events if self.events.display else self.details)

    def _choose(self, text: str | None = None, nodes: tuple[bytes, ...] | None = None) -> None:
        """Show other rows; the cursor stays where it was, or close to it."""
        listing, row = self._story.listing, self._row
        listing.choose(text, nodes)
        place = listing.place_of(row, row.time_ns) if row is not None else 0
        self.events.fill(len(listing.rows), cursor=place)
        self._tell()

    def _handle_exception(self, error: Exception) -> None:
        """The command tells it in a line, as all do, once the terminal is as it was."""
        if self.is_headless or os.environ.get("MHATOOL_TRACEBACK"):
            super()._handle_exception(error)
        else:
            self.error = error
            self.exit(2)

"""Lines of a story as the panes show them."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from mhatool.protocol.instant import rfc3339
from mhatool.view.listing import style_of
from mhatool.view.row import Row
from mhatool.view.story import Story
from mhatool.view.style import Style, cleaned

_BAR_STYLES: Final = ("green", "cyan", "magenta", "blue", "yellow")
_TITLES: Final = {"packets": "Packets", "tables": "Tables", "help": "Help"}


class Painter:
    """Draws rows and bars; `at_ns` is the instant that the bars mark."""

    def __init__(self, story: Story, style: Style) -> None:
        self._story = story
        self._style = style
        self.at_ns: int | None = None

    def row(self, number: int, width: int) -> Text:
        """A line of the list."""
        listing = self._story.listing
        row = listing.rows[number]
        return Text.from_ansi(self._style(cleaned(listing.line(row, width)), style_of(row)))

    def bar(self, number: int, width: int) -> Text:
        """A line of the bindings, with the instant marked in its bar."""
        line = self._story.bindings.line(number, width)
        text = cleaned(line.text)
        if line.is_title:
            return Text.from_ansi(self._style(text, "bold"))
        if line.bar is None:
            return Text.from_ansi(text)
        begin, end = line.bar
        marked = self._story.bindings.cell(self.at_ns, end - begin) if self.at_ns is not None else None
        drawn = Text.from_ansi(text[:begin])
        for place, sign in enumerate(text[begin:end]):
            style = _style_of_sign(sign) + (" reverse" if place == marked else "")
            drawn.append_text(Text.from_ansi(self._style(sign, style)))
        return drawn

    @staticmethod
    def detail(line: str) -> Text:
        """A line of the details."""
        return Text.from_ansi(cleaned(line))

    # --- titles ---

    def heading(self) -> str:
        """The line at the top."""
        return cleaned(self._story.title)

    def bars_title(self) -> str:
        """What the bars show."""
        first, last = self._story.bindings.window
        day = "" if self._story.words.has_days else f"{rfc3339(first)[:10]} "
        return f"Bindings  {day}{self._story.words.clock(first)} to {self._story.words.clock(last)} UTC"

    def events_title(self, cursor: int) -> str:
        """How many there are, and what they are chosen by."""
        listing = self._story.listing
        shown = len(listing.rows)
        title = f"Events  {min(cursor + 1, shown)}/{shown}" + (f" of {listing.total}" if listing.is_filtered else "")
        if listing.text:
            title += f"  with {listing.text!r}"
        if listing.nodes:
            title += f"  of {' '.join(map(self._story.words.name, sorted(listing.nodes)))}"
        return cleaned(title)

    def details_title(self, shown: str, row: Row | None) -> str:
        """What the details are about."""
        if row is None or shown == "help":
            return _TITLES.get(shown, "")
        what = row.finding.rule if row.finding is not None and shown == "packets" else row.what
        return cleaned(f"{_TITLES.get(shown, '')}  {self._story.words.clock(row.time_ns)} {what}")

    def place(self, row: Row | None, cursor: int) -> str:
        """Where one is: the row, whole as far as there is room; how much trouble there is."""
        count = len(self._story.warnings)
        warned = f"  {count} warning{'s' if count > 1 else ''} (?)" if count else ""
        if row is None:
            return f"nothing to show{warned}"
        return cleaned(f"{cursor + 1}/{len(self._story.listing.rows)}{warned}  {self._story.listing.whole(row)}")


def _style_of_sign(sign: str) -> str:
    if sign.isalpha():
        return _BAR_STYLES[(ord(sign) - ord("A")) % len(_BAR_STYLES)]
    return {"?": "bold red", "+": "bold", ".": "dim"}.get(sign, "")

"""The list of rows: which are shown, as lines of a width, and where the next trouble is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import repeat

from mhatool.timeline.cells import filled, shortened, wide
from mhatool.timeline.words import Words
from mhatool.validate import Severity
from mhatool.view.row import Row

_MOST_WHAT = 18
_LEAST_NODE = 8
_GAP = "  "


class Listing:
    """All rows and those that are shown: of some nodes, with some words."""

    def __init__(self, rows: Sequence[Row], words: Words, *, several_mobile_nodes: bool) -> None:
        self._all = rows
        self._words = words
        self._several = several_mobile_nodes
        self.rows: Sequence[Row] = rows
        """Those that are shown."""
        self.text = ""
        self.nodes: frozenset[bytes] = frozenset()
        self._what = min(max((len(row.what) for row in rows), default=0), _MOST_WHAT)
        self._name = max((wide(words.name(node)) for row in rows for node in row.nodes), default=0)

    @property
    def total(self) -> int:
        """How many there are, hidden ones too."""
        return len(self._all)

    @property
    def is_filtered(self) -> bool:
        """Whether some may be hidden."""
        return bool(self.text or self.nodes)

    def choose(self, text: str | None = None, nodes: Iterable[bytes] | None = None) -> None:
        """Show the rows with all of these words, in small or capital letters, that concern all of these nodes.

        None leaves that as it is.
        """
        self.text = self.text if text is None else text
        self.nodes = self.nodes if nodes is None else frozenset(nodes)
        sought = self.text.lower().split()
        if not self.is_filtered:
            self.rows = self._all
            return
        self.rows = [
            row
            for row, text in zip(self._all, self._texts if sought else repeat(""), strict=False)
            if self.nodes.issubset(row.nodes) and all(word in text for word in sought)
        ]

    @cached_property
    def _texts(self) -> list[str]:
        """What is searched."""
        return [self.whole(row).lower() for row in self._all]

    def whole(self, row: Row) -> str:
        """A row with nothing left out."""
        return _GAP.join((self._words.clock(row.time_ns), row.what, *map(self._words.name, row.nodes), row.detail))

    def line(self, row: Row, width: int) -> str:
        """A row in columns that suit the width: names are cut in the middle, the end is as long as it is."""
        columns = [mark(row) + self._words.clock(row.time_ns), row.what.ljust(self._what)]
        room = (width - sum(map(len, columns))) // (5 if self._several else 3)
        shown = min(max(room, _LEAST_NODE), self._name)
        if self._several:
            columns.append(filled(shortened(self._name_of(row.home_address), shown), shown))
        columns.append(filled(shortened(self._name_of(row.node), shown), shown))
        return _GAP.join([*columns, row.detail])

    def _name_of(self, node: bytes | None) -> str:
        return self._words.name(node) if node is not None else ""

    # --- places ---

    def next_trouble(self, place: int, step: int) -> int | None:
        """The next row from this one that tells of a failure or a finding: forwards (1) or backwards (-1)."""
        place += step
        while 0 <= place < len(self.rows):
            if self.rows[place].is_trouble:
                return place
            place += step
        return None

    def at(self, time_ns: int) -> int:
        """The first row at this time or later; the last one where there is none."""
        return max(min(bisect_left(self.rows, time_ns, key=lambda row: row.time_ns), len(self.rows) - 1), 0)

    def place_of(self, row: Row | None, time_ns: int) -> int:
        """Where this very row is, or where it would be."""
        place = self.at(time_ns)
        while place < len(self.rows) and self.rows[place].time_ns == time_ns:
            if self.rows[place] is row:
                return place
            place += 1
        return self.at(time_ns)


def mark(row: Row) -> str:
    """What stands before a row, so that trouble shows without colours."""
    return "!" if row.is_trouble else " "


def style_of(row: Row) -> str:
    """How a row looks: failures and errors red, warnings yellow."""
    if row.finding is not None:
        return {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}.get(row.finding.severity, "cyan")
    return "red" if row.is_trouble else ""

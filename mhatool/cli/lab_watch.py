"""`mhatool lab run --watch`: an experiment as a table in the terminal that changes while it runs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mhatool.cli.common import use_color
from mhatool.lab.board import BIN_NS, Board, NodeTables
from mhatool.protocol.lifetime import NS_PER_S

if TYPE_CHECKING:
    from mhatool.lab.trial import Trial

_INTERVAL_S: Final = 0.25
_BINS: Final = 60
"""Half seconds of traffic that are shown."""
_COLUMNS: Final = (("node", 14), ("table", 13), ("of", 6), ("care-of address", 24), ("state", 7), ("left", 6))
"""Titles and least widths: the table doesn't jump when entries come and go."""
_HEIGHTS: Final = " ▁▂▃▄▅▆▇█"
_STATES: Final = {"BOUND": "green", "WAITA": "yellow", "WAITAR": "yellow", "WAITD": "yellow", "RRINIT": "yellow"}


@contextmanager
def watched(trial: Trial) -> Iterator[None]:
    """While it happens, the table is drawn again and again; its last state stays."""
    board = Board(trial)
    trial.tell = board.tell
    console = Console(stderr=True, no_color=not use_color(sys.stderr), highlight=False, emoji=False)
    over = threading.Event()
    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as picture:

        def draw() -> None:
            board.look()
            picture.update(_picture(trial, board), refresh=True)

        def go_on() -> None:
            while not over.wait(_INTERVAL_S):
                draw()

        artist = threading.Thread(target=go_on, name="watch", daemon=True)
        artist.start()
        try:
            yield
        finally:
            over.set()
            artist.join()
            draw()


def _picture(trial: Trial, board: Board) -> RenderableType:
    now_s = board.now_ns / NS_PER_S
    title = Text.assemble(
        (f"{trial.experiment.name}: {trial.experiment.title}", "bold"),
        f"   {now_s:5.1f} s" if now_s else "   getting ready",
    )
    parts: list[RenderableType] = [title, _said(board), _nodes(board)]
    if board.arrived:
        parts.append(_traffic(board))
    return Group(*parts)


def _said(board: Board) -> Panel:
    lines = [Text(line, "bold" if line is board.said[-1] else "dim") for line in board.said]
    return Panel(Group(*lines), title="what is done", title_align="left", box=box.ROUNDED, padding=(0, 1))


def _nodes(board: Board) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    for name, width in _COLUMNS:
        table.add_column(name, min_width=width, justify="right" if name == "left" else "left", no_wrap=True)
    dead = board.dead
    for name, tables in board.nodes.items():
        rows = [*_updates(board, tables), *_bindings(board, tables)]
        mark = Text(f"✗ {name}" if name in dead else name, "bold red" if name in dead else "bold")
        if tables.location:
            mark.append(f" ({tables.location})", "dim")
        for number, row in enumerate(rows or [("–", "", "", "", "")]):
            table.add_row(mark if not number else "", *row, style="dim strike" if name in dead else "")
    return table


#: A row of the table without the node's name.
_Row = tuple[RenderableType, ...]


def _updates(board: Board, tables: NodeTables) -> Iterator[_Row]:
    """A mobile node's Binding Update List."""
    for peer, entry in tables.updates.items():
        if not entry["unsupported"] and entry["lifetime_s"]:
            state = Text(entry["state"], _STATES.get(entry["state"], ""))
            yield "update list", board.names.get(peer, peer), entry["care_of_address"], state, _left(entry)


def _bindings(board: Board, tables: NodeTables) -> Iterator[_Row]:
    """The binding cache of a home agent or correspondent."""
    for (home_address, _), entry in tables.bindings.items():
        state = Text("DAD", "yellow") if entry.get("pending") else Text("holds", "green")
        who = board.names.get(home_address, home_address)
        yield "binding cache", who, entry["care_of_address"], state, _left(entry)


def _left(entry: dict[str, Any]) -> str:
    """What is left of a lifetime."""
    return f"{max(entry['expires_ns'] - time.time_ns(), 0) // NS_PER_S} s"


def _traffic(board: Board) -> Table:
    """Packets that came, each sign half a second; red where none did."""
    table = Table(box=None, pad_edge=False, show_header=False)
    last = board.now_ns // BIN_NS
    for title, arrived in board.arrived.items():
        stream = board.streams[title]
        signs = Text()
        for number in range(max(0, last - _BINS), last):
            begun = (number + 1) * BIN_NS > stream.from_s * NS_PER_S
            signs.append(*(_sign(arrived[number], stream.per_second * BIN_NS / NS_PER_S) if begun else (" ", "")))
        table.add_row(Text(title, "bold"), signs)
    return table


def _sign(count: int, full: float) -> tuple[str, str]:
    if not count:
        return "▁", "red"
    height = round(count / full * (len(_HEIGHTS) - 1))
    return _HEIGHTS[min(max(height, 1), len(_HEIGHTS) - 1)], "green" if count > full / 2 else "yellow"


__all__ = ["watched"]

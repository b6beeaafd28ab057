"""`mhatool view`: a timeline to walk through with the keys."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from mhatool.cli.common import (
    FilesArgument,
    ProfileOption,
    chosen_profile,
    fail,
    holding_warnings,
    input_name,
    is_terminal,
    use_color,
)
from mhatool.cli.reading import read_once
from mhatool.cli.timeline import NamesOption, built
from mhatool.cli.tracing import names_of, read_names, trace_among
from mhatool.protocol.at import At, at

if TYPE_CHECKING:
    from mhatool.trace import Trace
    from mhatool.view.story import Story

_TERMINAL = "/dev/tty"


def view(
    files: FilesArgument,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Begin there: RFC 3339, or +S from the start.")] = None,
    names: NamesOption = None,
    profile: ProfileOption = None,
) -> None:
    """Walk through what became of each binding, in the terminal, with the keys: `?` shows them.

    Above the bindings as bars over time, below what happened, one thing a line. Enter shows the packets of one, and
    the rule of a finding; t the tables of its nodes at that instant. FILE is captures or a trace, as of timeline.

    Examples:
      mhatool view tour.pcap
      mhatool view mn.pcap ha.pcap --names names.toml
      mhatool view tour.pcap --at +80
    """
    instant = _instant(at)
    _ready()
    with holding_warnings() as warnings:
        story, first_ns, last_ns = _told(files, names, profile, warnings)
        begin_ns = instant.resolve(first_ns, last_ns) if instant is not None else None
        status = _shown(story, begin_ns)
    raise typer.Exit(status)


def _instant(text: str | None) -> At | None:
    if text is None:
        return None
    try:
        instant = at(text)
    except ValueError as error:
        fail(f"--at: {error}")
    if instant.frame is not None:
        fail(f"--at {text}: give a time", "in the view, / looks for frames")
    return instant


def _ready() -> None:
    """Fail where there is nothing to show it in, or with."""
    if not is_terminal(sys.stdout) or sys.stdin is None or not (is_terminal(sys.stdin) or _has_keys()):
        fail("view needs a terminal", "for a pipe or a file there is mhatool timeline")
    if find_spec("textual") is None:
        fail("view needs the package textual, which isn't installed", "pip install 'mhatool[view]'")


def _has_keys() -> bool:
    """Whether there is a terminal though standard input is none."""
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR))
    except OSError:
        return False
    return True


def _told(files: list[str], names: str | None, profile: str | None, warnings: list[str]) -> tuple[Story, int, int]:
    """The story, and when it begins and ends."""
    from mhatool.view.story import story_of

    known, trace = read_names(names), trace_among(files)
    once = [file for file in files if read_once(file)]
    made = built(files, trace, profile, for_people=True)
    sources: dict[str, str | Trace | None] = {input_name(file): None if file in once else file for file in files}
    if trace is not None:
        sources = {files[0]: trace}
    chosen = chosen_profile(profile if trace is None else profile or trace.header.profile)
    called = names_of(trace, known) if trace is not None else known
    story = story_of(made, sources, chosen, names=known, called=called, warnings=warnings)
    return story, made.first_ns, made.last_ns


def _shown(story: Story, at_ns: int | None) -> int:
    """Show it until somebody quits; the status."""
    from mhatool.view.app import ViewApp
    from mhatool.view.terminal import Terminal

    if not is_terminal(sys.stdin):  # the captures came there; keys come from the terminal
        keys = os.open(_TERMINAL, os.O_RDWR)
        os.dup2(keys, 0)
        os.close(keys)
    app = ViewApp(story, color=use_color(sys.stdout), at_ns=at_ns)
    app.driver_class = Terminal
    status = app.run(mouse=False)
    if app.error is not None:
        raise app.error
    return status or 0

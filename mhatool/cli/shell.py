"""`mhatool shell`: Scapy's prompt with our layers."""

from __future__ import annotations

import logging
import select
import sys
import traceback
from typing import Annotated, Any

import typer

from mhatool import __version__
from mhatool.capture.errors import STANDARD_INPUT
from mhatool.cli.common import ProfileOption, chosen_profile, fail, is_terminal


def shell(
    code: Annotated[
        str | None, typer.Option("--code", "-c", metavar="CODE", help="Run this and exit, without a prompt.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put our layers in the place of Scapy's own.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Open Scapy's prompt with our layers installed.

    Examples:
      mhatool shell
      mhatool shell -c 'MHABindingUpdate(sequence_number=7).show()'
      echo 'rdpcap("tour.pcap")[0].show()' | mhatool shell --replace

    Our classes begin with MHA, the rest of the name is the message's: MHABindingUpdate, MHAMultipleHomeAgents. Without
    --replace, Scapy keeps its own where it has one, and learns the rest. Options built by hand are padded;
    packet.auto_pad() shows how.
    """
    chosen = chosen_profile(profile)
    logging.getLogger("scapy").setLevel(logging.ERROR)  # it warns about the machine's interfaces when imported
    from dissectors.adapters import scapy_layers

    scapy_layers.install(chosen, replace=replace)
    names: dict[str, Any] = dict(scapy_layers.layers(chosen).by_name)
    if code is not None:
        _run(code, names, "-c")
    elif not is_terminal(sys.stdin):
        if sys.stdin is None:
            fail("it is closed", "pipe lines into it, or give them with -c", STANDARD_INPUT)
        _run(sys.stdin.read(), names, STANDARD_INPUT)
    else:
        _interact(names)


def _run(code: str, names: dict[str, Any], origin: str) -> None:
    """Run lines with what the prompt would offer; an error is the user's, and told in one line with its place."""
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("from scapy.all import *", space)
    space.update(names)
    try:
        exec(compile(code, origin, "exec"), space)
    except Exception as error:
        if isinstance(error, BrokenPipeError) and _reader_left():
            raise
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == origin]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        what = error.msg if isinstance(error, SyntaxError) else str(error)
        fail(f"{type(error).__name__}: {what}", "correct it there", f"{origin}:{line or '?'}")


def _reader_left() -> bool:
    """Whether it is standard output whose other end is closed, and not a pipe or socket of the user's."""
    watch = select.poll()
    try:
        watch.register(sys.stdout, 0)
    except (OSError, ValueError):
        return False
    return bool(watch.poll(0))


def _interact(names: dict[str, Any]) -> None:
    from scapy.main import interact

    interact(mydict=names, argv=["mhatool"], mybanner=f"mhatool {__version__}: our layers begin with MHA")

"""The command line. `main` is the entry point; what a command needs is imported when that command runs."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TextIO

INTERRUPTED = 130
WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `mhatool` with these arguments (`sys.argv` without them) and return its exit status.

    Whatever goes wrong becomes one line on standard error; a reader that left early is no error.
    """
    if sys.stderr is None or sys.stderr.closed:  # `print` would put warnings among the data
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - to the end of the process
    told = False
    if sys.stdout is None or sys.stdout.closed:  # and the next file that is opened would take its place
        from mhatool.cli.complaint import say

        return say("standard output is closed; open it, or send it to /dev/null")
    _write_whole()
    _show_any_name()
    try:
        if arguments is None:
            _end_as_by_an_interrupt()
        from mhatool.cli.app import run

        status = run(sys.argv[1:] if arguments is None else list(arguments))
        _flush(sys.stdout)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else (WRONG_USE if error.code else 0)
    except BaseException as error:
        from mhatool.cli.complaint import complain

        status = complain(error)
        told = True
    if arguments is None:
        from mhatool.protocol.collector import look_no_more

        look_no_more()
    return status if _let_go(told) else status or WRONG_USE


def _write_whole() -> None:
    """Have standard output write all that it is given, or say that it can't.

    Unbuffered (PYTHONUNBUFFERED, `python -u`) it is the file itself, which takes what there is room for and raises
    nothing: a full disk or a pipe that doesn't block cut what was printed. Lines still go out one by one.
    """
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        descriptor, encoding = sys.stdout.fileno(), sys.stdout.encoding
        sys.stdout = open(descriptor, "w", buffering=1, encoding=encoding, closefd=False)  # noqa: SIM115 - as above


def _show_any_name() -> None:
    """A name that isn't UTF-8 is shown escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _end_as_by_an_interrupt() -> None:
    """From here on SIGTERM and SIGHUP end a command as Ctrl-C does: what it has found by then is written."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # else whoever started it (nohup) wants it ignored
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Once: who insists with another SIGTERM ends it at once. A terminal that closes may well say so twice."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise KeyboardInterrupt


def _flush(stream: TextIO | None) -> None:
    if stream is not None and not stream.closed:
        stream.flush()


def _let_go(told: bool) -> bool:
    """Write what is left, so that nothing can fail after this; False where it can't, and a word unless told already."""
    try:
        _flush(sys.stdout)
    except BrokenPipeError:
        _discard(sys.stdout)
    except (OSError, ValueError) as error:
        _discard(sys.stdout)
        if not told:
            from mhatool.cli.complaint import complain

            complain(error)
        return False
    return True


def _discard(stream: TextIO) -> None:
    """Let the flush at the interpreter's end succeed."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


__all__ = ["main"]

"""The command line. `main` is the entry point; what a command needs is imported when that command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

INTERRUPTED = 130
WRONG_USE = 2
#: What a shell sets when it asks for completions.
_COMPLETION = frozenset({"COMP_WORDS", "_TYPER_COMPLETE_ARGS"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `mhatool` with these arguments (`sys.argv` without them) and return its exit status.

    Whatever goes wrong becomes one line on standard error; a reader that left early is no error.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a name that isn't UTF-8 is shown escaped instead of ending in an error
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    told = False
    if sys.stdout is None:
        from mhatool.cli.complaint import say

        return say("standard output is closed; open it, or send it to /dev/null")
    if os.environ.get("_MHATOOL_COMPLETE", "").startswith("complete") and not _COMPLETION & os.environ.keys():
        from mhatool.cli.complaint import say

        return say("_MHATOOL_COMPLETE is set, but there is nothing to complete; unset it")
    try:
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
    return status if _let_go(told) else status or WRONG_USE


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

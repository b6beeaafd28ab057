"""From an exception to the one line that a user sees."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from typing import Final

import typer

from dissectors.errors import WireError
from dissectors.profile import ProfileError
from mhatool.capture.errors import STANDARD_OUTPUT, CaptureError, one_line
from mhatool.capture.output import WITHOUT_ROOM
from mhatool.cli.common import INTERRUPTED, WRONG_USE, CommandError, input_name, make_room, running, styled
from mhatool.settings import SettingsError


def complain(error: BaseException) -> int:
    """Say on standard error what went wrong, in one line, and return the exit status."""
    if isinstance(error, typer.Abort | EOFError):
        return INTERRUPTED
    if os.environ.get("MHATOOL_TRACEBACK"):
        traceback.print_exception(error)
    return say(_what(error))


def say(what: str) -> int:
    """One line on standard error, if there is one; the exit status of wrong use."""
    make_room()
    if sys.stderr is not None:
        text = f"{styled('mhatool:', 'bold red', sys.stderr)} {one_line(what)}"
        with contextlib.suppress(OSError, ValueError):  # nobody is left to hear it
            print(text, file=sys.stderr, flush=True)
    return WRONG_USE


def _what(error: BaseException) -> str:
    match error:
        case CaptureError():
            return str(CaptureError(input_name(error.path), error.what, error.remedy, error.offset))
        case CommandError() | SettingsError() | ProfileError() | WireError():
            return str(error)
        case typer.TyperException():
            return _usage(error)
        case OSError() if error.strerror:
            return _refused(error, error.strerror.lower())
        case _:
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return f"internal error: {what.splitlines()[0]}; set MHATOOL_TRACEBACK=1 to see the traceback"


_NOT_OF_A_WRITE: Final[dict[int, str]] = {
    errno.ENOENT: "is the folder that you are in gone? change to another",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more (ulimit -n), or end other programs"),
    errno.ENOMEM: "allow more (ulimit -v), or end other programs",
}
"""What write() never says (POSIX), and what to do: an error without a file's name that has one of these isn't standard
output's."""


def _refused(error: OSError, reason: str) -> str:
    """What the system says of the file that it names; of standard output, which has no name; of the process itself."""
    number = error.errno or 0
    if error.filename is None and number in _NOT_OF_A_WRITE:
        return f"{reason}; {_NOT_OF_A_WRITE[number]}"
    place = error.filename or STANDARD_OUTPUT
    return f"{os.fsdecode(place)}: {reason}; {WITHOUT_ROOM.get(number, 'check the name and who may use it')}"


def _usage(error: typer.TyperException) -> str:
    """Typer's own message, after the command that it is about and before what to do."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else " ".join(["mhatool", *running])
    command = path.removeprefix("mhatool").strip()
    message = " ".join(error.format_message().split()).rstrip(".").replace("Value error, ", "")
    message = message[:1].lower() + message[1:]
    message, _, near = message.partition(". Did you mean ")
    if not near:
        message, _, near = message.partition(" (Possible options: ")
    remedy = f"did you mean {near.rstrip('?)').replace(', ', ' or ')}?" if near else f"see '{path} --help'"
    return f"{command + ': ' if command else ''}{message}; {remedy}"

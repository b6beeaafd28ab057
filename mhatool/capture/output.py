"""Where captures are written: a file or standard output, with errors in one line."""

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, Final, NoReturn, Self

from mhatool.capture.errors import STANDARD_OUTPUT, CaptureError

WITHOUT_ROOM: Final[dict[int, str]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room, then run it again"),
    errno.EFBIG: "choose another place, or allow larger files (ulimit -f)",
}
"""What to do where a disk is full, or one's share of it, or where a file may not become so large."""
_REMEDIES: Final[dict[int, str]] = {
    errno.ENOENT: "make its folder first",
    errno.ENOTDIR: "check the name: a part of it is no folder",
    errno.EISDIR: "name a file, not a folder",
    errno.EACCES: "choose another place, or get the right to write there",
    errno.EPERM: "choose another place, or get the right to write there",
    errno.EROFS: "choose another place: this one is read-only",
    **WITHOUT_ROOM,
}


class Output:
    """A stream for a writer. Errors become CaptureError, except BrokenPipeError: an early end is no error."""

    def __init__(self, path: str, stream: BinaryIO, owned: bool) -> None:
        self.path = path
        """The file as it was named, or `standard output`."""
        self._stream = stream
        self._owned = owned

    def write(self, data: bytes, /) -> None:
        """Take all of the octets. Raises CaptureError, BrokenPipeError."""
        try:
            self._stream.write(data)
        except OSError as error:
            _fail(self.path, error)

    def flush(self) -> None:
        """Pass on what was taken. Raises CaptureError, BrokenPipeError."""
        try:
            self._stream.flush()
        except OSError as error:
            _fail(self.path, error)

    def close(self) -> None:
        """Flush, and close what was opened here; standard output stays open. Raises CaptureError, BrokenPipeError."""
        if not self._owned:
            self.flush()
            return
        try:
            self._stream.close()
        except OSError as error:
            _fail(self.path, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_output(
    path: str | os.PathLike[str], *, inputs: Iterable[str | os.PathLike[str]] = (), text: bool = False
) -> Output:
    """Open a file to write, or standard output for `-`. What is named so (`.gz`, `.zst`) is packed.

    Raises CaptureError if it can't be written, if it is a terminal (which only takes `text`), or if the file is one of
    `inputs`: these are still being read, and opening one would empty it.
    """
    name = os.fspath(path)
    if name == "-":
        return _standard_output(text)
    _refuse_inputs(name, inputs)
    try:
        stream = open(name, "wb")  # noqa: SIM115  (Output closes it)
    except OSError as error:
        _fail(name, error)
    except ValueError as error:
        raise CaptureError(name, f"this is no file name: {error}", "check the name") from error
    if stream.isatty() and not text:  # /dev/stdout, /dev/tty
        stream.close()
        _refuse_terminal(name)
    return Output(name, _packed(name, stream), owned=True)


@contextmanager
def open_at_end(path: str | os.PathLike[str], *, inputs: Iterable[str | os.PathLike[str]] = ()) -> Iterator[Output]:
    """As `open_output`, for a block that may fail midway: a file is written when it has ended well, else not at all.

    An interrupt is no failure: what came until then is written. Standard output, pipes and devices get what comes at
    once. Until then all is kept in a temporary file. Raises CaptureError.
    """
    name = os.fspath(path)
    if name == "-" or not _can_be_replaced(name):
        with open_output(name, inputs=inputs) as output:
            yield output
        return
    _refuse_inputs(name, inputs)
    with _temporary() as kept:
        stream = Output("temporary file", kept, owned=False)
        try:
            yield stream
        except KeyboardInterrupt:
            _copy(kept, stream, name)
            raise
        _copy(kept, stream, name)


def _can_be_replaced(name: str) -> bool:
    """Whether it is a regular file, or may become one; what can't be written at all is for `open_output` to refuse."""
    if "\0" in name:
        return False
    there = os.path.exists(name)
    place = name if there else os.path.dirname(name) or os.curdir
    return (os.path.isfile(name) or not there) and os.access(place, os.W_OK)


def _temporary() -> BinaryIO:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        _fail("temporary file", error)


def _copy(kept: BinaryIO, stream: Output, name: str) -> None:
    stream.flush()
    kept.seek(0)
    with open_output(name) as output:
        shutil.copyfileobj(kept, output)


def _refuse_inputs(name: str, inputs: Iterable[str | os.PathLike[str]]) -> None:
    for other in inputs:
        if os.fspath(other) != "-" and _same_file(name, other):
            raise CaptureError(name, "this is the file that is read", "write to another file")


def _packed(name: str, stream: BinaryIO) -> BinaryIO:
    if not name.endswith((".gz", ".zst")):
        return stream
    from mhatool.capture.packing import packing  # late: few captures are written so

    return packing(name, stream)


def _standard_output(text: bool) -> Output:
    if sys.stdout is None or sys.stdout.closed:
        raise CaptureError(STANDARD_OUTPUT, "it is closed", "name a file with -w FILE")
    if sys.stdout.isatty() and not text:
        _refuse_terminal(STANDARD_OUTPUT)
    return Output(STANDARD_OUTPUT, sys.stdout.buffer, owned=False)


def _refuse_terminal(name: str) -> NoReturn:
    remedy = "name a file with -w FILE, or pipe it into another program"
    raise CaptureError(name, "a capture isn't written to a terminal", remedy)


def _same_file(one: str, other: str | os.PathLike[str]) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def _fail(path: str, error: OSError) -> NoReturn:
    if isinstance(error, BrokenPipeError):
        raise error
    remedy = _REMEDIES.get(error.errno or 0, "choose another place")
    reason = (error.strerror or "unknown reason").lower()
    raise CaptureError(path, f"it can't be written: {reason}", remedy) from error

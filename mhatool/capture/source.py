"""Octets for the parsers: from a file or standard input, forward only, no more at a time than asked and a piece."""

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from typing import BinaryIO, Final

from mhatool.capture import ending
from mhatool.capture.errors import STANDARD_INPUT, CaptureError

PIECE: Final = 256 * 1024
"""Octets asked of the system at a time."""


class DamagedStreamError(Exception):
    """No octet can be had past this point; `str()` says why, in one line."""


class ByteSource:
    """Pieces of octets made into what a parser needs: look ahead, then take at least so many."""

    __slots__ = ("_pending", "_pieces", "damage")

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._pending = b""
        self.damage: str | None = None
        """Why the octets end before the true end; None while, or if, they don't."""

    def peek(self, count: int) -> bytes:
        """The next octets without taking them: `count` or more, fewer only at the end."""
        if len(self._pending) < count:
            self._pending = self.read_at_least(count)
        return self._pending

    def read_at_least(self, count: int) -> bytes:
        """Take `count` octets or as many more as are at hand; fewer only at the end, none (`b""`) after it.

        It waits for no more than `count`: what comes through a pipe is seen as soon as it is complete.
        """
        taken, self._pending = self._pending, b""
        if len(taken) >= count and taken:
            return taken
        parts, size = [taken] if taken else [], len(taken)
        try:
            while size < count or not size:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                parts.append(piece)
                size += len(piece)
        except (DamagedStreamError, OSError) as error:
            self._pieces = iter(())
            self.damage = f"it can't be read: {error.strerror}" if isinstance(error, OSError) else str(error)
        return parts[0] if len(parts) == 1 else b"".join(parts)  # one piece isn't copied

    def skip(self, count: int) -> None:
        """Take octets that `peek` has shown."""
        self._pending = self._pending[count:]

    def forget(self) -> None:
        """What is at hand isn't wanted: the pieces go on elsewhere."""
        self._pending = b""

    def pieces_of_next(self, count: int) -> Iterator[bytes]:
        """The next `count` octets, a piece at a time; fewer only at the end."""
        while count > 0 and (piece := self.peek(1)[:count]):
            self.skip(len(piece))
            count -= len(piece)
            yield piece

    def pieces(self) -> Iterator[bytes]:
        """All that is left, a piece at a time. Raises `DamagedStreamError` at the place of a damage."""
        while piece := self.read_at_least(1):
            yield piece
        if self.damage:
            raise DamagedStreamError(self.damage)


class RawInput:
    """An open file or standard input, with the count of what was read from it."""

    __slots__ = ("_owned", "_read", "_stream", "bytes_read", "on_piece", "on_progress", "path", "size")

    def __init__(self, path: str, stream: BinaryIO, owned: bool) -> None:
        self.path = path
        self.bytes_read = 0
        self.size = _size_of(stream)
        self.on_progress: Callable[[], object] | None = None
        """Called after each read."""
        self.on_piece: Callable[[bytes], object] | None = None
        """Called with what each read gave, unless it is read by another process."""
        self._stream = stream
        self._owned = owned
        # read1 gives what one read of the system gives: a pipe's packets come through at once
        self._read: Callable[[int], bytes | None] = getattr(stream, "read1", stream.read)

    def pieces(self) -> Iterator[bytes]:
        """The octets as the system gives them; reads may be short. Raises OSError."""
        while piece := self._read(PIECE):
            self.bytes_read += len(piece)
            if self.on_progress is not None:
                self.on_progress()
            if self.on_piece is not None:
                self.on_piece(piece)
            yield piece

    @property
    def descriptor(self) -> int | None:
        """That of a regular file that was opened here, and so is read from its beginning; None for anything else."""
        return self._stream.fileno() if self._owned and self.size is not None else None

    def go_to(self, offset: int) -> None:
        """Go on reading at this octet of a regular file; those before it count as read."""
        self._stream.seek(offset)
        self.bytes_read = offset
        if self.on_progress is not None:
            self.on_progress()

    def end(self) -> None:
        """Let a pipe end here (see `ending`); one that is closed has. For signal handlers too."""
        if not self._stream.closed:
            ending.end(self._stream.fileno())

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._owned:
            self._stream.close()


_looked_at: Final[dict[str, BufferedReader]] = {}
"""Pipes whose beginning was asked for, open until somebody reads them."""


def beginning(path: str) -> bytes:
    """The first octets of a pipe with a name, as many as come at once; who opens it next gets them too.

    Raises OSError.
    """
    if path not in _looked_at:
        _looked_at[path] = BufferedReader(FileIO(path), PIECE)  # who reads it closes it
    return _looked_at[path].peek(1)


def open_stream(path: str) -> BinaryIO:
    """A file by name; a pipe whose beginning was asked for is read from there on. Raises OSError, ValueError."""
    return _looked_at.pop(path, None) or open(path, "rb", buffering=0)


_kept: Final[dict[str, str]] = {}
"""Inputs that can be read once: where they are kept meanwhile."""


@contextmanager
def kept(path: str) -> Iterator[None]:
    """While it is open, what can be read once, by name or `-`, can be read again: it is in a temporary file.

    Raises CaptureError as `open_input` does, and where there is no room for it.
    """
    raw = open_input(path)
    try:
        file = tempfile.NamedTemporaryFile(prefix="mhatool-")  # noqa: SIM115 - closed below
    except OSError as error:
        raise _no_room(raw.path, error) from error
    with file:
        try:
            file.writelines(raw.pieces())
            file.flush()
        except OSError as error:
            raise _no_room(raw.path, error) from error
        finally:
            raw.close()
        _kept[path] = file.name
        try:
            yield
        finally:
            del _kept[path]


def is_kept(path: str) -> bool:
    """Whether what can be read once is kept, so that it can be read again."""
    return path in _kept


def place_of(path: str) -> str:
    """The file that another program can read: what is kept, or the one that is named."""
    return _kept.get(path, path)


def _no_room(path: str, error: OSError) -> CaptureError:
    what = f"it is read more than once, and can't be kept in {tempfile.gettempdir()}: {error.strerror}"
    return CaptureError(path, what, "write it to a file, and name that")


def open_input(path: str) -> RawInput:
    """Open a file by name, or standard input for `-`.

    Raises CaptureError for: no such file, a directory, no permission, standard input closed or a terminal.
    """
    if path in _kept:
        return RawInput(STANDARD_INPUT if path == "-" else path, open(_kept[path], "rb", buffering=0), owned=True)
    if path == "-":
        return _standard_input()
    try:
        stream = open_stream(path)
    except (OSError, ValueError) as error:
        raise _why_not(path, error) from error
    return RawInput(path, stream, owned=True)


def _standard_input() -> RawInput:
    if sys.stdin is None or sys.stdin.closed:
        raise CaptureError(STANDARD_INPUT, "it is closed", "pipe a capture into it, or name a file")
    if sys.stdin.isatty():
        raise CaptureError(STANDARD_INPUT, "it is a terminal", "pipe a capture into it, or name a file")
    return RawInput(STANDARD_INPUT, sys.stdin.buffer, owned=False)


def _why_not(path: str, error: OSError | ValueError) -> CaptureError:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return CaptureError(path, "there is no such file", "check the name")
        case IsADirectoryError():
            return CaptureError(path, "this is a directory", "name the capture files in it")
        case PermissionError():
            return CaptureError(path, "permission denied", "let its owner give you the right to read it, or use sudo")
        case OSError():
            return CaptureError(path, f"it can't be opened: {error.strerror}", "check the name")
        case _:
            return CaptureError(path, f"this is no file name: {error}", "check the name")


def _size_of(stream: BinaryIO) -> int | None:
    """Octets of a regular file; None for pipes, devices and streams that are no files."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # io.UnsupportedOperation is one: a stream in memory
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None

"""A node's events in a file, each when it happens; where the file can't grow the trace ends, and the node goes on.

A node that is started again goes on with the trace that is there: what led to its end is told by what stands before it.
A file that is renamed, removed or emptied meanwhile, as logrotate(8) does, is begun anew.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import BinaryIO, Final

import msgspec

from mhatool.engine.events import Event
from mhatool.live.errors import LiveError
from mhatool.live.locks import lock
from mhatool.trace import Header, TraceWriter

_LONGEST_LINE: Final = 1 << 16
"""The first line of a node's trace is far shorter."""


class TraceFile:
    """One run's. LiveError where it can't be begun; `warn` hears where it ends before the node does."""

    def __init__(self, path: str, header: Header, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        self._header = header
        self._begin()

    def _begin(self) -> None:
        try:
            self._file: BinaryIO | None = open(self._path, "ab")  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise self._useless(error) from error
        try:
            goes_on = self._goes_on(self._file, self._header)
            self._writer = TraceWriter(self._file, None if goes_on else self._header)
            self._file.flush()
            self._what = os.fstat(self._file.fileno())
        except OSError as error:
            self.close()
            raise self._useless(error) from error
        except LiveError:
            self.close()
            raise

    def _goes_on(self, file: BinaryIO, header: Header) -> bool:
        """Whether it has begun already; half a line at its end is let go. LiveError where it isn't this node's."""
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return False
        if not lock(file):
            raise LiveError(f"{self._path}: another node writes there; stop it, or give another `trace`")
        if not file.tell():
            return False
        with open(self._path, "rb") as written:
            first = written.readline(_LONGEST_LINE)
            written.seek(0)
            whole = _end_of_lines(written)
        if (reason := _unlike(first, header)) is not None:
            raise LiveError(f"{self._path}: {reason}; remove it, or give another `trace`")
        file.truncate(whole)
        return True

    def _useless(self, error: OSError) -> LiveError:
        return LiveError(f"{self._path}: {(error.strerror or '').lower()}; give another `trace`")

    def hear(self, event: Event) -> None:
        """Something happened at the node."""
        if self._file is None:
            return
        try:
            if self._was_rotated():
                self._file.close()
                self._begin()
            self._writer.write(event)
            self._file.flush()
        except OSError as error:
            self._warn(f"{self._path}: {(error.strerror or str(error)).lower()}: the trace ends here, the node goes on")
            self.close()
        except LiveError as error:
            self._file = None
            self._warn(f"{error}; the trace ends here, the node goes on")

    def _was_rotated(self) -> bool:
        """Whether its name is another file's or nobody's, or it is empty."""
        if not stat.S_ISREG(self._what.st_mode):
            return False
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return True
        return not there.st_size or not os.path.samestat(there, self._what)

    def close(self) -> None:
        """Write no more; what didn't fit is let go."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                return  # it was said when it was written


def _unlike(line: bytes, header: Header) -> str | None:
    """Why a file that begins with this line isn't the trace of a node; None where it is."""
    try:
        there = msgspec.json.decode(line, type=Header)
    except msgspec.DecodeError:
        return "it is there, and no trace"
    if there.schema != header.schema:
        return f"it is a trace by {there.schema}, and this is {header.schema}"
    if there.vantage_point != header.vantage_point:
        return f"it is the trace of {there.vantage_point}"
    if there.profile != header.profile:
        return f"it is a trace with the profile {there.profile}"
    return None


def _end_of_lines(file: BinaryIO) -> int:
    """The octet after the last whole line."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(end - _LONGEST_LINE, 0)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


__all__ = ["TraceFile"]

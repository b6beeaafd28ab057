"""A node's events in a file, each when it happens; where the file can't grow the trace ends, and the node goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from mhatool.engine.events import Event
from mhatool.live.errors import LiveError
from mhatool.trace import Header, TraceWriter


class TraceFile:
    """One run's. LiveError where it can't be begun; `warn` hears where it ends before the node does."""

    def __init__(self, path: str, header: Header, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        try:
            self._file: BinaryIO | None = open(path, "wb")  # noqa: SIM115 - closed by `close`
            self._writer = TraceWriter(self._file, header)
            self._file.flush()
        except OSError as error:
            raise LiveError(f"{path}: {(error.strerror or '').lower()}; give another `trace`") from error

    def hear(self, event: Event) -> None:
        """Something happened at the node."""
        if self._file is None:
            return
        try:
            self._writer.write(event)
            self._file.flush()
        except OSError as error:
            self._warn(f"{self._path}: {(error.strerror or str(error)).lower()}: the trace ends here, the node goes on")
            self.close()

    def close(self) -> None:
        """Write no more; what didn't fit is let go."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                return  # it was said when it was written


__all__ = ["TraceFile"]

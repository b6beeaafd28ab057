"""Write a trace."""

from __future__ import annotations

from typing import Protocol

import msgspec

from mhatool.engine.events import Event
from mhatool.trace.header import Header
from mhatool.trace.shape import record


class Sink(Protocol):
    """Where octets go."""

    def write(self, data: bytes, /) -> object:
        """Take all of the octets."""


class TraceWriter:
    """Writes the header at once and each event when it is told: the same events give the same octets."""

    def __init__(self, sink: Sink, header: Header | None) -> None:
        """`header` is None where the sink has a trace already that goes on."""
        self._sink = sink
        self._encoder = msgspec.json.Encoder()
        self.events = 0
        if header is not None:
            self._line(header)

    def write(self, event: Event) -> None:
        """Write an event."""
        self.events += 1
        self._line(record(event))

    def _line(self, value: object) -> None:
        self._sink.write(self._encoder.encode(value) + b"\n")


__all__ = ["TraceWriter"]

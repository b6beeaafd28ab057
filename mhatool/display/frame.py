"""One frame as everything here takes it: where it is from, the record in the capture, what the walker found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dissectors.packet import Packet
    from mhatool.capture.record import Record


class Frame(NamedTuple):
    """A dissected frame of a capture."""

    file: str
    """The capture as it was named; `-` for standard input."""
    record: Record
    packet: Packet

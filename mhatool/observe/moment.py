"""When and where something was first seen."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from mhatool.exchange import Frame


class Seen(Protocol):
    """A sighting, or a message that was taken from one."""

    @property
    def time_ns(self) -> int:
        """Nanoseconds since 1970."""

    @property
    def frame(self) -> Frame:
        """Where it is."""


class Moment(NamedTuple):
    """A time, nanoseconds since 1970, and the frame that shows it."""

    time_ns: int
    frame: Frame

"""What happened to a binding, as a reader wants it told."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from mhatool.exchange import Frame


class EventKind(StrEnum):
    """What happened."""

    REGISTERED = "registered"
    REFRESHED = "refreshed"
    MOVED = "moved"
    DEREGISTERED = "deregistered"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    PENDING = "pending"
    EXPIRED = "expired"
    REPLACED = "replaced"
    BINDING_ERROR = "binding error"
    LOST = "lost"


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened to a home address at a home agent.

    `time_ns` is the acknowledgement's, or the first update's where nothing answered; `until_ns` the last update's of
    several. `asked_ns`: when the first update was sent that led to it. `sequence_numbers`: of the updates, in order.
    `shown_by`: the packet in the tunnel that shows it where no acknowledgement was seen; the time is that one's then.
    """

    time_ns: int
    kind: EventKind
    home_address: bytes
    home_agent: bytes
    care_of_address: bytes | None = None
    previous_care_of_address: bytes | None = None
    sequence_numbers: tuple[int, ...] = ()
    lifetime_s: int | None = None
    status: int | None = None
    frames: tuple[Frame, ...] = ()
    asked_ns: int | None = None
    until_ns: int | None = None
    shown_by: Frame | None = None

    @property
    def latency_ns(self) -> int | None:
        """From first update to answer, 0 where that is stamped before it; None where one of them wasn't seen."""
        return max(0, self.time_ns - self.asked_ns) if self.asked_ns is not None else None

"""What the observer rebuilds: bindings, the spans of their care-of addresses, and the registrations that made them.

Times are nanoseconds since 1970, lifetimes seconds.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from mhatool.exchange import Acknowledgement, Frame, Update
from mhatool.exchange.history import History


class Kind(StrEnum):
    """What a home registration is for, by what was known when it was sent."""

    REGISTRATION = "registration"
    REFRESH = "refresh"
    MOVE = "move"
    RETRANSMISSION = "retransmission"
    DEREGISTRATION = "deregistration"


class EndReason(StrEnum):
    """Why a binding ended."""

    DEREGISTERED = "deregistered"
    """The home agent acknowledged its deletion."""
    EXPIRED = "expired"
    """Nothing prolonged it: the last accepted update and its lifetime give the time, no packet does."""
    REPLACED = "replaced"
    """The home agent accepted a number that it would have refused had it still had the binding."""
    BINDING_ERROR = "binding_error"
    """The home agent said that it has none."""
    LOST = "lost"
    """The home agent told by a Heartbeat that it was started anew, or goes: it has no bindings (RFC 5847)."""
    CAPTURE_END = "capture_end"
    """None that was seen: it still held when the capture ended."""


class SignKind(StrEnum):
    """What shows that a home agent lives and has the binding."""

    ACKNOWLEDGEMENT = "acknowledgement"
    TUNNELLED_PACKET = "tunnelled_packet"
    MESSAGE = "message"
    """Any other message of a home agent's, whoever it is for."""


class Sign(Struct, frozen=True):
    """A home agent's sign of life: it answered, tunnelled a packet for the home address, or sent another message."""

    time_ns: int
    frame: Frame
    kind: SignKind


class Span(Struct):
    """A care-of address, from the acknowledgement that accepted it on; `end_ns` is None while it is the binding's."""

    care_of_address: bytes
    start_ns: int | None
    end_ns: int | None = None


class Registration(Struct):
    """A home registration: a Binding Update, its answer, and the agent's last sign of life before it.

    `update` is None where only the acknowledgement was seen. `shown_by`: the packet that shows that it was accepted
    though no answer was seen, tunnelled to its care-of address when the binding would have been over without it.
    `identifier` is that of one of several bindings at once (RFC 5648, 4.1).
    """

    kind: Kind
    update: Update | None
    acknowledgement: Acknowledgement | None = None
    sign_before: Sign | None = None
    shown_by: Sign | None = None
    identifier: int | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it was answered with a status under 128, or without any answer in sight shown to be accepted."""
        if self.acknowledgement is not None:
            return self.acknowledgement.accepts
        return self.shown_by is not None

    @property
    def care_of_address(self) -> bytes | None:
        """The update's, or where that wasn't seen the destination of the acknowledgement."""
        if self.update is not None:
            return self.update.care_of_address
        return self.acknowledgement.destination if self.acknowledgement is not None else None

    @property
    def sequence_number(self) -> int:
        """The update's, or where that wasn't seen the acknowledgement's."""
        message = self.update or self.acknowledgement
        return message.sequence_number if message is not None else 0

    @property
    def lifetime_s(self) -> int:
        """What was granted, or where no answer was seen asked for; 0 for a deletion."""
        if self.update is not None and self.update.deletes:
            return 0
        message = self.acknowledgement or self.update
        return message.lifetime_s if message is not None else 0

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Where update and acknowledgement were first seen."""
        return tuple(message.frame for message in (self.update, self.acknowledgement) if message is not None)


class Binding(Struct):
    """A home address at a home agent.

    `start_ns` is the time of the first accepting acknowledgement (or of a packet that shows one), None where none was
    seen; `is_older`: it surely existed before. `expires_ns`: the lifetime that was granted last, counted from its
    update, as both nodes do, or from the acknowledgement where no update was seen. `end_ns` is None as long as it
    holds. `registrations` are those that were accepted for it, its deletion included; of them and of the spans at most
    the latest of many are kept. `care_of_addresses` counts every span. `ended_by`: the Binding Error or Heartbeat
    that did.
    """

    home_address: bytes
    home_agent: bytes
    start_ns: int | None
    spans: History[Span]
    registrations: History[Registration]
    identifier: int | None = None
    lifetime_s: int = 0
    expires_ns: int | None = None
    end_ns: int | None = None
    end_reason: EndReason | None = None
    care_of_addresses: int = 0
    last_tunnelled: Sign | None = None
    is_older: bool = False
    ended_by: Frame | None = None

    @property
    def care_of_address(self) -> bytes | None:
        """The latest one; None where only the deletion was seen."""
        return self.spans[-1].care_of_address if self.spans else None

    @property
    def confirmed_ns(self) -> int | None:
        """When its home agent last accepted an update of it, nanoseconds since 1970; None where no answer was seen."""
        newest = self.registrations[-1] if self.registrations else None
        seen = (newest.acknowledgement or newest.shown_by) if newest is not None else None
        return seen.time_ns if seen is not None else None

    @property
    def refreshes(self) -> int:
        """How many accepted registrations prolonged it without a new care-of address, retransmitted ones included."""
        updates = [r.update for r in self.registrations if r.update is not None and not r.update.deletes]
        return sum(new.care_of_address == old.care_of_address for old, new in pairwise(updates))

    @property
    def grants(self) -> list[tuple[bytes | None, int]]:
        """Care-of address and lifetime of each registration but the deletion."""
        return [(r.care_of_address, r.lifetime_s) for r in self.registrations if r.lifetime_s]

    def move(self, care_of_address: bytes, time_ns: int) -> None:
        """A new span begins."""
        if self.spans:
            self.spans[-1].end_ns = time_ns
        self.spans.add(Span(care_of_address, time_ns))
        self.care_of_addresses += 1

    def end(self, time_ns: int, reason: EndReason) -> None:
        """Close it and its last span."""
        self._close(time_ns, reason)

    def expire(self) -> None:
        """Close it when its lifetime was over, though not before its latest span: that answer may have come later."""
        began_ns = self.spans[-1].start_ns if self.spans else self.start_ns
        self.end(max(self.expires_ns or 0, began_ns or 0), EndReason.EXPIRED)

    def reopen(self) -> None:
        """It didn't end then, as is seen only now."""
        self._close(None, None)
        self.ended_by = None

    def _close(self, time_ns: int | None, reason: EndReason | None) -> None:
        self.end_ns, self.end_reason = time_ns, reason
        if self.spans:
            self.spans[-1].end_ns = time_ns

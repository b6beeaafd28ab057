"""What is rebuilt of bindings at correspondents: records. Times are nanoseconds since 1970, lifetimes seconds."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from mhatool.exchange import Acknowledgement, Frame, Update
from mhatool.exchange.history import History
from mhatool.observe.binding import Kind
from mhatool.observe.moment import Moment
from mhatool.observe.testing import RoutabilityTest


class CorrespondentEnd(StrEnum):
    """Why a binding at a correspondent ended."""

    DEREGISTERED = "deregistered"
    """Its deletion was sent, or acknowledged where an acknowledgement was asked for."""
    EXPIRED = "expired"
    """Nothing prolonged it: the last update and its lifetime give the time, no packet does."""
    REPLACED = "replaced"
    """An update came with a number that a correspondent with the old binding would have refused."""
    BINDING_ERROR = "binding_error"
    """The correspondent said that it has none."""
    CAPTURE_END = "capture_end"
    """None that was seen: it still held when the capture ended."""


class ProofKind(StrEnum):
    """What shows that a correspondent took a Binding Update, the strongest first."""

    ACKNOWLEDGEMENT = "acknowledgement"
    """It said so."""
    ROUTING_HEADER = "type_2_routing_header"
    """It sent data to the care-of address."""
    HOME_ADDRESS_OPTION = "home_address_option"
    """The mobile node sent data with a Home Address option, and no Binding Error came back."""


_RANK = {kind: rank for rank, kind in enumerate(ProofKind)}


class Proof(Struct, frozen=True):
    """What shows that a correspondent has a care-of address, and the first packet that does."""

    kind: ProofKind
    moment: Moment

    def is_stronger(self, other: Proof | None) -> bool:
        """Whether it says more than the other one."""
        return other is None or _RANK[self.kind] < _RANK[other.kind]


class CorrespondentUpdate(Struct):
    """A Binding Update to a correspondent.

    Nonce indices and authenticator are None where the update has no such option. `proof` is what showed first, and at
    its strongest, that it was taken; for a refresh, sent once or again, data counts only after the time at which the
    binding would have run out without it (`due_ns`). `home_test` and `care_of_test` are those whose tokens it used,
    where they were seen.
    """

    kind: Kind
    update: Update
    home_nonce_index: int | None = None
    care_of_nonce_index: int | None = None
    authenticator: bytes | None = None
    acknowledgement: Acknowledgement | None = None
    error: Moment | None = None
    proof: Proof | None = None
    due_ns: int | None = None
    home_test: RoutabilityTest | None = None
    care_of_test: RoutabilityTest | None = None

    @property
    def wants_acknowledgement(self) -> bool:
        """The A flag."""
        return "A" in self.update.flags

    @property
    def is_refused(self) -> bool:
        """Whether it was answered with a status of 128 or more, or with a Binding Error."""
        return self.error is not None or (self.acknowledgement is not None and not self.acknowledgement.accepts)

    @property
    def lifetime_s(self) -> int:
        """What was granted, or where no answer was seen asked for; 0 for a deletion."""
        return 0 if self.update.deletes else (self.acknowledgement or self.update).lifetime_s

    @property
    def result(self) -> str:
        """One of accepted (a packet shows it), refused, unanswered (the A flag is set), unshown (nothing tells)."""
        if self.is_refused:
            return "refused"
        if self.proof is not None:
            return "accepted"
        return "unanswered" if self.wants_acknowledgement else "unshown"

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Where the update and its acknowledgement were first seen."""
        return tuple(message.frame for message in (self.update, self.acknowledgement) if message is not None)


class CorrespondentSpan(Struct):
    """A care-of address, from the update that brought it on; `end_ns` is None while it is the binding's.

    `proof` shows that the correspondent took it, `last_used` is the latest data that did.
    """

    care_of_address: bytes
    start_ns: int
    end_ns: int | None = None
    proof: Proof | None = None
    last_used_ns: int | None = None


class CorrespondentBinding(Struct):
    """A home address at a correspondent.

    `start_ns` is the time of the first update, or of its acknowledgement where it asked for one; None where the
    beginning wasn't seen. `expires_ns` follows from the last update that was taken; `updates` are those, the deletion
    included; of them and of the spans at most the latest of many.
    """

    home_address: bytes
    correspondent: bytes
    start_ns: int | None
    spans: History[CorrespondentSpan]
    updates: History[CorrespondentUpdate]
    lifetime_s: int = 0
    expires_ns: int | None = None
    end_ns: int | None = None
    end_reason: CorrespondentEnd | None = None
    is_older: bool = False

    @property
    def care_of_address(self) -> bytes | None:
        """The latest one; None where only the deletion was seen."""
        return self.spans[-1].care_of_address if self.spans else None

    @property
    def proof(self) -> Proof | None:
        """What shows that it existed at all: the first span's proof that there is."""
        return next((span.proof for span in self.spans if span.proof is not None), None)

    @property
    def grants(self) -> list[tuple[bytes | None, int]]:
        """Care-of address and lifetime of each update but the deletion."""
        return [(seen.update.care_of_address, seen.lifetime_s) for seen in self.updates if seen.lifetime_s]

    def expire(self) -> None:
        """Close it when its lifetime was over, though not before its latest span: that answer may have come later."""
        began_ns = self.spans[-1].start_ns if self.spans else self.start_ns
        self.end(max(self.expires_ns or 0, began_ns or 0), CorrespondentEnd.EXPIRED)

    def end(self, time_ns: int, reason: CorrespondentEnd) -> None:
        """Close it and its last span."""
        self.end_ns, self.end_reason = time_ns, reason
        if self.spans:
            self.spans[-1].end_ns = time_ns

"""A Binding Update at a correspondent, read (RFC 6275, 9.5.1)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dissectors.ipv6.address import is_multicast, is_routable_unicast
from dissectors.mobility.binding import BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress, BindingAuthorizationData, NonceIndices
from dissectors.spec import Flags
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import Drop, DropReason
from mhatool.protocol.return_routability import AUTHENTICATOR_SIZE


class Request(Struct, frozen=True):
    """What a correspondent needs of a Binding Update; `source` is where an answer goes.

    `address` is the correspondent's own: its home address where it is away itself, and the update came routed there
    (RFC 6275, 6.2.7).
    """

    home_address: bytes
    care_of_address: bytes
    address: bytes
    source: bytes
    deletes: bool
    lifetime_s: int
    sequence_number: int
    flags: Flags
    nonces: NonceIndices | None
    proof: bytes | None
    header: bytes

    @property
    def proven_address(self) -> bytes:
        """What authenticators cover as the care-of address: the home address in a deletion (RFC 6275, 6.2.7)."""
        return self.home_address if self.deletes else self.care_of_address

    @property
    def routed_to(self) -> bytes | None:
        """The home address for a type 2 routing header of the answer; None where it goes there anyhow."""
        return self.home_address if self.source != self.home_address else None


def read_request(arrival: Arrival) -> Request | Drop:
    """The request in a Binding Update, or why it is discarded without an answer."""
    update: BindingUpdate = arrival.message
    home = arrival.true_source
    if is_multicast(arrival.destination) or not is_routable_unicast(arrival.source):
        return Drop(DropReason.MULTICAST, "a Binding Update goes from a unicast address to one")
    if not is_routable_unicast(home):
        return Drop(DropReason.HOME_ADDRESS, "the home address isn't a unicast routable address")
    options: dict[type, Any] = {option.__class__: option for option in reversed(update.options)}
    alternate = options.get(AlternateCareOfAddress)
    care_of = alternate.care_of_address if alternate is not None else arrival.source
    if not is_routable_unicast(care_of):
        return Drop(DropReason.CARE_OF_ADDRESS, "the care-of address isn't a unicast routable address")
    return Request(
        home_address=home,
        care_of_address=care_of,
        address=arrival.true_destination,
        source=arrival.source,
        deletes=update.lifetime_s == 0 or care_of == home,
        lifetime_s=update.lifetime_s,
        sequence_number=update.sequence_number,
        flags=update.flags,
        nonces=options.get(NonceIndices),
        proof=_proof(update),
        header=arrival.upper_octets,
    )


def _proof(update: BindingUpdate) -> bytes | None:
    """The authenticator, where it is the last option and has its size (RFC 6275, 6.2.7)."""
    last = update.options[-1] if update.options else None
    if not isinstance(last, BindingAuthorizationData) or len(last.authenticator) != AUTHENTICATOR_SIZE:
        return None
    return last.authenticator


__all__ = ["Request", "read_request"]

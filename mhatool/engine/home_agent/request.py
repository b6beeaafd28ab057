"""A Binding Update at a home agent, read: who asks for what (RFC 6275, 9.5.1, and the paper's list)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dissectors.ipv6.address import is_multicast, is_routable_unicast
from dissectors.mobility.binding import BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress, NonceIndices
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.spec import Flags
from mhatool.engine.arrival import Arrival
from mhatool.engine.commands import KeptBinding
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.home_agent.configuration import SecurityAssociation
from mhatool.protocol.lifetime import LIFETIME_UNIT_S, NS_PER_S


class Request(Struct, frozen=True):
    """What a home agent needs of a Binding Update.

    `source` is where the answer goes, `routed` whether a type 2 routing header takes it on to the home address.
    `deletes`: lifetime zero, or the care-of address is the home address. `agents` is the Multiple Home Agents option's
    list, empty without one.
    """

    home_address: bytes
    care_of_address: bytes
    agent: bytes
    source: bytes
    routed: bool
    deletes: bool
    lifetime_s: int
    sequence_number: int
    flags: Flags
    agents: tuple[bytes, ...]
    timestamp: int | None
    proof: MobilityMessageAuthentication | None
    header: bytes
    interface: str
    link_source: bytes


class Signature(Struct, frozen=True):
    """How an answer is protected: with which key, and which timestamp it carries (RFC 4285)."""

    association: SecurityAssociation
    timestamp: int | None


def kept_request(kept: KeptBinding, now: int) -> Request | None:
    """What a Binding Update would ask for that led to a kept binding, now; None: it is over."""
    left_s = (kept.expires_ns - now) // NS_PER_S
    if left_s < LIFETIME_UNIT_S:
        return None
    return Request(
        home_address=kept.home_address,
        care_of_address=kept.care_of_address,
        agent=kept.agent,
        source=kept.care_of_address,
        routed=True,
        deletes=False,
        lifetime_s=left_s,
        sequence_number=kept.sequence_number,
        flags=Flags(kept.flags),
        agents=kept.home_agents,
        timestamp=None,
        proof=None,
        header=b"",
        interface="",
        link_source=bytes(6),
    )


def _own(update: BindingUpdate) -> dict[type, Any]:
    """Its options by class; of several of one class the first one counts."""
    found: dict[type, Any] = {}
    for option in update.options:
        found.setdefault(option.__class__, option)
    return found


def read_request(arrival: Arrival) -> Request | Drop:
    """The request in a Binding Update, or why it is discarded without an answer."""
    update: BindingUpdate = arrival.message
    home = arrival.true_source
    source = arrival.source
    if is_multicast(arrival.destination) or not is_routable_unicast(source):
        return Drop(DropReason.MULTICAST, "a Binding Update goes from a unicast address to one")
    if not is_routable_unicast(home):
        return Drop(DropReason.HOME_ADDRESS, "the home address isn't a unicast routable address")
    options = _own(update) if update.options else {}
    alternate = options.get(AlternateCareOfAddress)
    care_of = alternate.care_of_address if alternate is not None else source
    deletes = update.lifetime_s == 0 or care_of == home
    if care_of != source and not is_routable_unicast(care_of):
        return Drop(DropReason.CARE_OF_ADDRESS, "the care-of address isn't a unicast routable address")
    if NonceIndices in options and "H" in update.flags:
        return Drop(DropReason.OPTION, "nonce indices in a home registration (RFC 6275, 9.5.1)")
    if arrival.home_address is None and not deletes:
        return Drop(DropReason.HOME_ADDRESS, "a registration without a Home Address option (RFC 6275, 10.3.1)")
    listed = options.get(MultipleHomeAgents)
    stamp: MessageIdentification | None = options.get(MessageIdentification)
    return Request(
        home_address=home,
        care_of_address=care_of,
        agent=arrival.destination,
        source=source,
        routed=source != home,
        deletes=deletes,
        lifetime_s=update.lifetime_s,
        sequence_number=update.sequence_number,
        flags=update.flags,
        agents=listed.home_agents if listed is not None else (),
        timestamp=stamp.timestamp if stamp is not None else None,
        proof=options.get(MobilityMessageAuthentication),
        header=arrival.upper_octets,
        interface=arrival.interface,
        link_source=arrival.link_source,
    )


__all__ = ["Request", "Signature", "kept_request", "read_request"]

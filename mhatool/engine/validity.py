"""What any node discards before it looks at the content, by the rules of RFC 4861 and RFC 6275 for receivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dissectors.icmpv6.neighbour_discovery import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, is_link_local, is_multicast
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingRefreshRequest, BindingUpdate
from dissectors.mobility.header import MobilityMessage, UnknownMobility
from dissectors.mobility.return_routability import CareOfTest, CareOfTestInit, HomeTest, HomeTestInit
from mhatool.engine.arrival import Arrival
from mhatool.engine.departure import ON_LINK
from mhatool.engine.drops import Drop, DropReason
from mhatool.protocol.neighbourhood import is_solicited_node

KNOWN_TYPES: Final = frozenset(
    (
        *(BindingRefreshRequest, HomeTestInit, CareOfTestInit, HomeTest, CareOfTest),
        *(BindingUpdate, BindingAcknowledgement, BindingError),
    )
)
"""What every node knows: the types of RFC 6275, 6.1.1, whichever of them it takes."""


def is_unknown_type(message: Any) -> bool:
    """Whether a message, which the node doesn't take, is of a Mobility Header type that means nothing to it.

    Such a one is answered by a Binding Error with status 2 (RFC 6275, 9.2), on which extensions rely to find out who
    knows them (RFC 5847, 3.1). What only another role takes is of a known type, and is discarded without an answer.
    """
    return isinstance(message, MobilityMessage | UnknownMobility) and message.__class__ not in KNOWN_TYPES


def beyond_link(arrival: Arrival) -> str | None:
    """Why neighbour discovery can't be of this link: its hop limit, or a tunnel (RFC 4861, 6.1 and 7.1)."""
    if arrival.hop_limit != ON_LINK:
        return f"neighbour discovery with hop limit {arrival.hop_limit}"
    return "neighbour discovery out of a tunnel" if arrival.through is not None else None


def neighbour_drop(arrival: Arrival) -> Drop | None:
    """Why a message of neighbour discovery is discarded in silence; None: it is valid (RFC 4861, 6.1 and 7.1).

    It must come from the link and obey the rules of its type. Checksum and lengths are others' business.
    """
    if (why := beyond_link(arrival)) is not None:
        return Drop(DropReason.HOP_LIMIT, why)
    return rule_drop(arrival.message, arrival.source, arrival.destination)


def rule_drop(message: Any, source: bytes, destination: bytes) -> Drop | None:
    """The same of a message that came from the link: its code is 0, and its type has rules."""
    if message.code:
        return Drop(DropReason.CODE, f"code {message.code}")
    return _RULES[message.__class__](message, source, destination)


def _router_solicitation(message: Any, source: bytes, destination: bytes) -> Drop | None:
    return _nobodys_link_address(message, source, "6.1.1")


def _router_advertisement(message: Any, source: bytes, destination: bytes) -> Drop | None:
    if is_link_local(source):
        return None
    return Drop(DropReason.MALFORMED, "an advertisement comes from a link-local address (RFC 4861, 6.1.2)")


def _neighbor_solicitation(message: Any, source: bytes, destination: bytes) -> Drop | None:
    if is_multicast(message.target):
        return Drop(DropReason.MULTICAST, "nobody has a group's address (RFC 4861, 7.1.1)")
    if source == UNSPECIFIED and not is_solicited_node(destination):
        return Drop(DropReason.MULTICAST, "from nobody, and not to a solicited-node group (RFC 4861, 7.1.1)")
    return _nobodys_link_address(message, source, "7.1.1")


def _neighbor_advertisement(message: Any, source: bytes, destination: bytes) -> Drop | None:
    if is_multicast(message.target):
        return Drop(DropReason.MULTICAST, "nobody has a group's address (RFC 4861, 7.1.2)")
    if "S" in message.flags and is_multicast(destination):
        return Drop(DropReason.CODE, "solicited, but sent to a group (RFC 4861, 7.1.2)")
    return None


def _nobodys_link_address(message: Any, source: bytes, section: str) -> Drop | None:
    if source == UNSPECIFIED and any(isinstance(option, SourceLinkLayerAddress) for option in message.options):
        return Drop(DropReason.OPTION, f"a link-layer address from nobody (RFC 4861, {section})")
    return None


_RULES: Final[Mapping[type, Callable[[Any, bytes, bytes], Drop | None]]] = {
    RouterSolicitation: _router_solicitation,
    RouterAdvertisement: _router_advertisement,
    NeighborSolicitation: _neighbor_solicitation,
    NeighborAdvertisement: _neighbor_advertisement,
}

__all__ = ["KNOWN_TYPES", "beyond_link", "is_unknown_type", "neighbour_drop", "rule_drop"]

"""Why a node drops a packet: every reason there is, as tests assert them and the trace carries them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class DropReason(StrEnum):
    """What was wrong with a packet, from the receiver's point of view."""

    # What a mobile node drops.
    NO_ENTRY = "no_entry"
    """An answer from somebody who wasn't asked: the Binding Update List has no entry (RFC 6275, 11.7.3)."""
    NOT_ASKED = "not_asked"
    """An answer whose identifier or cookie is that of no request that is out (RFC 6275, 11.4.1 and 11.6.2)."""
    SEQUENCE_NUMBER = "sequence_number"
    """An acknowledgement of no Binding Update that is out (RFC 6275, 11.7.3)."""
    NOT_AUTHENTICATED = "not_authenticated"
    """The proof of RFC 4285 or of return routability is missing or wrong."""
    NOT_THROUGH_TUNNEL = "not_through_tunnel"
    """A Home Test that didn't come from a home agent of ours (RFC 6275, 11.6.2)."""

    NOT_LISTED = "not_listed"
    """A home agent that isn't in the list in question says it, or is named by it (the paper, III-D)."""
    PACED = "paced"
    """The same was said, or checked, too short a time ago."""
    RATE_LIMIT = "rate_limit"
    """More of that a second than the node is configured to take, from there or in all."""
    OVERRUN = "overrun"
    """It came while the node was busy, and the kernel had no more room to keep it."""

    MALFORMED = "malformed"
    """The codec refused it; the event says which field and clause."""
    BAD_CHECKSUM = "bad_checksum"
    NOT_FOR_US = "not_for_us"
    NOT_OUR_ROLE = "not_our_role"
    """A message that only another kind of node receives."""
    UNKNOWN_MESSAGE = "unknown_message"
    """A Mobility Header type without a meaning here; a Binding Error may answer it."""
    HOP_LIMIT = "hop_limit"
    """Neighbour discovery that came from beyond the link (RFC 4861, 6.1 and 7.1)."""

    # What the machine beneath a node drops, as a kernel does.
    HOP_LIMIT_EXCEEDED = "hop_limit_exceeded"
    """A packet to be forwarded had no hop left (RFC 4443, 3.3)."""
    NO_ROUTE = "no_route"
    NEIGHBOUR_UNREACHABLE = "neighbour_unreachable"
    """Nobody answered for the next hop (RFC 4861, 7.2.2)."""
    BEYOND_SCOPE = "beyond_scope"
    """A link-local address that would have to leave its link (RFC 4443, 3.1)."""
    PACKET_TOO_BIG = "packet_too_big"
    NO_PORT = "no_port"
    """Nobody listens on the UDP port."""
    UNKNOWN_HEADER = "unknown_header"
    """A next header or routing type that means nothing here."""
    TUNNEL_SOURCE = "tunnel_source"
    """A tunnelled packet from where no binding or home agent is (RFC 6275, 10.4.5 and 11.3.1)."""
    NO_BINDING = "no_binding"
    """A Home Address option that no binding covers (RFC 6275, 9.3.1)."""
    NOT_OUR_HOME_ADDRESS = "not_our_home_address"
    """A type 2 routing header with an address that isn't the receiver's (RFC 6275, 6.4)."""
    NOT_RUNNING = "not_running"
    """The machine has crashed, or hangs."""

    # What home agents and correspondents refuse without an answer.
    CODE = "code"
    """An ICMPv6 code that its type doesn't have, or a field that must be zero and isn't."""
    MULTICAST = "multicast"
    """It was sent to a group, or from one, or names one, and mustn't; only neighbour discovery may be, within rules."""
    HOME_ADDRESS = "home_address"
    """No home address, or none that may be one (RFC 6275, 9.5.1 and 10.3.1)."""
    CARE_OF_ADDRESS = "care_of_address"
    """No care-of address that may be one (RFC 6275, 9.5.1)."""
    TOO_MANY = "too_many"
    """A table is full."""
    REPEATED = "repeated"
    """The same as one that is still worked on."""
    AUTHENTICATOR = "authenticator"
    """A Binding Update whose proof is missing or wrong (RFC 6275, 9.5.1)."""
    UNBOUND = "unbound"
    """Only who has a binding here may ask for this."""
    OPTION = "option"
    """An option that has to be there, or one that mustn't."""
    UNRECOGNISED = "unrecognised"
    """A header or option that means nothing to a node without mobility."""
    LEFT = "left"
    """A home agent that leaves its link takes no registrations any more."""


class Drop(Struct, frozen=True):
    """Why a packet isn't taken, and in words."""

    reason: DropReason
    detail: str = ""


__all__ = ["Drop", "DropReason"]

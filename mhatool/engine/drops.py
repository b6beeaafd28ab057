"""Why a node drops a packet: every reason there is, as tests assert them and the trace carries them."""

from __future__ import annotations

from enum import StrEnum


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

    # What home agents and correspondents refuse without an answer.
    CODE = "code"
    """An ICMPv6 code that its type doesn't have, or a field that must be zero and isn't."""
    MULTICAST = "multicast"
    """It was sent to a group, or from one; only neighbour discovery may be."""
    HOME_ADDRESS = "home_address"
    """No home address, or none that may be one (RFC 6275, 9.5.1 and 10.3.1)."""
    CARE_OF_ADDRESS = "care_of_address"
    """No care-of address that may be one (RFC 6275, 9.5.1)."""
    REPEATED = "repeated"
    """The same as one that is still worked on."""
    AUTHENTICATOR = "authenticator"
    """A Binding Update whose proof is missing or wrong (RFC 6275, 9.5.1)."""
    UNBOUND = "unbound"
    """Only who has a binding here may ask for this."""
    OPTION = "option"
    """An option that has to be there, or one that mustn't."""

"""Why a node drops a packet: every reason there is, as tests assert them and the trace carries them."""

from __future__ import annotations

from enum import StrEnum


class DropReason(StrEnum):
    """What was wrong with a packet, from the receiver's point of view."""

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
    UNRECOGNISED = "unrecognised"
    """A header or option that means nothing to a node without mobility."""

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

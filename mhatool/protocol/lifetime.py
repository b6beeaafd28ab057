"""How long a binding holds: seconds in messages, whole nanoseconds in captures (RFC 6275, 6.1.7, 6.1.8 and 12)."""

from __future__ import annotations

NS_PER_S = 1_000_000_000
LIFETIME_UNIT_S = 4
"""Lifetimes of bindings, and refresh advice, count these on the wire (RFC 6275, 6.1.7, 6.1.8 and 6.2.4)."""

MAX_BINDACK_TIMEOUT_S = 32
"""The longest wait between two retransmissions of a Binding Update (RFC 6275, 12)."""
MAX_RR_BINDING_LIFETIME_S = 420
"""The longest that a binding lives which rests on return routability (RFC 6275, 12)."""
MAX_TOKEN_LIFETIME_S = 210
"""The longest that a mobile node uses a keygen token (RFC 6275, 12)."""


def nanoseconds(seconds: float) -> int:
    """Whole nanoseconds in so many seconds."""
    return round(seconds * NS_PER_S)


def seconds(duration_ns: int) -> float:
    """A duration in seconds, exact to the nanosecond in its first nine decimals."""
    return duration_ns / NS_PER_S


def expiry(since_ns: int, lifetime_s: int) -> int:
    """The instant at which a lifetime of `lifetime_s` that was granted at `since_ns` is over."""
    return since_ns + lifetime_s * NS_PER_S


UNTRUSTED_S = 7200
"""No word that nobody vouches for ends a prefix sooner than in two hours (RFC 4862, 5.5.3 e)."""


def believed_s(heard_s: int, left_s: int | None) -> int | None:
    """What becomes of a prefix's valid lifetime when an advertisement says `heard_s` (RFC 4862, 5.5.3 e).

    `left_s` is what is left of it, None where it has no end. None: the advertisement changes nothing.
    """
    if heard_s > UNTRUSTED_S or (left_s is not None and heard_s > left_s):
        return heard_s
    return UNTRUSTED_S if left_s is None or left_s > UNTRUSTED_S else None

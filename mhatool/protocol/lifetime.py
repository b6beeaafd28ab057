"""How long a binding holds: seconds in messages, whole nanoseconds in captures (RFC 6275, 6.1.7, 6.1.8 and 12)."""

from __future__ import annotations

NS_PER_S = 1_000_000_000
LIFETIME_UNIT_S = 4
"""Lifetimes of bindings, and refresh advice, count these on the wire (RFC 6275, 6.1.7, 6.1.8 and 6.2.4)."""

MAX_BINDACK_TIMEOUT_S = 32
"""The longest wait between two retransmissions of a Binding Update (RFC 6275, 12)."""


def nanoseconds(seconds: float) -> int:
    """Whole nanoseconds in so many seconds."""
    return round(seconds * NS_PER_S)


def seconds(duration_ns: int) -> float:
    """A duration in seconds, exact to the nanosecond in its first nine decimals."""
    return duration_ns / NS_PER_S


def expiry(since_ns: int, lifetime_s: int) -> int:
    """The instant at which a lifetime of `lifetime_s` that was granted at `since_ns` is over."""
    return since_ns + lifetime_s * NS_PER_S

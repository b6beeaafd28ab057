"""NTP timestamps, as RFC 4285's replay protection carries them: seconds since 1900 and 32 bits of fraction."""

from __future__ import annotations

from mhatool.protocol.lifetime import NS_PER_S

_SINCE_1900_S = 2_208_988_800
"""From 1900 to 1970 (RFC 5905, 6)."""
_ERA_S = 1 << 32
_FRACTION = (1 << 32) - 1


def timestamp(time_ns: int) -> int:
    """64 bits: the seconds since 1900 modulo 2^32 above, the fraction of a second below."""
    seconds, rest = divmod(time_ns, NS_PER_S)
    return (seconds + _SINCE_1900_S) % _ERA_S << 32 | (rest << 32) // NS_PER_S


def difference_ns(one: int, other: int) -> int:
    """By how many nanoseconds a timestamp is later than another; less than 68 years, eras wrap around."""
    return _steps(one, other) * NS_PER_S >> 32


def is_later(one: int, other: int) -> bool:
    """Whether a timestamp is later than another, be it by a fraction of a nanosecond."""
    return _steps(one, other) > 0


def _steps(one: int, other: int) -> int:
    steps = (one - other) % (1 << 64)
    return steps - (1 << 64) if steps >> 63 else steps


def with_seconds_of(timestamp: int, other: int) -> int:
    """The fraction of one timestamp below the seconds of another: how an agent tells its time (RFC 4285, 6)."""
    return other & ~_FRACTION | timestamp & _FRACTION


__all__ = ["difference_ns", "is_later", "timestamp", "with_seconds_of"]

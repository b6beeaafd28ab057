"""Sequence numbers of Binding Updates: 16 bits, compared modulo 2^16 (RFC 6275, 9.5.1)."""

from __future__ import annotations

MODULUS = 1 << 16
HALF = 1 << 15


def ahead(new: int, old: int) -> int:
    """How many steps `new` is ahead of `old`, 0..65535; 32768 and more means that it is behind."""
    return (new - old) % MODULUS


def is_fresh(new: int, old: int) -> bool:
    """Whether a Binding Update with `new` may follow one with `old`: 1 to 32767 steps ahead."""
    return 0 < ahead(new, old) < HALF

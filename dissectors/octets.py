"""Octets as other people's code hands them over."""

from __future__ import annotations

Octets = bytes | bytearray | memoryview


def plain(octets: Octets) -> bytes:
    """The same as `bytes`, which values may hold and keep; TypeError for what isn't octets."""
    return octets if isinstance(octets, bytes) else bytes(memoryview(octets))  # bytes(5) would be five zeros

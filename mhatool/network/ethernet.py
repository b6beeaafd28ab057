"""Ethernet frames with IPv6 in them (RFC 2464), read from fixed places: a link moves them by the ten thousand."""

from __future__ import annotations

from functools import lru_cache

from dissectors.ipv6.link import ETHERTYPE_IPV6

HEADER_LENGTH = 14
ETHERTYPE = ETHERTYPE_IPV6.to_bytes(2)


@lru_cache(maxsize=65536)
def group_link_address(group: bytes) -> bytes:
    """The link-layer address of a multicast address (RFC 2464, 7)."""
    return b"\x33\x33" + group[12:]


__all__ = [
    "ETHERTYPE",
    "HEADER_LENGTH",
    "group_link_address",
]

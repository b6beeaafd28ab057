"""Addresses: 16 octets everywhere, text only at the edges (RFC 4291, RFC 5952)."""

from __future__ import annotations

from functools import lru_cache
from socket import AF_INET6, inet_ntop, inet_pton

from dissectors.errors import EncodeError

UNSPECIFIED = bytes(16)
LOOPBACK = bytes(15) + b"\x01"
# RFC 2526: the Mobile IPv6 Home-Agents anycast address of a prefix ends with this.
HOME_AGENTS_ANYCAST = bytes.fromhex("fdfffffffffffffe")


@lru_cache(maxsize=65536)
def text(address: bytes) -> str:
    """The address in RFC 5952's text."""
    return inet_ntop(AF_INET6, address)


def parse(value: str) -> bytes:
    """The 16 octets of an address; EncodeError says what was given instead."""
    try:
        return inet_pton(AF_INET6, value)
    except (OSError, ValueError):  # ValueError: a NUL inside
        raise EncodeError(f"{value!r} is not an IPv6 address") from None


def is_multicast(address: bytes) -> bool:
    """ff00::/8."""
    return address[0] == 0xFF


def is_link_local(address: bytes) -> bool:
    """fe80::/10."""
    return address[0] == 0xFE and address[1] & 0xC0 == 0x80


def is_routable_unicast(address: bytes) -> bool:
    """A unicast routable address as RFC 6275 means it.

    Not multicast, link-local, loopback, unspecified, IPv4-mapped or IPv4-compatible, nor a prefix's home agents.
    """
    first = address[0]
    if (first >= 0xFE and (is_multicast(address) or is_link_local(address))) or address[8:] == HOME_AGENTS_ANYCAST:
        return False
    return first != 0 or address[:10] != bytes(10) or address[10:12] not in (b"\xff\xff", b"\x00\x00")

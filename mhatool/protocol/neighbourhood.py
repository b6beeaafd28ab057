"""Addresses of a link: its groups, its nodes' own, and those of a prefix (RFC 4291, RFC 2526)."""

from __future__ import annotations

from dissectors.ipv6.address import HOME_AGENTS_ANYCAST

ALL_NODES = bytes.fromhex("ff020000000000000000000000000001")
ALL_ROUTERS = bytes.fromhex("ff020000000000000000000000000002")
_SOLICITED_NODE = bytes.fromhex("ff0200000000000000000001ff")
_LINK_LOCAL = bytes.fromhex("fe80000000000000")
_UNIVERSAL = 0x02
LINK_LOCAL_LENGTH = 64
"""Bits of the prefix of link-local addresses (RFC 4291, 2.5.6)."""


def solicited_node(address: bytes) -> bytes:
    """The group in which neighbours ask for an address (RFC 4291, 2.7.1)."""
    return _SOLICITED_NODE + address[13:]


def is_solicited_node(address: bytes) -> bool:
    """Whether it is such a group, of whichever address."""
    return address[:13] == _SOLICITED_NODE


def interface_identifier(link_address: bytes) -> bytes:
    """Modified EUI-64, 8 octets, of a link-layer address of six (RFC 4291, appendix A)."""
    return bytes([link_address[0] ^ _UNIVERSAL]) + link_address[1:3] + b"\xff\xfe" + link_address[3:]


def link_local(identifier: bytes) -> bytes:
    """The link-local address with an interface identifier of 8 octets."""
    return _LINK_LOCAL + identifier


def home_agents_anycast(prefix: bytes) -> bytes:
    """The address of all home agents of a prefix of 64 bits (RFC 2526, 3)."""
    return prefix[:8] + HOME_AGENTS_ANYCAST


def subnet_routers_anycast(prefix: bytes, length: int) -> bytes:
    """The address of all routers of a prefix: its first one (RFC 4291, 2.6.1)."""
    return first_of(prefix, length)


def first_of(address: bytes, length: int) -> bytes:
    """So many bits of an address, the rest zero: its prefix."""
    if length == 64:
        return address[:8] + bytes(8)
    kept = int.from_bytes(address) >> (128 - length) << (128 - length)
    return kept.to_bytes(16)


def in_prefix(address: bytes, prefix: bytes, length: int) -> bool:
    """Whether an address begins with so many bits of the prefix."""
    if length == 64:
        return address[:8] == prefix[:8]
    whole, rest = divmod(length, 8)
    if address[:whole] != prefix[:whole]:
        return False
    return not rest or (address[whole] ^ prefix[whole]) >> (8 - rest) == 0


__all__ = [
    "ALL_NODES",
    "ALL_ROUTERS",
    "LINK_LOCAL_LENGTH",
    "first_of",
    "home_agents_anycast",
    "in_prefix",
    "interface_identifier",
    "is_solicited_node",
    "link_local",
    "solicited_node",
    "subnet_routers_anycast",
]

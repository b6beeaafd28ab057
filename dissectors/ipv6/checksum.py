"""The Internet checksum over the IPv6 pseudo-header (RFC 8200, 8.1; RFC 6275, 6.1.1)."""

from __future__ import annotations


def ones_complement_sum(octets: bytes) -> int:
    """The folded 16-bit sum of the octets, padded with a zero octet where their number is odd.

    2**16 is 1 modulo 0xffff, so the big integer's remainder is the folded sum (three times faster than adding words).
    """
    if len(octets) & 1:
        octets += b"\x00"
    total = int.from_bytes(octets, "big")
    return total % 0xFFFF or (0xFFFF if total else 0)


def checksum(source: bytes, destination: bytes, next_header: int, octets: bytes) -> int:
    """The checksum for upper-layer octets whose own checksum field is zero.

    `source` is the Home Address option's address where there is one, `destination` the final one of a routing header.
    """
    pseudo = source + destination + len(octets).to_bytes(4, "big") + next_header.to_bytes(4, "big")
    return ~ones_complement_sum(pseudo + octets) & 0xFFFF


def is_good(source: bytes, destination: bytes, next_header: int, octets: bytes) -> bool:
    """Whether the octets, with their checksum field as it came, sum up."""
    pseudo = source + destination + len(octets).to_bytes(4, "big") + next_header.to_bytes(4, "big")
    return ones_complement_sum(pseudo + octets) == 0xFFFF

"""ESP with NULL encryption (RFC 2410): told from an encrypted payload by proof, never by a guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dissectors.ipv6 import checksum
from dissectors.ipv6.header import MOST_HEADERS

_ICV_SIZES = (12, 16, 24, 32, 0)
"""Octets of the integrity check value: HMAC-SHA-1-96 and its like, the three of RFC 4868, none."""
_HOME_ADDRESS = b"\xc9\x10"
"""The Home Address option's type and length; at this place it stands alone in its header."""
_TYPE_2 = b"\x02\x02\x01"
"""The length, the type and the one segment left of such a routing header."""
_SEGMENT_ROUTING = 4


@dataclass(frozen=True, slots=True)
class NullEsp:
    """The trailer of a payload that wasn't encrypted; the payload ends at `end`."""

    end: int
    padding: bytes
    next_header: int
    icv: bytes


def look_inside(
    octets: bytes, start: int, end: int, addresses: tuple[bytes, bytes], protocol: Callable[[int], str]
) -> NullEsp | None:
    """The trailer, where padding, next header and the payload's own checksum or length prove that it is in clear."""
    for icv_size in _ICV_SIZES:
        trailer = end - icv_size
        if trailer - 2 < start:
            continue
        pad_length, next_header = octets[trailer - 2], octets[trailer - 1]
        payload_end = trailer - 2 - pad_length
        if payload_end <= start:
            continue
        padding = octets[payload_end : trailer - 2]
        if padding != bytes(range(1, pad_length + 1)) and any(padding):
            continue
        if _proves(octets[start:payload_end], addresses, next_header, protocol):
            return NullEsp(payload_end, padding, next_header, octets[trailer:end])
    return None


def _proves(
    payload: bytes,
    addresses: tuple[bytes, bytes],
    number: int,
    protocol: Callable[[int], str],
    most: int = MOST_HEADERS,
) -> bool:
    """Whether it does, behind so many extension headers at most."""
    name = protocol(number)
    if name in ("mobility", "icmpv6", "udp", "tcp") and len(payload) >= 8:
        return checksum.is_good(*addresses, number, payload)
    if name == "ipv6" and len(payload) >= 40:
        return payload[0] >> 4 == 6 and int.from_bytes(payload[4:6], "big") == len(payload) - 40
    if not most:
        return False
    if name == "destination_options" and len(payload) >= 24 and payload[1] == 2 and payload[6:8] == _HOME_ADDRESS:
        return _proves(payload[24:], (payload[8:24], addresses[1]), payload[0], protocol, most - 1)
    if name == "routing" and len(payload) >= 24 and _names_first(payload):
        return _proves(payload[(payload[1] + 1) * 8 :], (addresses[0], payload[8:24]), payload[0], protocol, most - 1)
    return False


def _names_first(routing: bytes) -> bool:
    """Whether the first address in a routing header is the final destination: RFC 6275, 6.4; RFC 8754, 2."""
    return routing[1:4] == _TYPE_2 or (routing[1] >= 2 and routing[2] == _SEGMENT_ROUTING and routing[3] > 0)

"""Whom a header names in the place of source and destination: upper layers' checksums cover these addresses.

RFC 8200, 8.1 for routing headers, RFC 6275, 6.1.1 and 6.3 for the Home Address option.
"""

from __future__ import annotations

from typing import Final

from dissectors.ipv6.header import DestinationOptions, HomeAddress, UnknownRouting
from dissectors.view import View

UNKNOWN: Final = b""
"""Somebody else is named, but it can't be read who."""

_RPL_SOURCE_ROUTE: Final = 3
_SEGMENT_ROUTING: Final = 4
_SEGMENT_LIST: Final = 4
"""Where the addresses of these two begin, counted from the octet behind Segments Left."""


def home_addresses(header: View) -> tuple[bytes, ...]:
    """Those of its Home Address options, UNKNOWN for one of a wrong length."""
    found = home_address_options(header)
    return tuple(UNKNOWN if option.problems else option.get("home_address") for option in found)


def home_address_options(header: View) -> list[View]:
    """Its Home Address options: destination options alone have any (RFC 6275, 6.3)."""
    if header.declaration.cls is not DestinationOptions:
        return []
    return [option for option in header.options if option.declaration.cls is HomeAddress]


def final_destination(header: View, destination: bytes) -> bytes | None:
    """A routing header's, None where it is reached; `destination` is the IPv6 header's.

    UNKNOWN where more segments are left than it has addresses: no node goes by such a header (RFC 8200, 4.4).
    """
    left = header.get("segments_left", 0)
    if header.declaration.family != "routing" or not left:
        return None
    if header.declaration.cls is UnknownRouting:
        return of_other_types(header.get("routing_type"), header.get("data", b""), destination)
    home: bytes | None = header.get("home_address")
    addresses = (home,) if home is not None else header.get("addresses", ())
    return addresses[-1] if left <= len(addresses) else UNKNOWN


def of_other_types(routing_type: int, data: bytes, destination: bytes) -> bytes:
    """What a routing header of a type without fields here names; `data` is what stands behind Segments Left.

    Segment List[0] (RFC 8754, 2); RPL's last address, without the octets that all share (RFC 6554, 3); else UNKNOWN.
    """
    segments = data[_SEGMENT_LIST:]
    if routing_type == _SEGMENT_ROUTING and len(segments) >= len(destination):
        return segments[: len(destination)]
    if routing_type == _RPL_SOURCE_ROUTE and segments:
        shared, padding = data[0] & 15, data[1] >> 4
        last = segments[: len(segments) - padding][shared - len(destination) :]
        if shared + len(last) == len(destination):
            return destination[:shared] + last
    return UNKNOWN

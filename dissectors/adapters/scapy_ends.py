"""Whom the headers below a Scapy packet name, ours or Scapy's, and the checksum over these end points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scapy.error import log_runtime
from scapy.layers.inet6 import HAO, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting

from dissectors.ipv6 import address as addresses
from dissectors.ipv6 import checksum
from dissectors.ipv6.true_ends import UNKNOWN, of_other_types

_RPL_SOURCE_ROUTE, _SEGMENT_ROUTING = 3, 4  # types of which Scapy reads addresses alone, and the last isn't the end
_SEGMENTS_LEFT = 3  # its octet in every routing header


def _home_address(packet: Any) -> str | None:
    """The Home Address option's address, wherever it stands among the options of a Destination Options header."""
    is_place = isinstance(packet, IPv6ExtHdrDestOpt) or getattr(packet, "symbol", "") == "destination_options"
    options = packet.fields.get("options") if is_place else None
    for option in options if isinstance(options, list) else ():
        if isinstance(option, HAO):
            return str(option.hoa)
        if getattr(option, "symbol", "") == "home_address":
            return str(option.home_address)
    return None


def _routed_to(packet: Any, ipv6: Any) -> str | None:
    """The final destination that a routing header above that IPv6 header names, if it isn't reached yet."""
    if isinstance(packet, IPv6ExtHdrRouting | IPv6ExtHdrSegmentRouting):
        if packet.segleft == 0 or not packet.addresses:
            return None
        if packet.type in (_SEGMENT_ROUTING, _RPL_SOURCE_ROUTE):
            return _named_in(packet.type, packet.self_build()[_SEGMENTS_LEFT + 1 :], ipv6)
        return _last(packet.addresses, packet.segleft)
    if getattr(packet, "symbol", "") != "routing" or not packet.segments_left:
        return None
    if "home_address" in packet.default_fields:
        return _last([packet.home_address], packet.segments_left)
    if "data" in packet.default_fields:
        return _named_in(packet.routing_type, packet.data, ipv6)
    listed = packet.getfieldval("addresses") if "addresses" in packet.default_fields else ()
    return _last(listed, packet.segments_left)


def _last(listed: Sequence[Any], segments_left: int | None) -> str | None:
    """The last address, as long as there are as many as segments are left (RFC 8200, 4.4); Scapy's None counts them."""
    return str(listed[-1]) if listed and (segments_left is None or segments_left <= len(listed)) else None


def _named_in(routing_type: int, data: bytes, ipv6: Any) -> str | None:
    named = of_other_types(routing_type, data, addresses.parse(str(ipv6.dst)))
    return None if named == UNKNOWN else addresses.text(named)


def on_the_way(below: Any) -> tuple[Any, str | None, str | None]:
    """From an upper layer's underlayer on: the IPv6 header, and the source and destination that headers above it name.

    Each is None where there is none.
    """
    headers = []
    while below is not None and not isinstance(below, IPv6):
        headers.append(below)
        below = below.underlayer
    source = destination = None
    for header in headers if below is not None else ():
        source = _home_address(header) or source
        destination = destination or _routed_to(header, below)
    return below, source, destination


def end_points(packet: Any) -> tuple[bytes, bytes] | None:
    """Source and destination as a checksum sees them; None without an IPv6 header below the packet."""
    below, source, destination = on_the_way(packet.underlayer)
    if below is None:
        return None
    return addresses.parse(source or str(below.src)), addresses.parse(destination or str(below.dst))


def computed_checksum(packet: Any, protocol: int, octets: bytes) -> int:
    """The checksum of a packet's octets (that of its own field zero); 0 where no IPv6 header is below it."""
    ends = end_points(packet)
    if ends is None:
        log_runtime.warning("No IPv6 underlayer to compute checksum. Leaving null.")
        return 0
    return checksum.checksum(*ends, protocol, octets)

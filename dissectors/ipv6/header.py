"""The IPv6 header and its extension headers (RFC 8200, RFC 4302, RFC 4303, RFC 6275 6.3 and 6.4)."""

from __future__ import annotations

from typing import Final

from dissectors.spec import Flags, Message, Option, envelope, message, option
from dissectors.spec import fields as wire

MOST_HEADERS: Final = 64
"""Extension headers of one datagram that are looked into: RFC 8883 (2.4) has an error for too many, and no number."""


@message("ipv6", symbol="ipv6", title="IPv6", rfc="RFC 8200, 3")
class Ipv6(Message):
    """The fixed header."""

    version: int = wire.uint(4, default=6)
    traffic_class: int = wire.uint(8, default=0)
    flow_label: int = wire.uint(20, default=0)
    payload_length = wire.length(16, step=1, bias=40, payload=True)
    next_header = wire.next_header()
    hop_limit: int = wire.uint(8, default=64)
    source: bytes = wire.address()
    destination: bytes = wire.address()


@envelope
class _OptionsHeader(Message):
    next_header = wire.next_header()
    header_length = wire.length(step=8, bias=8, bounds=True)
    options: tuple[Option, ...] = wire.options("ipv6_option")


@message("ipv6", title="Hop-by-hop options", rfc="RFC 8200, 4.3")
class HopByHop(_OptionsHeader):
    """Options for every router on the path."""


@message("ipv6", rfc="RFC 8200, 4.6")
class DestinationOptions(_OptionsHeader):
    """Options for the destination: here the Home Address option lives."""


@envelope
class _Routing(Message):
    next_header = wire.next_header()
    header_length = wire.length(step=8, bias=8, bounds=True)
    routing_type = wire.number()
    segments_left: int = wire.uint(8)


@message("routing", 0, symbol="routing", title="Routing header, type 0", rfc="RFC 2460, 4.4; RFC 5095")
class RoutingType0(_Routing):
    """Deprecated source routing."""

    reserved: int = wire.reserved(32)
    addresses: tuple[bytes, ...] = wire.address_list(default=())


@message("routing", 2, symbol="routing", title="Routing header, type 2", rfc="RFC 6275, 6.4.1")
class RoutingType2(_Routing):
    """Carries the home address to a mobile node away from home."""

    segments_left: int = wire.uint(8, default=1)
    reserved: int = wire.reserved(32)
    home_address: bytes = wire.address()


@message("routing", symbol="routing", title="Routing header", rfc="RFC 8200, 4.4")
class UnknownRouting(Message):
    """Another routing type: kept and emitted unchanged."""

    next_header = wire.next_header()
    header_length = wire.length(step=8, bias=8, bounds=True)
    routing_type: int = wire.uint(8)
    segments_left: int = wire.uint(8)
    data: bytes = wire.octets_tail()


@message("ipv6", rfc="RFC 8200, 4.5")
class Fragment(Message):
    """A piece of a packet; M: more follow."""

    next_header = wire.next_header()
    reserved: int = wire.reserved(8)
    fragment_offset: int = wire.uint(13, "Octets from the start of the fragmentable part", unit=8)
    reserved2: int = wire.reserved(2)
    flags: Flags = wire.flags(1, {"M": 1}, "M: more fragments follow")
    identification: int = wire.uint(32)


@message("ipv6", symbol="ah", title="Authentication Header", rfc="RFC 4302, 2")
class Authentication(Message):
    """Integrity of the packet; what follows is in clear."""

    next_header = wire.next_header()
    header_length = wire.length(step=4, bias=8, bounds=True)
    reserved: int = wire.reserved(16)
    spi: int = wire.uint(32)
    sequence_number: int = wire.uint(32)
    icv: bytes = wire.octets_tail("The integrity check value")


@message("ipv6", symbol="esp", title="Encapsulating Security Payload", rfc="RFC 4303, 2")
class Esp(Message):
    """The part in clear of an encrypted payload; with NULL encryption the walker looks inside."""

    spi: int = wire.uint(32)
    sequence_number: int = wire.uint(32)


@envelope
class Ipv6Option(Option):
    """Type, length of the rest, the rest (RFC 8200, 4.2)."""

    type = wire.number()
    length = wire.length(step=1, bias=2)


@option("ipv6_option", 0, title="Pad1", rfc="RFC 8200, 4.2", symbol="pad1")
class HeaderPad1(Option):
    """One octet of padding; it has no length."""

    type = wire.number()


@option("ipv6_option", 1, title="PadN", rfc="RFC 8200, 4.2", symbol="pad_n")
class HeaderPadN(Ipv6Option):
    """Two or more octets of padding."""

    padding: bytes = wire.octets_tail("Zero when sent")


@option("ipv6_option", 201, title="Home Address", rfc="RFC 6275, 6.3", align=(8, 6))
class HomeAddress(Ipv6Option):
    """The mobile node's home address; it takes the source's place for checksums and upper layers."""

    home_address: bytes = wire.address()


@option("ipv6_option", 4, title="Tunnel Encapsulation Limit", rfc="RFC 2473, 4.1.1")
class TunnelEncapsulationLimit(Ipv6Option):
    """How many more tunnels may wrap the packet."""

    limit: int = wire.uint(8)


@option("ipv6_option", 5, title="Router Alert", rfc="RFC 2711, 2.1", align=(2, 0))
class RouterAlert(Ipv6Option):
    """Asks routers to look at the packet."""

    value: int = wire.uint(16)


@option("ipv6_option", None, symbol="ipv6_option", title="IPv6 option", rfc="RFC 8200, 4.2")
class UnknownIpv6Option(Option):
    """An option without fields of its own here: kept and emitted unchanged."""

    type: int = wire.uint(8, "The type, as it stands on the wire")
    length = wire.length(step=1, bias=2)
    data: bytes = wire.octets_tail()

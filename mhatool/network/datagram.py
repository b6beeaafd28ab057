"""IPv6 datagrams as a kernel handles them: header fields read and changed in fixed places (RFC 8200, 3).

Messages are the declarations' (`dissectors`); here is only what moving packets needs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dissectors.ipv6.header import DestinationOptions, Fragment, HomeAddress, RoutingType2
from dissectors.padding import padded
from dissectors.profile import PROTOCOLS, RFC6275
from dissectors.spec import Flags

HEADER = 40
TUNNEL_HOP_LIMIT = 64
MINIMUM_MTU = 1280

HOP_BY_HOP = PROTOCOLS["hop_by_hop"]
UDP = PROTOCOLS["udp"]
IPV6 = PROTOCOLS["ipv6"]
ROUTING = PROTOCOLS["routing"]
FRAGMENT = PROTOCOLS["fragment"]
ICMPV6 = PROTOCOLS["icmpv6"]
NO_NEXT_HEADER = PROTOCOLS["no_next_header"]
DESTINATION_OPTIONS = PROTOCOLS["destination_options"]

_VERSION = 0x60
_HOME_ADDRESS_OPTION = 201
_CHAINED = (HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS)
"""Extension headers that may stand before an upper layer, but for fragments."""
_NEXT_HEADER, _HOP_LIMIT = 6, 7


def source(datagram: bytes) -> bytes:
    """The source address in the IPv6 header."""
    return datagram[8:24]


def destination(datagram: bytes) -> bytes:
    """The destination address in the IPv6 header."""
    return datagram[24:40]


def said_by(datagram: bytes) -> bytes:
    """Whose packet it is to upper layers: the home address where a Home Address option names one, else the source."""
    named = carried(datagram).home_address if datagram[_NEXT_HEADER] in _CHAINED else None
    return named or source(datagram)


def with_hop_limit(datagram: bytes, hop_limit: int) -> bytes:
    """The same with another hop limit."""
    return datagram[:_HOP_LIMIT] + bytes([hop_limit]) + datagram[8:]


def with_addresses(datagram: bytes, source: bytes, destination: bytes) -> bytes:
    """The same with other addresses in the IPv6 header."""
    return datagram[:8] + source + destination + datagram[HEADER:]


def is_whole(datagram: bytes) -> bool:
    """Whether it is IPv6 and as long as it says."""
    return len(datagram) >= HEADER and datagram[0] >> 4 == 6 and len(datagram) >= HEADER + _payload_length(datagram)


def _payload_length(datagram: bytes) -> int:
    return int.from_bytes(datagram[4:6])


def compose(source: bytes, destination: bytes, next_header: int, payload: bytes, hop_limit: int) -> bytes:
    """A datagram with this payload."""
    head = bytes((_VERSION, 0, 0, 0)) + len(payload).to_bytes(2) + bytes((next_header, hop_limit))
    return head + source + destination + payload


def encapsulate(inner: bytes, source: bytes, destination: bytes) -> bytes:
    """A datagram in a tunnel's (RFC 2473, 3)."""
    return compose(source, destination, IPV6, inner, TUNNEL_HOP_LIMIT)


def _with_header(datagram: bytes, kind: int, header: bytes) -> bytes:
    """The datagram with an extension header more: behind routing headers, before all others but hop-by-hop options."""
    named_at, at = _behind(datagram, (HOP_BY_HOP, ROUTING))
    named = bytearray(datagram[:at])
    named[4:6] = (len(datagram) - HEADER + len(header)).to_bytes(2)
    named[named_at] = kind
    return bytes(named) + datagram[named_at : named_at + 1] + header[1:] + datagram[at:]


def _behind(datagram: bytes, kinds: Collection[int]) -> tuple[int, int]:
    """Where the first header of another kind is named, and where it begins."""
    named_at, at = _NEXT_HEADER, HEADER
    while datagram[named_at] in kinds and at + 2 <= len(datagram):
        named_at, at = at, at + (datagram[at + 1] + 1) * 8
    return named_at, at


def with_home_address(datagram: bytes, care_of_address: bytes) -> bytes:
    """From its source's care-of address, with the source in a Home Address option (RFC 6275, 11.3.1)."""
    option = HomeAddress(home_address=source(datagram))
    header = RFC6275.codec.emit(padded(DestinationOptions(options=(option,))))
    return _with_header(with_addresses(datagram, care_of_address, destination(datagram)), DESTINATION_OPTIONS, header)


def with_routing_header(datagram: bytes, care_of_address: bytes) -> bytes:
    """To its destination's care-of address, with the destination in a type 2 routing header (RFC 6275, 9.3.2)."""
    header = RFC6275.codec.emit(RoutingType2(segments_left=1, home_address=destination(datagram)))
    return _with_header(with_addresses(datagram, source(datagram), care_of_address), ROUTING, header)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a datagram carries behind its extension headers, and what those say.

    `at` is where the upper layer begins; `chained_at` the octet that names it. `problem` is the offset of what can't
    be understood, None where all is.
    """

    protocol: int
    at: int
    chained_at: int = _NEXT_HEADER
    home_address: bytes | None = None
    routed_to: bytes | None = None
    fragment_at: int | None = None
    problem: int | None = None


def carried(datagram: bytes) -> Carried:
    """Follow the header chain of a whole datagram up to its upper layer, or to a fragment."""
    protocol, at, named_at = datagram[_NEXT_HEADER], HEADER, _NEXT_HEADER
    home_address = routed_to = None
    size = len(datagram)
    while protocol in _CHAINED:
        if at + 8 > size or at + (datagram[at + 1] + 1) * 8 > size:
            return Carried(protocol, at, named_at, home_address, routed_to, None, at)
        end = at + (datagram[at + 1] + 1) * 8
        if protocol == DESTINATION_OPTIONS:
            home_address = _home_address(datagram, at + 2, end) or home_address
        elif protocol == ROUTING:
            if datagram[at + 2] == 2 and datagram[at + 3] == 1:
                routed_to = datagram[at + 8 : at + 24]
            elif datagram[at + 3]:  # another type with segments left (RFC 8200, 4.4)
                return Carried(protocol, at, named_at, home_address, routed_to, None, at + 2)
        named_at, protocol, at = at, datagram[at], end
    fragment = at if protocol == FRAGMENT else None
    return Carried(protocol, at, named_at, home_address, routed_to, fragment)


def _home_address(datagram: bytes, at: int, end: int) -> bytes | None:
    while at + 2 <= end:
        kind = datagram[at]
        if kind == 0:
            at += 1
            continue
        if kind == _HOME_ADDRESS_OPTION and at + 18 <= end:
            return datagram[at + 2 : at + 18]
        at += 2 + datagram[at + 1]
    return None


def without_extensions(datagram: bytes, found: Carried, source: bytes, destination: bytes) -> bytes:
    """The datagram as upper layers see it: between the addresses that its headers mean, without them."""
    return compose(source, destination, found.protocol, datagram[found.at :], datagram[_HOP_LIMIT])


def fragments(datagram: bytes, mtu: int, identification: int) -> list[bytes]:
    """The datagram in pieces of at most `mtu` octets (RFC 8200, 4.5).

    Routing headers and a Home Address option stand before the Fragment header of each (RFC 6275, 6.3). What is a
    fragment already becomes smaller ones of the same packet.
    """
    named_at, at = _behind(datagram, (HOP_BY_HOP, ROUTING))
    if carried(datagram).home_address is not None:
        named_at, at = _behind(datagram, (HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS))
    head, rest, next_header = bytearray(datagram[HEADER:at]), datagram[at:], datagram[named_at]
    first, begin, follow = FRAGMENT, 0, False
    if next_header == FRAGMENT:
        word = int.from_bytes(rest[2:4])
        begin, follow, identification = word & 0xFFF8, bool(word & 1), int.from_bytes(rest[4:8])
        rest, next_header = rest[8:], rest[0]
    if head:
        head[named_at - HEADER], first = FRAGMENT, datagram[_NEXT_HEADER]
    step = (mtu - at - 8) // 8 * 8
    pieces = []
    for offset in range(0, len(rest), step):
        more = Flags("M") if follow or offset + step < len(rest) else Flags()
        made = Fragment(fragment_offset=begin + offset, flags=more, identification=identification)
        header = bytes([next_header]) + RFC6275.codec.emit(made)[1:]
        piece = bytes(head) + header + rest[offset : offset + step]
        pieces.append(compose(source(datagram), destination(datagram), first, piece, datagram[_HOP_LIMIT]))
    return pieces


def as_sent(datagram: bytes, found: Carried, source: bytes, destination: bytes) -> bytes:
    """The same as `without_extensions` of a datagram that may be cut short: its length is that of the whole."""
    left = without_extensions(datagram, found, source, destination)
    return left[:4] + (_payload_length(datagram) - found.at + HEADER).to_bytes(2) + left[6:]


def length(datagram: bytes) -> int:
    """How long it is as a whole, by its header."""
    return HEADER + _payload_length(datagram)


def put_together(datagram: bytes, found: Carried, next_header: int, octets: bytes) -> bytes:
    """What a fragment is one of, from what all of them carry: with the headers before its Fragment header."""
    named_at, at = found.chained_at, found.at
    head = bytearray(datagram[:at])
    head[4:6] = (at - HEADER + len(octets)).to_bytes(2)
    head[named_at] = next_header
    return bytes(head) + octets

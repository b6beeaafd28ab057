"""Parts of packets, packed by hand: what the captures of the benchmarks are made of."""

from __future__ import annotations

from struct import Struct

ETHERTYPE_IPV6, ETHERTYPE_IPV4, ETHERTYPE_ARP = 0x86DD, 0x0800, 0x0806
ETHERTYPE_VLAN, ETHERTYPE_QINQ = 0x8100, 0x88A8
HOP_BY_HOP, TCP, UDP, IPV6, ROUTING, FRAGMENT, ICMPV6, NO_NEXT_HEADER, DESTINATION_OPTIONS, MOBILITY = (
    *(0, 6, 17, 41, 43, 44, 58, 59, 60, 135),
)

_FIXED_HEADER = Struct(">IHBB16s16s")
_PSEUDO_HEADER = Struct(">16s16sI3xB")
_FRAGMENT_HEADER = Struct(">BxHI")


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071): 2^16 is 1 modulo 65535, so one division adds all words with their carries."""
    if len(octets) % 2:
        octets += b"\0"
    return 0xFFFF - (int.from_bytes(octets, "big") % 0xFFFF or 0xFFFF)


def pseudo_header(source: bytes, destination: bytes, length: int, protocol: int) -> bytes:
    """What the checksums of upper layers cover besides (RFC 8200, 8.1)."""
    return _PSEUDO_HEADER.pack(source, destination, length, protocol)


def summed(source: bytes, destination: bytes, protocol: int, octets: bytes, at: int) -> bytes:
    """An upper layer with its checksum filled in at this offset, which holds zero."""
    value = checksum(pseudo_header(source, destination, len(octets), protocol) + octets)
    if protocol == UDP and value == 0:
        value = 0xFFFF
    return octets[:at] + value.to_bytes(2, "big") + octets[at + 2 :]


def ipv6(source: bytes, destination: bytes, protocol: int, payload: bytes, hop_limit: int = 64) -> bytes:
    """A packet."""
    return _FIXED_HEADER.pack(0x60000000, len(payload), protocol, hop_limit, source, destination) + payload


def link_header(ethertype: int, tags: tuple[int, ...] = ()) -> bytes:
    """An Ethernet header with VLAN tags: the outer one of two is a service tag."""
    header = bytes.fromhex("0200000000010200000000ff")
    for number, tag in enumerate(tags):
        kind = ETHERTYPE_QINQ if len(tags) > 1 and number == 0 else ETHERTYPE_VLAN
        header += kind.to_bytes(2, "big") + tag.to_bytes(2, "big")
    return header + ethertype.to_bytes(2, "big")


def home_address_option(home: bytes, following: int) -> bytes:
    """Destination options with a Home Address option, after PadN to 8n+6."""
    return bytes((following, 2, 1, 2, 0, 0, 201, 16)) + home


def routing_header(home: bytes, following: int) -> bytes:
    """A type 2 routing header."""
    return bytes((following, 2, 2, 1, 0, 0, 0, 0)) + home


def padding_options(following: int) -> bytes:
    """Hop-by-hop or destination options that only pad."""
    return bytes((following, 0, 1, 4, 0, 0, 0, 0))


def fragments(protocol: int, payload: bytes, identification: int, size: int) -> list[bytes]:
    """Payloads of fragments of this size each, a multiple of eight; one that is large enough makes an atomic one."""
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
    last = len(pieces) - 1
    return [
        _FRAGMENT_HEADER.pack(protocol, number * size | (number < last), identification) + piece
        for number, piece in enumerate(pieces)
    ]


def mobility(kind: int, body: bytes, source: bytes, destination: bytes) -> bytes:
    """A Mobility Header; the body begins behind the checksum and is padded with PadN to whole units of eight octets."""
    missing = -(len(body) + 6) % 8
    body += b"\0" if missing == 1 else bytes((1, missing - 2)) + bytes(missing - 2) if missing else b""
    octets = bytes((NO_NEXT_HEADER, (len(body) + 6) // 8 - 1, kind, 0, 0, 0)) + body
    return summed(source, destination, MOBILITY, octets, 4)


def icmpv6(kind: int, body: bytes, source: bytes, destination: bytes) -> bytes:
    """An ICMPv6 message of code 0; the body begins behind the checksum."""
    return summed(source, destination, ICMPV6, bytes((kind, 0, 0, 0)) + body, 2)


def udp(ports: tuple[int, int], data: bytes, source: bytes, destination: bytes) -> bytes:
    """A datagram over IPv6."""
    head = b"".join(number.to_bytes(2, "big") for number in (*ports, len(data) + 8, 0))
    return summed(source, destination, UDP, head + data, 6)

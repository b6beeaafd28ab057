"""What a network carries besides signalling: templates of frames, with the shares and sizes of ordinary traffic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from random import Random
from struct import Struct
from typing import NamedTuple

from bench import octets as wire
from bench.messages import Nodes

MSS = 1428
"""Octets of TCP data in a full segment with time stamps."""
TUNNEL = 40
"""Octets of the IPv6 header around a tunnelled packet."""
FLOWS = 400

_IPV4 = Struct(">BBHHHBBH4s4s").pack
_TCP = Struct(">HHIIHHHH").pack
_TIMESTAMPS = bytes.fromhex("0101080a0000100000002000")
_WORD = Struct(">I").pack
_HALF = Struct(">H").pack

#: The address of one end, as octets of IPv6 or IPv4.
Ends = tuple[bytes, bytes]


class Segment(NamedTuple):
    """A TCP segment whose 32-bit number (sequence or acknowledgement) moves on with its flow.

    `total` is the sum of all words under the checksum but the number's, modulo 65535.
    """

    before: bytes
    between: bytes
    after: bytes
    total: int
    flow: int
    advance: int


#: A frame that stays the same, or one of a flow.
Template = bytes | Segment


class Shares(NamedTuple):
    """How many of a hundred frames are packed into something."""

    tunnelled: float
    """TCP and UDP in IPv6 in IPv6."""
    tagged: float
    """In a VLAN, of all kinds."""


LINK = Shares(tunnelled=1, tagged=1)
HOME_AGENT = Shares(tunnelled=50, tagged=1)


class Background:
    """An endless stream of frames; the same for the same seed."""

    def __init__(self, random: Random, shares: Shares = LINK) -> None:
        self._random = random
        self._numbers = [random.randrange(1 << 32) for _ in range(3 * FLOWS)]
        plain = 100 - shares.tunnelled - shares.tagged
        weighted = [
            *_all_kinds(random, plain, wire.link_header(wire.ETHERTYPE_IPV6), 0),
            *_all_kinds(random, shares.tagged, wire.link_header(wire.ETHERTYPE_IPV6, (7,)), FLOWS),
            *_tunnelled(random, shares.tunnelled),
        ]
        self._templates = [template for template, _ in weighted]
        self._weights = list(accumulate(weight for _, weight in weighted))
        self._identification = 0

    def templates(self, count: int) -> list[Template]:
        """As many templates in the shares of the traffic."""
        return self._random.choices(self._templates, cum_weights=self._weights, k=count)

    def frame(self, template: Template) -> bytes:
        """The next frame of a template, with the number that its flow has come to."""
        if isinstance(template, bytes):
            return template
        before, between, after, total, flow, advance = template
        number = self._numbers[flow]
        self._numbers[flow] = (number + advance) & 0xFFFFFFFF
        check = 0xFFFF - ((total + number) % 0xFFFF or 0xFFFF)
        return b"".join((before, _WORD(number), between, _HALF(check), after))

    def fragmented_datagram(self) -> list[Template]:
        """A large UDP datagram in three fragments."""
        self._identification += 1
        source, destination = _ends6(self._random)
        datagram = wire.udp((2049, 900), self._random.randbytes(4000), source, destination)
        link = wire.link_header(wire.ETHERTYPE_IPV6)
        pieces = wire.fragments(wire.UDP, datagram, self._identification, 1448)
        return [link + wire.ipv6(source, destination, wire.FRAGMENT, piece) for piece in pieces]


# --- the mix ---


def _all_kinds(random: Random, share: float, link: bytes, first_flow: int) -> Iterator[tuple[Template, float]]:
    """Templates with their weights. `link` is that of IPv6; its last two octets say so."""
    over6 = [_segments(random, link, flow, MSS) for flow in range(first_flow, first_flow + FLOWS * 3 // 4)]
    over4 = [_segments4(random, link, flow) for flow in range(first_flow + FLOWS * 3 // 4, first_flow + FLOWS)]
    yield from _spread([flow[0] for flow in over6], share * 0.26)
    yield from _spread([flow[1] for flow in over6], share * 0.08)
    yield from _spread([flow[2] for flow in over6], share * 0.27)
    yield from _spread([flow[0] for flow in over4], share * 0.07)
    yield from _spread([flow[2] for flow in over4], share * 0.08)
    for part, make in _SMALL_KINDS:
        yield from _spread([make(random, link) for _ in range(64)], share * part)


def _tunnelled(random: Random, share: float) -> Iterator[tuple[Template, float]]:
    """TCP and UDP between mobile nodes and their correspondents, in tunnels of a home agent."""
    link = wire.link_header(wire.ETHERTYPE_IPV6)
    flows = [_segments(random, link, flow, MSS - TUNNEL, Nodes(random)) for flow in range(2 * FLOWS, 3 * FLOWS)]
    yield from _spread([flow[0] for flow in flows], share * 0.36)
    yield from _spread([flow[1] for flow in flows], share * 0.10)
    yield from _spread([flow[2] for flow in flows], share * 0.36)
    yield from _spread([_tunnelled_quic(random, 1200) for _ in range(64)], share * 0.10)
    yield from _spread([_tunnelled_quic(random, 40) for _ in range(64)], share * 0.08)


def _spread(templates: list[Template], share: float) -> Iterator[tuple[Template, float]]:
    return ((template, share / len(templates)) for template in templates)


# --- kinds ---


def _ends6(random: Random) -> Ends:
    """A client and a server."""
    client = bytes.fromhex("20010db80001") + _HALF(random.randrange(64)) + random.randbytes(8)
    server = bytes.fromhex("20010db8f000") + _HALF(random.randrange(64)) + bytes(7) + b"\x01"
    return client, server


def _ends4(random: Random) -> Ends:
    return b"\xc0\x00\x02" + random.randbytes(1), b"\xc6\x33\x64" + random.randbytes(1)


def _ipv4(ends: Ends, protocol: int, payload: bytes) -> bytes:
    header = _IPV4(0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0, *ends)
    return header[:10] + _HALF(wire.checksum(header)) + header[12:] + payload


def _as_ipv4(link: bytes) -> bytes:
    return link[:-2] + _HALF(wire.ETHERTYPE_IPV4)


def _segments(random: Random, link: bytes, flow: int, most: int, tunnelled: Nodes | None = None) -> tuple[Segment, ...]:
    """A full and a smaller segment of a server's data, and the client's acknowledgement."""
    client, server = _ends6(random) if tunnelled is None else (tunnelled.home, tunnelled.correspondent)

    def packet(source: bytes, destination: bytes, segment: bytes) -> tuple[bytes, bytes]:
        head = wire.ipv6(source, destination, wire.TCP, segment)[:40]
        if tunnelled is not None:
            there, back = (tunnelled.agent, tunnelled.care_of), (tunnelled.care_of, tunnelled.agent)
            head = wire.ipv6(*(there if destination == client else back), wire.IPV6, head + segment)[:40] + head
        return link + head, wire.pseudo_header(source, destination, len(segment), wire.TCP)

    return _flow(random, flow, most, (client, server), packet)


def _segments4(random: Random, link: bytes, flow: int) -> tuple[Segment, ...]:
    def packet(source: bytes, destination: bytes, segment: bytes) -> tuple[bytes, bytes]:
        head = _ipv4((source, destination), wire.TCP, segment)[:20]
        return _as_ipv4(link) + head, source + destination + bytes((0, wire.TCP)) + _HALF(len(segment))

    return _flow(random, flow, MSS + 20, _ends4(random), packet)


def _flow(
    random: Random, flow: int, most: int, ends: Ends, packet: Callable[[bytes, bytes, bytes], tuple[bytes, bytes]]
) -> tuple[Segment, ...]:
    client, server = ends
    port, acknowledged = random.randrange(32768, 61000), random.randrange(1 << 32)
    made = []
    for size in (most, random.randrange(200, 1200)):
        data = _TCP(443, port, 0, acknowledged, 0x8018, 501, 0, 0) + _TIMESTAMPS + _tls_record(random, size)
        made.append(_segment(data, 4, flow, size, *packet(server, client, data)))
    pure = _TCP(port, 443, acknowledged, 0, 0x8010, 501, 0, 0) + _TIMESTAMPS
    made.append(_segment(pure, 8, flow, 0, *packet(client, server, pure)))
    return tuple(made)


def _segment(octets: bytes, at: int, flow: int, advance: int, before: bytes, pseudo_header: bytes) -> Segment:
    """Cut where the number and the checksum (octets 16 and 17) go."""
    total = 0xFFFF - wire.checksum(pseudo_header + octets)
    return Segment(before + octets[:at], octets[at + 4 : 16], octets[18:], total, flow, advance)


def _tls_record(random: Random, size: int) -> bytes:
    """Application data of TLS, a record a segment."""
    return b"\x17\x03\x03" + _HALF(size - 5) + random.randbytes(size - 5)


def _udp(link: bytes, ends: Ends, ports: tuple[int, int], data: bytes) -> bytes:
    return link + wire.ipv6(*ends, wire.UDP, wire.udp(ports, data, *ends))


def _short_header(random: Random, size: int) -> bytes:
    """QUIC's, and what it protects."""
    return bytes((0x40 | random.randrange(32),)) + random.randbytes(size)


def _client_port(random: Random) -> int:
    return random.randrange(32768, 61000)


def _quic(random: Random, link: bytes, size: int) -> bytes:
    return _udp(link, _ends6(random), (443, _client_port(random)), _short_header(random, size))


def _tunnelled_quic(random: Random, size: int) -> bytes:
    nodes = Nodes(random)
    outer = wire.ipv6(nodes.agent, nodes.care_of, wire.IPV6, bytes(size + 49))[:40]
    ports = (443, _client_port(random))
    link = wire.link_header(wire.ETHERTYPE_IPV6) + outer
    return _udp(link, (nodes.correspondent, nodes.home), ports, _short_header(random, size))


def _query(random: Random) -> bytes:
    """A DNS query for an AAAA record of a name with eight letters."""
    name = bytes(random.randrange(97, 123) for _ in range(8))
    return random.randbytes(2) + bytes.fromhex("01000001000000000000") + b"\x08" + name + b"\x03org\0\0\x1c\0\x01"


def _dns(random: Random, link: bytes) -> bytes:
    return _udp(link, _ends6(random), (_client_port(random), 53), _query(random))


def _udp4(random: Random, link: bytes, ports: tuple[int, int], data: bytes) -> bytes:
    """Without a checksum, as IPv4 allows."""
    head = b"".join(map(_HALF, (*ports, len(data) + 8, 0)))
    return _as_ipv4(link) + _ipv4(_ends4(random), wire.UDP, head + data)


def _quic4(random: Random, link: bytes) -> bytes:
    return _udp4(random, link, (443, _client_port(random)), _short_header(random, 1250))


def _dns4(random: Random, link: bytes) -> bytes:
    return _udp4(random, link, (_client_port(random), 53), _query(random))


def _echo(random: Random, link: bytes) -> bytes:
    ends = _ends6(random)
    kind = random.choice((128, 129))
    return link + wire.ipv6(*ends, wire.ICMPV6, wire.icmpv6(kind, random.randbytes(60), *ends))


def _neighbour(random: Random, link: bytes) -> bytes:
    """A Neighbor Solicitation or Advertisement with its link-layer address option."""
    ends = (bytes.fromhex("fe800000000000000200") + random.randbytes(6), _ends6(random)[0])
    kind, option = random.choice(((135, 1), (136, 2)))
    body = bytes(4) + ends[1] + bytes((option, 1)) + random.randbytes(6)
    return link + wire.ipv6(*ends, wire.ICMPV6, wire.icmpv6(kind, body, *ends), 255)


def _advertisement(random: Random, link: bytes) -> bytes:
    """A Router Advertisement with one prefix."""
    ends = (bytes.fromhex("fe800000000000000200") + random.randbytes(6), bytes.fromhex("ff02") + bytes(13) + b"\x01")
    prefix = bytes.fromhex("030440c000278d0000093a8000000000") + _ends6(random)[0][:8] + bytes(8)
    body = bytes.fromhex("400007080000000000000000") + prefix
    return link + wire.ipv6(*ends, wire.ICMPV6, wire.icmpv6(134, body, *ends), 255)


def _listener_report(random: Random, link: bytes) -> bytes:
    """MLDv2, behind a hop-by-hop header with Router Alert."""
    ends = (bytes.fromhex("fe800000000000000200") + random.randbytes(6), bytes.fromhex("ff02") + bytes(13) + b"\x16")
    group = bytes.fromhex("ff0200000000000000000001ff") + random.randbytes(3)
    body = wire.icmpv6(143, bytes.fromhex("0000000104000000") + group, *ends)
    return link + wire.ipv6(*ends, wire.HOP_BY_HOP, bytes.fromhex("3a00050200000100") + body, 1)


def _arp(random: Random, link: bytes) -> bytes:
    sender, target = _ends4(random)
    fields = bytes.fromhex("0001080006040001") + random.randbytes(6) + sender + bytes(6) + target
    return link[:-2] + _HALF(wire.ETHERTYPE_ARP) + fields + bytes(18)


#: Shares of the small kinds; with TCP they are 1.
_SMALL_KINDS: tuple[tuple[float, Callable[[Random, bytes], bytes]], ...] = (
    (0.08, lambda random, link: _quic(random, link, 1240)),
    (0.06, lambda random, link: _quic(random, link, 40)),
    (0.03, _quic4),
    (0.02, _dns),
    (0.012, _dns4),
    (0.013, _echo),
    (0.014, _neighbour),
    (0.001, _advertisement),
    (0.002, _listener_report),
    (0.008, _arp),
)

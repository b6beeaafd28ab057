"""Packets made octet by octet with struct, and small captures of them; nothing of the code under test makes them."""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from mhatool.capture import Record, open_capture
from mhatool.exchange import Source

REPOSITORY = Path(__file__).parents[2]
UMIP = REPOSITORY / "captures" / "umip"
RAW = 101

S = 1_000_000_000
"""A second in nanoseconds."""
ACCEPT_HOME = 0xC000
"""The flags A and H."""


def ip(text: str) -> bytes:
    """An address with `::` in its text."""
    left, _, right = text.partition("::")
    head = b"".join(int(group, 16).to_bytes(2) for group in left.split(":") if group)
    tail = b"".join(int(group, 16).to_bytes(2) for group in right.split(":") if group)
    return head + bytes(16 - len(head) - len(tail)) + tail


HOME = ip("2001:db8:1::100")
AGENT, AGENT2 = ip("2001:db8:1::1"), ip("2001:db8:1::2")
CARE1, CARE2 = ip("2001:db8:a::100"), ip("2001:db8:b::100")
PEER = ip("2001:db8:c::10")


def internet_checksum(source: bytes, destination: bytes, protocol: int, octets: bytes) -> int:
    data = source + destination + struct.pack(">I3xB", len(octets), protocol) + octets
    total = sum(word for (word,) in struct.iter_unpack(">H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv6(source: bytes, destination: bytes, protocol: int, payload: bytes, hop_limit: int = 64) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, hop_limit) + source + destination + payload


def tunnel(source: bytes, destination: bytes, inner: bytes) -> bytes:
    return ipv6(source, destination, 41, inner)


def echo(source: bytes, destination: bytes) -> bytes:
    body = b"\x80\0\0\0\0\x01\0\x01"
    check = internet_checksum(source, destination, 58, body)
    return ipv6(source, destination, 58, body[:2] + check.to_bytes(2) + body[4:])


def home_address_option(home: bytes, following: int) -> bytes:
    return bytes((following, 2, 1, 2, 0, 0, 201, 16)) + home


def routing_header(home: bytes, following: int) -> bytes:
    return bytes((following, 2, 2, 1, 0, 0, 0, 0)) + home


def mobility(kind: int, body: bytes, source: bytes, destination: bytes) -> bytes:
    """A Mobility Header with its checksum; the body begins after the checksum and fills whole units of eight octets."""
    octets = bytes((59, (len(body) + 6) // 8 - 1, kind, 0, 0, 0)) + body
    return octets[:4] + internet_checksum(source, destination, 135, octets).to_bytes(2) + octets[6:]


def bu(
    source: bytes = CARE1,
    agent: bytes = AGENT,
    seq: int = 1,
    life: int = 60,
    home: bytes | None = HOME,
    alternate: bytes | None = None,
    flags: int = ACCEPT_HOME,
    hop_limit: int = 64,
) -> bytes:
    """A Binding Update; without home address it has no Home Address option."""
    body = struct.pack(">HHH", seq, flags, life // 4)
    body += b"\x01\x00\x03\x10" + alternate if alternate is not None else b"\x01\x02\0\0"
    message = mobility(5, body, home or source, agent)
    if home is None:
        return ipv6(source, agent, 135, message, hop_limit)
    return ipv6(source, agent, 60, home_address_option(home, 135) + message, hop_limit)


def ba(
    destination: bytes = CARE1,
    agent: bytes = AGENT,
    seq: int = 1,
    life: int = 60,
    status: int = 0,
    home: bytes | None = HOME,
    advice: int | None = None,
) -> bytes:
    """A Binding Acknowledgement; without home address it has no type 2 routing header. `advice` in seconds."""
    body = struct.pack(">BBHH", status, 0, seq, life // 4)
    body += b"\x01\x02\0\0" if advice is None else b"\x02\x02" + (advice // 4).to_bytes(2)
    message = mobility(6, body, agent, home or destination)
    if home is None:
        return ipv6(agent, destination, 135, message)
    return ipv6(agent, destination, 43, routing_header(home, 135) + message)


def binding_error(destination: bytes, peer: bytes, home: bytes) -> bytes:
    return ipv6(peer, destination, 135, mobility(7, b"\x01\0" + home, peer, destination))


def record(frame: int, time_ns: int, octets: bytes, *, interface: int = 0, snap: int | None = None) -> Record:
    kept = octets if snap is None else octets[:snap]
    return Record(frame, time_ns, RAW, kept, len(octets), interface, 0, None)


def scene(*packets: tuple[float, bytes], name: str = "scene") -> Source:
    """A capture of packets with their times in seconds, numbered from 1."""
    return Source(name, [record(i, round(at * S), octets) for i, (at, octets) in enumerate(packets, 1)])


def recording(name: str) -> Source:
    """A recording of captures/umip, all of it in memory."""
    with open_capture(UMIP / name) as reader:
        return Source(name, list(reader))


def changed(source: Source, **frames: bytes) -> Source:
    """The capture with some frames' octets replaced; keywords are `f` and the number."""
    octets = {int(key[1:]): value for key, value in frames.items()}
    records = [
        r._replace(captured=octets[r.frame], original_length=len(octets[r.frame])) if r.frame in octets else r
        for r in source.records
    ]
    return Source(source.name, records)


def only(source: Source, frames: Iterable[int]) -> Source:
    wanted = set(frames)
    return Source(source.name, [r for r in source.records if r.frame in wanted])


def records_of(source: Source) -> Sequence[Record]:
    return list(source.records)

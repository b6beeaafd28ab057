"""Captures that set traps for whoever takes short cuts: 300 of them, the same ones each time.

Each holds mobility signalling among much else: captures within payloads, octets that look like record headers, cut
tails, garbage, odd lengths and times, every link type, tunnels, extension headers, fragments. Written by struct alone.
"""

import gzip
import random
import struct
from collections.abc import Callable, Iterator

from tests.mhatool.capture.builders import (
    block,
    enhanced,
    interface,
    obsolete,
    option,
    pcap_header,
    pcap_record,
    section,
    simple,
)
from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    CARE2,
    HOME,
    PEER,
    ba,
    bu,
    echo,
    home_address_option,
    ipv6,
    mobility,
    routing_header,
    tunnel,
)

SEED = 20060401
NUMBER = 300
PIECE = 256 * 1024
"""What a reader asks of the system at a time: jumbo records cross its edges."""
MAGICS = (("<", 0xA1B2C3D4), (">", 0xA1B2C3D4), ("<", 0xA1B23C4D), (">", 0xA1B23C4D))
LINKS = (1, 1, 1, 101, 0, 108, 113, 276, 229, 12)
EXTREME_TIMES = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1_000_000_000)

Random = random.Random


def hostile_captures(number: int = NUMBER, seed: int = SEED) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files; a name says the number and the kind."""
    for index in range(number):
        chance = Random(seed + index)
        kind = "pcapng" if index % 3 == 2 else "pcap"
        content = _pcapng(chance) if kind == "pcapng" else _pcap(chance, index)
        content, damage = _damaged(chance, content)
        if index % 7 == 3:
            content, packing = gzip.compress(content, 1, mtime=0), ".gz"
        else:
            packing = ""
        yield f"{index:03}-{damage}.{kind}{packing}", content


# --- packets, from the IPv6 header on ---


def signalling(chance: Random) -> bytes:
    """A mobility message, plain or where short cuts miss it."""
    message = mobility(chance.choice((0, 1, 2, 3, 4, 7, 200)), bytes(2 + 8 * chance.randrange(5)), CARE1, PEER)
    plain = chance.choice(
        (
            bu(seq=chance.randrange(65536)),
            bu(seq=chance.randrange(65536), home=None, alternate=CARE2),
            ba(seq=chance.randrange(65536), status=chance.choice((0, 128, 135))),
            ipv6(CARE1, PEER, 135, message),
            ipv6(CARE1, PEER, 62, message),
            ipv6(CARE1, PEER, 0, b"\x87\0\x01\x04\0\0\0\0" + message),
            ipv6(CARE1, PEER, 43, b"\x3c\x02\x00\x01" + bytes(4) + PEER + home_address_option(HOME, 135) + message),
            ipv6(PEER, CARE1, 43, routing_header(HOME, 135) + message),
            ipv6(AGENT, CARE1, 1 + 57, b"\x90\0\0\0\0\x07\0\0"),
        )
    )
    for _ in range(chance.choice((0, 0, 1, 1, 2, 9))):
        plain = wrapped(chance, plain)
    return plain


def wrapped(chance: Random, packet: bytes) -> bytes:
    """In a tunnel, by itself or behind an extension header, or quoted by an error."""
    match chance.randrange(5):
        case 0 | 1:
            return tunnel(AGENT, CARE1, packet)
        case 2:
            return ipv6(AGENT, CARE1, 60, b"\x29\0\x04\x01\x04\0\0\0" + packet)
        case 3:
            return ipv6(AGENT, CARE1, 44, b"\x29\0\0\0" + chance.randbytes(4) + packet)
        case _:
            return ipv6(AGENT, CARE1, 58, b"\x01\x00\0\0\0\0\0\0" + packet)


def other(chance: Random) -> bytes:
    """What isn't signalling, or is so only in part or in appearance."""
    payload = chance.randbytes(chance.randrange(120))
    udp = struct.pack(">4H", 1000, 2000, 8 + len(payload), 0) + payload
    return chance.choice(
        (
            ipv6(PEER, HOME, 17, udp),
            ipv6(PEER, HOME, 6, bytes(12) + b"\x50" + bytes(7) + payload),
            ipv6(PEER, HOME, 0, b"\x11\0\x01\x04\0\0\0\0" + udp),
            ipv6(PEER, HOME, 60, b"\x06\0\x01\x04\0\0\0\0" + bytes(20)),
            ipv6(PEER, HOME, 44, b"\x87\0" + struct.pack(">HI", chance.randrange(65536), 7) + payload),
            ipv6(PEER, HOME, 51, b"\x87\x01" + bytes(10) + bu()[40:]),
            ipv6(PEER, HOME, 50, chance.randbytes(40)),
            tunnel(AGENT, CARE1, ipv6(PEER, HOME, 17, udp)),
            tunnel(AGENT, CARE1, ipv6(PEER, HOME, 6, bytes(20))),
            echo(CARE1, PEER),
            bytes([chance.choice((0x00, 0x45, 0x50, 0x70, 0xF0))]) + bu()[1:],  # another version
            b"\x45\0\0\x54" + bytes(5) + b"\x29" + bytes(10) + bu(),  # 6in4
            ipv6(PEER, HOME, 17, struct.pack(">4H", 53, 53, 8 + len(bu()), 0) + bu()),
            ipv6(PEER, HOME, chance.randrange(256), payload),
            ipv6(PEER, HOME, 135, b""),
            payload,
            b"",
        )
    )


def nested(chance: Random) -> bytes:
    """A whole capture, or records that stand at every alignment, in a UDP payload."""
    order, magic = chance.choice(MAGICS)
    record = pcap_record(framed(chance, 1, bu()), order=order)
    capture = chance.choice(
        (
            pcap_header(order, magic) + record * 3,
            bytes(chance.randrange(17)) + record * chance.randrange(1, 9),
            section(order) + interface(order) + enhanced(framed(chance, 1, bu()), order=order) * 3,
            block(6, enhanced(framed(chance, 1, ba()), order=order), order),
            struct.pack(order + "4I", 1, 2, chance.choice((0, 60, 0xFFFFFFFF)), 60) * 12,
        )
    )
    return ipv6(PEER, HOME, 17, struct.pack(">4H", 9, 9, 8 + len(capture), 0) + capture)


def jumbo(chance: Random) -> bytes:
    """64 to 300 KiB of octets, in which records may be seen."""
    size = chance.choice((65_536, 131_072, PIECE - 56, PIECE - 40, PIECE, 300 * 1024)) + chance.randrange(-20, 20)
    pattern = chance.choice((b"\0", pcap_record(bu()), enhanced(bu()), bu(), b"\x86\xdd\x60\0\0\0"))
    start = ipv6(PEER, HOME, chance.choice((6, 17, 135, 41)), b"")
    return (start + pattern * (size // len(pattern) + 1))[:size]


def framed(chance: Random, link_type: int, packet: bytes) -> bytes:
    """With a link header of that type; on Ethernet with tags, or with a wrong ethertype, now and then."""
    ethertype = chance.choice((b"\x86\xdd",) * 30 + (b"\x08\x00", b"\x81\x00", b"\x88\x47"))
    tag = chance.randrange(4096).to_bytes(2)
    tags = chance.choice(
        (b"",) * 4
        + (b"\x81\x00" + tag, b"\x88\xa8" + tag + b"\x81\x00" + tag, b"\x81\x00" + tag + b"\x81\x00" + tag)
        + (b"\x91\x00" + tag + b"\x81\x00" + tag,)
    )
    family = chance.choice((24, 28, 30, 10, 2))
    match link_type:
        case 1:
            return chance.randbytes(12) + tags + ethertype + packet
        case 0:
            return struct.pack(chance.choice("<>") + "I", family) + packet
        case 108:
            return struct.pack(">I", family) + packet
        case 113:
            return struct.pack(">3H8s", chance.randrange(5), 1, 6, bytes(8)) + ethertype + packet
        case 276:
            return ethertype + bytes(2) + struct.pack(">IHBB8s", 2, 1, 0, 6, bytes(8)) + packet
        case _:
            return packet


def packets(chance: Random, link_type: int) -> Iterator[tuple[bytes, int]]:
    """Frames with their original lengths: some cut by odd snap lengths, some longer than they say they were."""
    makers: list[Callable[[Random], bytes]] = [signalling] * 4 + [other] * 12 + [nested] * 2
    yield (first := framed(chance, link_type, bu(seq=1))), len(first)
    for _ in range(chance.randrange(20, 90)):
        frame = framed(chance, link_type, chance.choice(makers)(chance))
        original = len(frame)
        match chance.randrange(12):
            case 0:
                frame = frame[: chance.randrange(201)]
            case 1:
                original = chance.randrange(original + 1)
            case 2:
                frame += bytes(chance.randrange(30))  # a trailer
                original = len(frame)
            case _:
                pass
        yield frame, original
    for _ in range(chance.choice((0, 0, 0, 1, 3))):
        frame = framed(chance, link_type, jumbo(chance))
        yield frame, len(frame)
        frame = framed(chance, link_type, signalling(chance))
        yield frame, len(frame)


# --- files ---


def _times(chance: Random) -> Iterator[tuple[int, int]]:
    """Seconds and fractions that go forward, back, stand still and jump."""
    seconds = chance.choice((*EXTREME_TIMES, 1_700_000_000))
    while True:
        yield seconds, chance.choice((0, 999_999, 1_000_000, 999_999_999, 0xFFFFFFFF, chance.randrange(1_000_000)))
        step = chance.choice((0, 0, 1, 1, 1, 60, -1, -3600))
        seconds = chance.choice(EXTREME_TIMES) if chance.random() < 0.05 else (seconds + step) & 0xFFFFFFFF


def _pcap(chance: Random, index: int) -> bytes:
    order, magic = MAGICS[index % 4]
    link_type = chance.choice(LINKS)
    upper = chance.choice((0, 0, 0, 0x14000000))  # a frame check sequence, which readers mask
    parts = [pcap_header(order, magic, link_type | upper)]
    for (frame, original), (seconds, fraction) in zip(packets(chance, link_type), _times(chance), strict=False):
        parts.append(pcap_record(frame, seconds, fraction, order, original))
    return b"".join(parts)


def _pcapng(chance: Random) -> bytes:
    return b"".join(_section(chance, chance.choice("<>")) for _ in range(chance.choice((1, 1, 1, 2, 3))))


def _section(chance: Random, order: str) -> bytes:
    """Interfaces of several link types and clocks, described before or among the packets, with odd blocks between."""
    links = [chance.choice(LINKS) for _ in range(chance.choice((1, 1, 2, 4)))]
    clocks = (3, 6, 9, 12, 0x80 | 10, 0x80 | 32, 0)
    parts = [section(order, (1, chance.choice((0, 2))), chance.choice((b"", option(4, b"a tool", order))))]
    for number, link_type in enumerate(links):
        resolution = option(9, bytes([chance.choice(clocks)]), order) if chance.random() < 0.6 else b""
        offset = option(14, struct.pack(order + "q", chance.choice((0, -5, 1 << 31))), order)
        options = resolution + chance.choice((b"", offset, option(2, b"eth%d" % number, order)))
        parts.append(interface(order, link_type, chance.choice((0, 65_535, 96)), options))
        for (frame, original), (high, low) in zip(packets(chance, link_type), _times(chance), strict=False):
            parts += [_packet(chance, order, number, frame, original, high % 400_000 << 32 | low), _odd(chance, order)]
    return b"".join(parts)


def _packet(chance: Random, order: str, number: int, frame: bytes, original: int, ticks: int) -> bytes:
    """An enhanced packet block, at times with options; at times an obsolete or a simple one."""
    comments = (
        b"",
        b"",
        b"",
        option(1, b"a comment", order),
        option(1, pcap_record(b"x"), order) + option(0, b"", order),
    )
    match chance.randrange(12):
        case 0:
            return obsolete(frame, ticks, order, number)
        case 1 if number == 0 and len(frame) <= 96:
            return simple(frame, order)
        case _:
            return enhanced(frame, ticks, order, number, original, chance.choice(comments))


def _odd(chance: Random, order: str) -> bytes:
    """Blocks that hold no packets, some of which look as if they did."""
    if chance.random() < 0.8:
        return b""
    kind = chance.choice((4, 5, 10, 0x0BAD, 0x80000006, 0xFFFFFFFF))
    return block(kind, chance.choice((b"", bytes(40), enhanced(bu(), order=order), pcap_record(bu()))), order)


def _damaged(chance: Random, content: bytes) -> tuple[bytes, str]:
    """Cut, or with garbage, somewhere after the first few records; most files stay whole."""
    place = chance.randrange(300, len(content))
    garbage = chance.choice((bytes(40), b"\xff" * 40, chance.randbytes(37), pcap_record(bu()), pcap_header()))
    match chance.randrange(8):
        case 0:
            return content[:place], "cut"
        case 1:
            return content[: len(content) - chance.randrange(1, 20)], "cut-tail"
        case 2:
            return content[:place] + garbage + content[place:], "garbage"
        case 3:
            return content + garbage, "garbage-tail"
        case 4:
            return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[
                place + 1 :
            ], "flipped"
        case _:
            return content, "whole"

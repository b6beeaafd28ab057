"""Captures made by hand with struct, octet by octet from the specifications: they share no code with the writers."""

import struct
from pathlib import Path

from mhatool.capture import CaptureWarning, Record, open_capture

REPOSITORY = Path(__file__).parents[3]
UMIP = REPOSITORY / "captures" / "umip"


def read(path: Path) -> tuple[list[Record], list[CaptureWarning]]:
    with open_capture(path) as reader:
        return list(reader), reader.warnings


def pcap_header(
    order: str = "<", magic: int = 0xA1B2C3D4, link_word: int = 1, version: tuple[int, int] = (2, 4)
) -> bytes:
    return struct.pack(order + "I2HiIII", magic, *version, 0, 0, 65535, link_word)


def pcap_record(
    data: bytes, seconds: int = 1, fraction: int = 2, order: str = "<", original: int | None = None
) -> bytes:
    return struct.pack(order + "4I", seconds, fraction, len(data), len(data) if original is None else original) + data


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "2H", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", version: tuple[int, int] = (1, 0), options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "I2Hq", 0x1A2B3C4D, *version, -1) + options, order)


def interface(order: str = "<", link_type: int = 1, snap_length: int = 0, options: bytes = b"") -> bytes:
    return block(1, struct.pack(order + "2HI", link_type, 0, snap_length) + options, order)


def enhanced(
    data: bytes, ticks: int = 0, order: str = "<", number: int = 0, original: int | None = None, options: bytes = b""
) -> bytes:
    fixed = (number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data) if original is None else original)
    return block(6, struct.pack(order + "5I", *fixed) + data + bytes(-len(data) % 4) + options, order)


def simple(data: bytes, order: str = "<", original: int | None = None) -> bytes:
    return block(3, struct.pack(order + "I", len(data) if original is None else original) + data, order)


def obsolete(data: bytes, ticks: int = 0, order: str = "<", number: int = 0) -> bytes:
    fixed = (number, 7, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(2, struct.pack(order + "2H4I", *fixed) + data, order)

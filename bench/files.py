"""Captures on disk: written fast, and gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct

#: Its time in microseconds since 1970, and its octets.
Timed = tuple[int, bytes]

NEEDED_OCTETS = 4_000_000_000
_ETHERNET = 1
_SNAP_LENGTH = 262_144
_FRAMES_A_WRITE = 5_000
_PCAP_HEADER = Struct("<IHHiIII").pack(0xA1B2C3D4, 2, 4, 0, 0, _SNAP_LENGTH, _ETHERNET)
_PCAP_RECORD = Struct("<IIII").pack
_SECTION = Struct("<IIIHHqI").pack(0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
_INTERFACE = Struct("<IIHHII").pack(1, 20, _ETHERNET, 0, _SNAP_LENGTH, 20)
_PACKET = Struct("<IIIIIII").pack


class NoRoomError(Exception):
    """There is too little room for the captures; the text says where and how much is missing."""


@contextmanager
def workspace(scale: float = 1.0) -> Iterator[Path]:
    """A temporary folder with room for the largest captures of this scale; it goes with all that is in it."""
    needed = NEEDED_OCTETS * scale
    with tempfile.TemporaryDirectory(prefix="mhatool-bench-") as name:
        free = shutil.disk_usage(name).free
        if free < needed:
            raise NoRoomError(
                f"{tempfile.gettempdir()}: {free / 1e9:.1f} GB are free and the captures need "
                f"{needed / 1e9:.1f} GB: make room, set TMPDIR to another folder, or measure with --quick"
            )
        yield Path(name)


def write_pcap(path: Path, frames: Iterable[Timed]) -> None:
    """An Ethernet pcap with microseconds."""
    _write(path, _PCAP_HEADER, frames, _pcap_record)


def write_pcapng(path: Path, frames: Iterable[Timed]) -> None:
    """The same as pcapng: one section, one interface, enhanced packet blocks."""
    _write(path, _SECTION + _INTERFACE, frames, _pcapng_block)


def _write(path: Path, header: bytes, frames: Iterable[Timed], packed: Callable[[int, bytes], bytes]) -> None:
    with path.open("wb") as stream:
        stream.write(header)
        waiting: list[bytes] = []
        for time_us, frame in frames:
            waiting.append(packed(time_us, frame))
            if len(waiting) == _FRAMES_A_WRITE:
                stream.write(b"".join(waiting))
                waiting.clear()
        stream.write(b"".join(waiting))


def _pcap_record(time_us: int, frame: bytes) -> bytes:
    size = len(frame)
    return _PCAP_RECORD(time_us // 1_000_000, time_us % 1_000_000, size, size) + frame


def _pcapng_block(time_us: int, frame: bytes) -> bytes:
    size = len(frame)
    padding = -size % 4
    total = 32 + size + padding
    head = _PACKET(6, total, 0, time_us >> 32, time_us & 0xFFFFFFFF, size, size)
    return head + frame + bytes(padding) + total.to_bytes(4, "little")

"""The pcap format: a header of 24 octets, then records with a header of 16.

Source: pcap-savefile(5) of libpcap; draft-ietf-opsawg-pcap. The header's time zone and accuracy are ignored, as libpcap
does; of the link-type word the upper 16 bits tell of frame check sequences and are masked.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from mhatool.capture.errors import CaptureError
from mhatool.capture.identify import PCAP_MAGICS
from mhatool.capture.record import MAXIMUM_CAPTURED_LENGTH, CaptureWarning, Interface, Record
from mhatool.capture.source import ByteSource

HEADER_LENGTH: Final = 24
RECORD_HEADER_LENGTH: Final = 16
NANOSECONDS: Final = 1_000_000_000


class PcapHeader(NamedTuple):
    """What the file header says about all records."""

    byte_order: str
    """`<` or `>`, as `struct` writes it."""
    interface: Interface


def read_header(path: str, source: ByteSource) -> PcapHeader:
    """Take the file header. Raises CaptureError where it is cut short or of a version other than 2.4."""
    head = source.peek(HEADER_LENGTH)
    byte_order, resolution = PCAP_MAGICS[head[:4]]
    if len(head) < HEADER_LENGTH:
        what = source.damage or f"the pcap header is cut short: {len(head)} of {HEADER_LENGTH} octets are there"
        raise CaptureError(path, what, "copy the file again, or capture again", len(head))
    major, minor, snap_length, link_word = struct.unpack_from(byte_order + "4x2H8x2I", head)
    if (major, minor) != (2, 4):
        what = f"pcap version {major}.{minor} is unknown, only 2.4 can be read"
        raise CaptureError(path, what, "convert it: editcap -F pcapng IN OUT", 4)
    source.skip(HEADER_LENGTH)
    return PcapHeader(byte_order, Interface(link_word & 0xFFFF, snap_length, None, resolution))


class Start(NamedTuple):
    """Where reading begins, or goes on: after `frame` packets, at octet `base` of the file, with octets at hand."""

    frame: int = 0
    base: int = HEADER_LENGTH
    buffer: bytes = b""


FROM_THE_HEADER: Final = Start()


def read_records(
    header: PcapHeader, source: ByteSource, warnings: list[CaptureWarning], start: Start = FROM_THE_HEADER
) -> Iterator[Record]:
    """The records after the header, until the end or the first break, which is appended to `warnings`. Never raises."""
    unpack = struct.Struct(header.byte_order + "4I").unpack_from
    link_type = header.interface.link_type
    scale = NANOSECONDS // header.interface.ts_resolution
    make = tuple.__new__  # a third of the time of Record(...)
    frame, base, buffer = start
    while True:
        position, size = 0, len(buffer)
        last = size - RECORD_HEADER_LENGTH
        while position <= last:
            seconds, fraction, captured, original = unpack(buffer, position)
            data = position + RECORD_HEADER_LENGTH
            end = data + captured
            if end > size:
                break
            frame += 1
            time_ns = seconds * NANOSECONDS + fraction * scale
            yield make(Record, (frame, time_ns, link_type, buffer[data:end], original, 0, base + position, None))
            position = end
        base += position
        buffer = buffer[position:]
        missing = _missing(header.byte_order, buffer)
        if not missing or not (fresh := source.read_at_least(missing)):
            break
        buffer += fresh
    if buffer or source.damage:
        warnings.append(CaptureWarning(_why(header.byte_order, buffer, source.damage), base, frame + 1))


def captured_length(byte_order: str, buffer: bytes) -> int:
    """Captured octets that the record at the buffer's beginning announces; 0 where its header isn't whole."""
    if len(buffer) < RECORD_HEADER_LENGTH:
        return 0
    captured: int = struct.unpack_from(byte_order + "8xI", buffer)[0]
    return captured


def _missing(byte_order: str, buffer: bytes) -> int:
    """Octets to read until the record at the buffer's beginning is whole; 0 where its length is implausible."""
    captured = captured_length(byte_order, buffer)
    return 0 if captured > MAXIMUM_CAPTURED_LENGTH else RECORD_HEADER_LENGTH + captured - len(buffer)


def _why(byte_order: str, buffer: bytes, damage: str | None) -> str:
    """What to say of the rest that isn't a whole record."""
    captured = captured_length(byte_order, buffer)
    if captured > MAXIMUM_CAPTURED_LENGTH:
        return f"implausible packet length, {captured} octets: the file is damaged from here on"
    if damage:
        return damage
    if len(buffer) < RECORD_HEADER_LENGTH:
        return f"packet header cut short, {len(buffer)} of {RECORD_HEADER_LENGTH} octets are there"
    return cut_short(len(buffer) - RECORD_HEADER_LENGTH, captured)


def cut_short(there: int, captured: int) -> str:
    """What to say of a packet that ends too early; both in octets."""
    return f"packet cut short, {there} of {captured} octets are there"

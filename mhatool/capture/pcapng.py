"""The pcapng format: blocks, framed by their length before and after.

Source: draft-ietf-opsawg-pcapng. As in libpcap, lengths that aren't multiples of 4, or that differ before and after a
block, are damage; versions 1.0 and 1.2 are the same.
"""

import struct
from collections.abc import Iterator
from typing import Final

from mhatool.capture import pcapng_format as form
from mhatool.capture.errors import CaptureError
from mhatool.capture.pcapng_section import BadBlockError, Section, pass_over
from mhatool.capture.record import CaptureWarning, Interface, Record
from mhatool.capture.source import ByteSource

_SECTION_HEADER_LENGTH: Final = 28
"""Octets of a Section Header Block without options."""
_TRAILER: Final = "bad block length, it differs before and after the block"


def check_header(path: str, source: ByteSource) -> None:
    """Look at the first block, without taking it. Raises CaptureError if it isn't a whole, sane section header."""
    head = source.peek(_SECTION_HEADER_LENGTH)
    again = "copy the file again, or capture again"
    if len(head) < _SECTION_HEADER_LENGTH:
        what = f"the pcapng section header is cut short: {len(head)} of {_SECTION_HEADER_LENGTH} octets are there"
        raise CaptureError(path, source.damage or what, again, len(head))
    try:
        length = block_length(Section([], []), head, 0)
        block = source.peek(length)
        if len(block) < length:
            what = f"the pcapng section header is cut short: {len(block)} of {length} octets are there"
            raise CaptureError(path, source.damage or what, again, len(block))
        if block[length - 4 : length] != head[4:8]:
            raise BadBlockError(_TRAILER)
    except BadBlockError as error:
        remedy = "convert it: editcap -F pcapng IN OUT" if "version" in str(error) else again
        raise CaptureError(path, f"this is no pcapng file that can be read: {error}", remedy, 0) from error


def read_records(source: ByteSource, interfaces: list[Interface], warnings: list[CaptureWarning]) -> Iterator[Record]:
    """The packets from the first block on, until the end or the first break, which is appended to `warnings`.

    `interfaces` grows as descriptions are met, before any packet that refers to them. Never raises.
    """
    section = Section(interfaces, warnings)
    frame, base, position = 1, 0, 0
    buffer, missing = b"", form.BLOCK_OVERHEAD
    try:
        while fresh := source.read_at_least(missing):
            base += position
            buffer = buffer[position:] + fresh
            position, size = 0, len(buffer)
            while (end := position + block_length(section, buffer, position)) <= size:
                record = read_block(section, buffer, position, end, frame, base)
                if record is not None:
                    yield record
                    frame += 1
                position = end
            missing = end - size
        check_end(source, len(buffer) - position, missing)
    except BadBlockError as error:
        warnings.append(CaptureWarning(str(error), base + position, frame))


def read_block(section: Section, buffer: bytes, start: int, end: int, frame: int, base: int) -> Record | None:
    """The packet in the block there, or None if it holds none; the buffer begins at octet `base` of the file.

    Raises BadBlockError.
    """
    kind, length = section.unpack_head(buffer, start)
    if section.unpack_head(buffer, end - 8)[1] != length:
        raise BadBlockError(_TRAILER)
    parse = section.parsers.get(kind, pass_over)
    return parse(buffer, start + 8, end - 4, frame, base + start)


def check_end(source: ByteSource, rest: int, missing: int) -> None:
    """No more octets come, and `rest` of them are no whole block. Raises BadBlockError where something is missing."""
    if rest:
        raise BadBlockError(source.damage or f"block cut short, {rest} of {rest + missing} octets are there")
    if source.damage:
        raise BadBlockError(source.damage)


def block_length(section: Section, buffer: bytes, position: int) -> int:
    """Octets of the block at `position`, or how many it takes to tell. A section header begins the section."""
    here = len(buffer) - position
    if here < form.BLOCK_OVERHEAD:
        return form.BLOCK_OVERHEAD
    kind, length = section.unpack_head(buffer, position)
    if kind == form.SECTION_HEADER:
        if here < _SECTION_HEADER_LENGTH:
            return _SECTION_HEADER_LENGTH
        section.start(_section_byte_order(buffer, position))
        length = section.unpack_head(buffer, position)[1]
    if length & 3 or not form.BLOCK_OVERHEAD <= length <= form.MAXIMUM_BLOCK_LENGTH:
        raise BadBlockError(f"bad block length, {length} octets")
    return length


def _section_byte_order(buffer: bytes, start: int) -> str:
    """`<` or `>` by a section header's byte-order magic; at least 16 octets of it are there."""
    for byte_order in "<>":
        magic, major, minor = struct.unpack_from(byte_order + "I2H", buffer, start + 8)
        if magic == form.BYTE_ORDER_MAGIC:
            if (major, minor) not in ((1, 0), (1, 2)):
                raise BadBlockError(f"pcapng version {major}.{minor} is unknown, only 1.0 and 1.2 can be read")
            return byte_order
    raise BadBlockError("section header without byte-order magic")

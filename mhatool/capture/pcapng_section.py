"""What the blocks of one pcapng section say: byte order, interfaces with their clocks, packets.

Source: draft-ietf-opsawg-pcapng, section 4 (blocks), section 3.5 (options).
"""

import struct
from collections.abc import Callable, Iterator
from functools import partial
from math import gcd
from typing import Final, NamedTuple

from mhatool.capture import pcapng_format as form
from mhatool.capture.record import CaptureWarning, Interface, Record

_make = tuple.__new__  # half the time of Record(...)
_NANOSECONDS: Final = 1_000_000_000
_PACKET_HEADER_LENGTH: Final = 20
"""Of an enhanced or obsolete packet block, between the block's length and the packet."""
_OPTIONS_LOST: Final = "damaged packet options, their comments are lost"


class BadBlockError(Exception):
    """A block contradicts itself or the section; `str()` says how, in one line."""


class InterfaceClock(NamedTuple):
    """How an interface's ticks become Unix nanoseconds: ticks * multiplier // divisor + offset_ns."""

    multiplier: int
    divisor: int
    offset_ns: int
    link_type: int
    interface: int
    """Index among all interfaces of the file."""

    def nanoseconds(self, high: int, low: int) -> int:
        """The time of a packet whose ticks are given in two words of 32 bits."""
        return (high << 32 | low) * self.multiplier // self.divisor + self.offset_ns


_Unpack = Callable[[bytes, int], tuple[int, ...]]

Parser = Callable[[bytes, int, int, int, int], Record | None]
"""Reads a block: (buffer, start of the body, end of the body, frame number to give, offset of the block in the file).

It gives the packet, or None from a block that holds none. It raises BadBlockError.
"""


def pass_over(_buffer: bytes, _start: int, _end: int, _frame: int, _offset: int) -> None:
    """The parser of blocks that hold nothing for us."""


class Section:
    """The state of one section while its blocks are read."""

    __slots__ = ("_interfaces", "_warnings", "byte_order", "clocks", "parsers", "unpack_head")

    def __init__(self, interfaces: list[Interface], warnings: list[CaptureWarning]) -> None:
        """Before the first section header. Both lists are those of the file, and are added to."""
        self._interfaces = interfaces
        self._warnings = warnings
        self.start("<")

    def start(self, byte_order: str) -> None:
        """Begin a section, which knows no interface yet. `byte_order` is `<` or `>`."""
        self.byte_order = byte_order
        self.clocks: list[InterfaceClock] = []
        """Of the interfaces that were described so far."""
        self.unpack_head: _Unpack = struct.Struct(byte_order + "2I").unpack_from
        """Of a block: its type and its length."""
        self.parsers: dict[int, Parser] = {
            form.INTERFACE_DESCRIPTION: self._interface,
            form.OBSOLETE_PACKET: partial(self._packet, struct.Struct(byte_order + "H2x4I").unpack_from),
            form.SIMPLE_PACKET: self._simple_packet,
            form.ENHANCED_PACKET: partial(self._packet, struct.Struct(byte_order + "5I").unpack_from),
        }
        """By block type. Those not in it are passed over: names, statistics, secrets, unknown ones."""

    def _interface(self, buffer: bytes, start: int, end: int, _frame: int, _offset: int) -> None:
        """Section 4.2: link type, snap length, options."""
        if end - start < 8:
            raise BadBlockError("interface description cut short")
        link_type, snap_length = struct.unpack_from(self.byte_order + "H2xI", buffer, start)
        name, exponent, offset_s = None, 6, 0
        for code, value in self._options(buffer, start + 8, end):
            if code == form.INTERFACE_NAME:
                name = value.rstrip(b"\0").decode("utf-8", "replace")
            elif code == form.INTERFACE_TIME_RESOLUTION and len(value) == 1:
                exponent = value[0]
            elif code == form.INTERFACE_TIME_OFFSET and len(value) == 8:
                (offset_s,) = struct.unpack(self.byte_order + "q", value)
        resolution: int = 1 << (exponent & 0x7F) if exponent & 0x80 else 10**exponent
        common = gcd(_NANOSECONDS, resolution)  # small factors keep the arithmetic of each packet quick
        multiplier, divisor = _NANOSECONDS // common, resolution // common
        offset_ns = offset_s * _NANOSECONDS
        self.clocks.append(InterfaceClock(multiplier, divisor, offset_ns, link_type, len(self._interfaces)))
        self._interfaces.append(Interface(link_type, snap_length, name, resolution))

    def _packet(self, unpack: _Unpack, buffer: bytes, start: int, end: int, frame: int, offset: int) -> Record:
        """Section 4.3 and, with the interface in 16 bits and 16 bits of drops count, appendix A."""
        data = start + _PACKET_HEADER_LENGTH
        if data > end:
            raise BadBlockError("packet block cut short")
        interface, high, low, captured, original = unpack(buffer, start)
        stop = data + captured
        if stop > end:
            raise BadBlockError(f"packet of {captured} octets in a block that has room for {end - data}")
        if interface >= len(self.clocks):
            raise BadBlockError(f"packet of interface {interface}, which the section doesn't describe")
        multiplier, divisor, offset_ns, link_type, index = self.clocks[interface]
        time_ns = (high << 32 | low) * multiplier // divisor + offset_ns
        comment = None
        if end - stop > 3:  # more than padding
            comment = self._comment(buffer, data + form.padded(captured), end, frame, offset)
        return _make(Record, (frame, time_ns, link_type, buffer[data:stop], original, index, offset, comment))

    def _simple_packet(self, buffer: bytes, start: int, end: int, frame: int, offset: int) -> Record:
        """Section 4.4: interface 0 of the section, no time, cut to the interface's snap length."""
        if end - start < 4:
            raise BadBlockError("simple packet block cut short")
        if not self.clocks:
            raise BadBlockError("packet of interface 0, which the section doesn't describe")
        clock = self.clocks[0]
        (original,) = struct.unpack_from(self.byte_order + "I", buffer, start)
        snap_length = self._interfaces[clock.interface].snap_length
        data = start + 4
        stop = data + min(original, snap_length or original)
        if stop > end:
            raise BadBlockError(f"packet of {stop - data} octets in a block that has room for {end - data}")
        return Record(frame, 0, clock.link_type, buffer[data:stop], original, clock.interface, offset, None)

    def _comment(self, buffer: bytes, start: int, end: int, frame: int, offset: int) -> str | None:
        """All comments, a line each. Damaged options harm no packet: the first such is a warning, for all."""
        try:
            values = [value for code, value in self._options(buffer, start, end) if code == form.OPTION_COMMENT]
        except BadBlockError:
            if not any(warning.message == _OPTIONS_LOST for warning in self._warnings):
                self._warnings.append(CaptureWarning(_OPTIONS_LOST, offset, frame))
            return None
        return b"\n".join(values).decode("utf-8", "replace") if values else None

    def _options(self, buffer: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Section 3.5: code, length, value padded to 4 octets; an end mark, which may be left out."""
        unpack = struct.Struct(self.byte_order + "2H").unpack_from
        while start + 4 <= end:
            code, length = unpack(buffer, start)
            if code == form.OPTION_END:
                return
            start += 4
            if start + length > end:
                raise BadBlockError(f"option {code} is longer than its block")
            yield code, buffer[start : start + length]
            start += form.padded(length)

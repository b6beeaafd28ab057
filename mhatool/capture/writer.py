"""Write captures: the same calls give the same octets, for nothing is taken from clock or host."""

import struct
from collections.abc import Hashable
from typing import Final, Protocol

from mhatool.capture import pcapng_format as form
from mhatool.capture.record import MAXIMUM_CAPTURED_LENGTH, Interface, Record

_NANOSECONDS: Final = 1_000_000_000
_NANOSECOND_EXPONENT: Final = 9
_BEFORE_1970_S: Final = -(1 << 33)
"""Where the clock of an interface begins whose packets came before 1970: times have no sign. Some 272 years before."""


class ByteSink(Protocol):
    """Where octets go: a binary file, a pipe, an `io.BytesIO`, an `Output`."""

    def write(self, data: bytes, /) -> object:
        """Take all of the octets."""
        ...

    def flush(self) -> object:
        """Pass on what was taken."""
        ...


class PcapngWriter:
    """Writes pcapng: one section, little-endian, nanoseconds; an interface described when it is first used.

    An interface is what has the same link type, name and `source`; for packets before 1970 there is another one, whose
    clock begins earlier. A comment of several lines is written as several.
    Source: draft-ietf-opsawg-pcapng, section 4. The stream belongs to the caller, who flushes and closes it.
    """

    def __init__(self, stream: ByteSink, *, application: str, flush_each: bool = False) -> None:
        """Write the section header. `application` names the writer in it; `flush_each` sends each packet on at once."""
        self._stream = stream
        self._flush_each = flush_each
        self._interfaces: dict[tuple[int, str | None, Hashable, int], int] = {}
        fixed = struct.pack("<I2Hq", form.BYTE_ORDER_MAGIC, 1, 0, form.SECTION_LENGTH_UNKNOWN)
        options = _options((form.SECTION_APPLICATION, application.encode("utf-8", "replace")))
        self._emit(_block(form.SECTION_HEADER, fixed + options))

    def write(
        self,
        time_ns: int,
        link_type: int,
        data: bytes,
        original_length: int | None = None,
        comment: str | None = None,
        interface_name: str | None = None,
        source: Hashable = None,
    ) -> None:
        """Write a packet. `time_ns` are Unix nanoseconds; the packet had `original_length` octets (None: as `data`).

        `source` is anything that tells apart interfaces which have the same name, or none.
        Raises ValueError for a time before 1698 or after 2554, a packet over 16 MiB, a line of a comment over 65,535
        octets; and what the stream raises.
        """
        begin_s = _BEFORE_1970_S if time_ns < 0 else 0
        _check(time_ns, data, 1 << 64, begin_s * _NANOSECONDS)
        key = (link_type, interface_name, source, begin_s)
        interface = self._interfaces.get(key)
        if interface is None:
            interface = self._interfaces[key] = len(self._interfaces)
            self._describe(link_type, interface_name, begin_s)
        ticks = time_ns - begin_s * _NANOSECONDS
        original = len(data) if original_length is None else original_length
        fixed = struct.pack("<5I", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), original)
        lines = [] if comment is None else comment.encode("utf-8", "replace").split(b"\n")
        options = _options(*((form.OPTION_COMMENT, line) for line in lines)) if lines else b""
        self._emit(_block(form.ENHANCED_PACKET, fixed + _pad(data) + options))

    def write_record(self, record: Record, interface: Interface | None = None, source: Hashable = None) -> None:
        """Write what a reader gave, with the name of its interface: `reader.interfaces[record.interface]`."""
        name = interface.name if interface else None
        facts = (record.time_ns, record.link_type, record.captured, record.original_length, record.comment)
        self.write(*facts, name, source)

    def _describe(self, link_type: int, name: str | None, begin_s: int) -> None:
        options = [(form.INTERFACE_TIME_RESOLUTION, bytes([_NANOSECOND_EXPONENT]))]
        if begin_s:
            options.append((form.INTERFACE_TIME_OFFSET, struct.pack("<q", begin_s)))
        if name is not None:
            options.insert(0, (form.INTERFACE_NAME, name.encode("utf-8", "replace")))
        self._stream.write(_block(form.INTERFACE_DESCRIPTION, struct.pack("<H2xI", link_type, 0) + _options(*options)))

    def _emit(self, block: bytes) -> None:
        self._stream.write(block)
        if self._flush_each:
            self._stream.flush()


class PcapWriter:
    """Writes pcap, little-endian: one link type, neither comments nor names. Source: pcap-savefile(5).

    For tools that don't read pcapng. The stream belongs to the caller, who flushes and closes it.
    """

    def __init__(self, stream: ByteSink, *, link_type: int, nanoseconds: bool = True, flush_each: bool = False) -> None:
        """Write the file header; without `nanoseconds`, times are cut to microseconds."""
        self._stream = stream
        self._flush_each = flush_each
        self._link_type = link_type
        self._tick = 1 if nanoseconds else 1000
        magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
        self._emit(struct.pack("<I2H4I", magic, 2, 4, 0, 0, MAXIMUM_CAPTURED_LENGTH, link_type))

    def write(self, time_ns: int, link_type: int, data: bytes, original_length: int | None = None) -> None:
        """Write a packet. Raises ValueError for another link type, a time before 1970 or after 2106, over 16 MiB."""
        if link_type != self._link_type:
            raise ValueError(f"link type {link_type} in a pcap file of link type {self._link_type}")
        _check(time_ns, data, _NANOSECONDS << 32)
        seconds, fraction = divmod(time_ns, _NANOSECONDS)
        original = len(data) if original_length is None else original_length
        self._emit(struct.pack("<4I", seconds, fraction // self._tick, len(data), original) + data)

    def _emit(self, octets: bytes) -> None:
        self._stream.write(octets)
        if self._flush_each:
            self._stream.flush()


def _check(time_ns: int, data: bytes, end_ns: int, begin_ns: int = 0) -> None:
    if not begin_ns <= time_ns < end_ns:
        raise ValueError(f"a time of {time_ns} ns can't be written to a capture")
    if len(data) > MAXIMUM_CAPTURED_LENGTH:
        raise ValueError(f"a packet of {len(data)} octets is too long for a capture")


def _pad(data: bytes) -> bytes:
    return data + bytes(-len(data) & 3)


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + form.BLOCK_OVERHEAD
    return struct.pack("<2I", kind, length) + body + struct.pack("<I", length)


def _options(*options: tuple[int, bytes]) -> bytes:
    parts = []
    for code, value in options:
        if len(value) > 0xFFFF:
            raise ValueError(f"a text of {len(value)} octets is too long for a capture's option")
        parts.append(struct.pack("<2H", code, len(value)) + _pad(value))
    return b"".join(parts) + struct.pack("<2H", form.OPTION_END, 0)

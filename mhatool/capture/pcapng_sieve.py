"""pcapng files through a sieve: one look at each enhanced packet block, without copying the packet.

That is for a section whose interfaces all have one link type and one clock, and blocks without options, or with such
as were met before and say nothing. Any other block goes to the exact parsers (see `pcapng`), and so does one that is
wrong: after it the quick look goes on.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final, NamedTuple

from mhatool.capture import pcapng_format as form
from mhatool.capture.clock import Clock
from mhatool.capture.pcapng import block_length, check_end, read_block
from mhatool.capture.pcapng_section import BadBlockError, Section
from mhatool.capture.probe import Probe, probe
from mhatool.capture.record import CaptureWarning, Interface, Record
from mhatool.capture.sieve import LinkSieve, Sieve, Tally, for_link
from mhatool.capture.source import ByteSource

_HEADER: Final = "6I4x"
"""Of an enhanced packet block: type, length, interface, time in two words, captured length, original length."""
_HEADER_LENGTH: Final = 28
_KNOWN: Final = 64
"""How many options are remembered."""


class _Quick(NamedTuple):
    """How the blocks of a section are looked at while all its interfaces are alike."""

    probe: Probe
    link: LinkSieve
    link_type: int
    interfaces: int
    unpack_length: Callable[[bytes, int], tuple[int, ...]]
    known: set[bytes]
    """Options of packets, as they stand in the file, that say nothing."""


class PcapngSieve:
    """One pass over a pcapng file. Counts and times are in the tally when it is done."""

    def __init__(
        self,
        source: ByteSource,
        interfaces: list[Interface],
        warnings: list[CaptureWarning],
        sieve: Sieve,
        tally: Tally,
    ) -> None:
        self._source = source
        self._warnings = warnings
        self._sieve = sieve
        self._tally = tally
        self._section = Section(interfaces, warnings)
        self._links: dict[int, LinkSieve | None] = {}
        self._quick: _Quick | None = None
        """None where there is no quick look."""
        self._are_alike = True
        """Whether the section's interfaces are, those that were described so far."""
        self._clock = Clock(_no_time)
        self._frame = 0
        self._base = 0
        self._buffer = b""
        self._position = 0

    def records(self) -> Iterator[Record]:
        """The records that have to be looked at. Never raises."""
        missing = form.BLOCK_OVERHEAD
        try:
            while fresh := self._source.read_at_least(missing):
                self._base += self._position
                self._buffer = self._buffer[self._position :] + fresh
                self._position, size = 0, len(self._buffer)
                yield from self._pass()
                while (end := self._position + self._block_length()) <= size:
                    yield from self._exactly(end)
                    yield from self._pass()
                missing = end - size
            check_end(self._source, len(self._buffer) - self._position, missing)
        except BadBlockError as error:
            self._warnings.append(CaptureWarning(str(error), self._base + self._position, self._frame + 1))
        self._clock.tell(self._tally)

    def _block_length(self) -> int:
        return block_length(self._section, self._buffer, self._position)

    def _pass(self) -> Iterator[Record]:
        """Over what is in the buffer, up to a block for the exact parsers. Locals only and few steps, for speed.

        One of implausible length never is in it whole: nothing so long is waited for.
        """
        if self._quick is None or not self._frame:  # the first packet is always given
            return
        (layout, boring, others, ipv6, deeper), link, link_type, interfaces, unpack_length, known = self._quick
        clock, buffer, position, frame = self._clock, self._buffer, self._position, self._frame
        unpack, high, latest = layout.unpack_from, clock.upper, clock.lower
        try:
            for frame in count(frame + 1):  # noqa: B020  (it goes on from where it was)
                block, length, interface, upper, lower, captured, kind, protocol = unpack(buffer, position)
                end, around = position + length, length - captured
                if block != 6 or length & 3 or around < 32:
                    break
                has_news = around > 35 and buffer[position + 28 + (captured + 3 & ~3) : end - 4] not in known
                if has_news or interface >= interfaces or unpack_length(buffer, end - 4)[0] != length:
                    break
                if boring[protocol] != kind and kind not in others:
                    data, (at, values) = position + _HEADER_LENGTH, deeper[protocol]
                    stop = data + captured
                    is_left_out = kind == ipv6 and position + at < stop and buffer[position + at] in values
                    if not is_left_out and link.is_wanted(buffer, data, stop):
                        yield from self._block(position, end, frame)
                position = end
                if upper != high or lower < latest:
                    clock.lower = latest
                    clock.turn(upper, lower)
                    high = upper
                latest = lower
        except struct.error:  # the buffer ends here
            pass
        clock.lower = latest
        if frame - 1 > self._frame:
            self._tally.packets[link_type] += frame - 1 - self._frame
        self._frame, self._position = frame - 1, position

    def _block(self, start: int, end: int, frame: int) -> Iterator[Record]:
        """What the exact parsers find in a block."""
        record = read_block(self._section, self._buffer, start, end, frame, self._base)
        if record is not None:
            yield record

    def _exactly(self, end: int) -> Iterator[Record]:
        """One block, up to there, by the exact parsers. It may change what is known of the interfaces."""
        kind, _ = self._section.unpack_head(self._buffer, self._position)
        for record in self._block(self._position, end, self._frame + 1):
            self._frame += 1
            self._tally.packets[record.link_type] += 1
            self._clock.note(record.time_ns)
            if kind == form.ENHANCED_PACKET and record.comment is None:
                self._learn(record, end)
            link = self._link(record.link_type)
            if record.frame == 1 or link is None or link.is_wanted(record.captured, 0, len(record.captured)):
                yield record
        if kind in (form.SECTION_HEADER, form.INTERFACE_DESCRIPTION):
            self._look_again()
        self._position = end

    def _learn(self, record: Record, end: int) -> None:
        """Its options say nothing, or no more: damaged ones are told once. Capture tools write few different ones."""
        if self._quick is not None and len(self._quick.known) < _KNOWN:
            start = self._position + _HEADER_LENGTH + form.padded(len(record.captured))
            self._quick.known.add(self._buffer[start : end - 4])

    def _link(self, link_type: int) -> LinkSieve | None:
        if link_type not in self._links:
            self._links[link_type] = for_link(self._sieve, link_type)
        return self._links[link_type]

    def _look_again(self) -> None:
        """The interfaces have changed: whether they are alike, and so whether there is a quick look."""
        self._clock.stop()
        quick, self._quick = self._quick, None
        clocks, byte_order = self._section.clocks, self._section.byte_order
        if not clocks:
            self._are_alike = True
            return
        first = clocks[0]
        # the newest alone is looked at: there may be as many as there are packets
        self._are_alike = self._are_alike and clocks[-1]._replace(interface=first.interface) == first
        if not self._are_alike:
            return
        if quick is not None and len(clocks) > 1:
            self._quick = quick._replace(interfaces=len(clocks))
        elif (link := self._link(first.link_type)) is not None:
            self._clock.nanoseconds = first.nanoseconds
            unpack_length = struct.Struct(byte_order + "I").unpack_from
            looks = probe(byte_order, _HEADER, link)
            self._quick = _Quick(looks, link, first.link_type, len(clocks), unpack_length, set())


def _no_time(_upper: int, _lower: int) -> int:
    """Before any interface is known there are no packets, and no times."""
    return 0

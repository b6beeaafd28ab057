"""A walk through records of a pcap file: one look at each one's header and next header, without copying the packet.

Source of the way: a plain loop over `struct.unpack_from` is the quickest that pure Python has.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final, NamedTuple

from mhatool.capture.clock import Clock
from mhatool.capture.pcap import HEADER_LENGTH, NANOSECONDS, RECORD_HEADER_LENGTH, PcapHeader
from mhatool.capture.probe import probe
from mhatool.capture.record import MAXIMUM_CAPTURED_LENGTH, Record
from mhatool.capture.sieve import LinkSieve

_ACROSS: Final = 4096
"""Octets of a piece that are copied behind what is left of the one before."""


class Walked(NamedTuple):
    """What a walk through a range of a file came to, besides its records; those of adjacent ranges can be joined."""

    stop: int
    """Octet of the file at which the first record begins that isn't in it."""
    frames: int
    least_ns: int
    """The least time; without meaning where there are no frames."""
    greatest_ns: int


class _Piece(NamedTuple):
    """A buffer as a pass over it began: so the pass can be done again up to a record that turns out to be cut."""

    buffer: bytes
    base: int
    position: int
    clock: Clock


class PcapWalk:
    """From one record to the next, from the first one or any other, as far as octets are given."""

    def __init__(self, header: PcapHeader, sieve: LinkSieve, base: int = HEADER_LENGTH) -> None:
        """`base`: octet of the file at which a record begins."""
        self._header = header
        self._sieve = sieve
        self._probe = probe(header.byte_order, "3I4x", sieve)
        scale = NANOSECONDS // header.interface.ts_resolution
        self.clock = Clock(lambda seconds, fraction: seconds * NANOSECONDS + fraction * scale)
        self.frames = 0
        """How many records have passed, one at the end included of which not all has been seen."""
        self.captured = 0
        """The captured length that the latest record states."""
        self._base = base
        self._buffer = b""
        self._position = 0
        """Of the next record in the buffer; beyond its end where a record is left out whose end wasn't read yet."""
        self._last = 0
        """Where the latest record began."""
        self._piece = _Piece(b"", base, 0, self.clock)

    @property
    def at(self) -> int:
        """Octet of the file at which the next record begins."""
        return self._base + self._position

    @property
    def seen(self) -> int:
        """Octet of the file after the last one that was given."""
        return self._base + len(self._buffer)

    @property
    def rest(self) -> bytes:
        """What was given and not walked through."""
        return self._buffer[self._position :]

    @property
    def is_lost(self) -> bool:
        """Whether the latest length can't be: there is no way on."""
        return self.captured > MAXIMUM_CAPTURED_LENGTH

    def over(self, pieces: Iterable[bytes]) -> Iterator[Record]:
        """Through the next octets, until they end or the way is lost; gives the records that have to be looked at."""
        if self.is_lost:
            return
        for fresh in pieces:
            if self._position < len(self._buffer):
                yield from self._across(fresh)
            else:
                self._go_to(fresh, self._base + len(self._buffer))
            if self._position < len(self._buffer) and not self.is_lost:
                yield from self._pass()
            if self.is_lost:
                return

    def _go_to(self, buffer: bytes, base: int) -> None:
        """Go on in another buffer, which begins at this octet of the file."""
        self._position -= base - self._base
        self._buffer, self._base = buffer, base

    def _across(self, fresh: bytes) -> Iterator[Record]:
        """Over a record of which a part was given before; a copy of few octets is enough, unless it is a long one."""
        stop, rest = self.seen, self.rest
        self._go_to(rest + fresh[:_ACROSS], self.at)
        yield from self._pass()
        if self.at >= stop:
            self._go_to(fresh, stop)
        elif not self.is_lost:
            self._go_to(self.rest + fresh[_ACROSS:], self.at)

    def _pass(self) -> Iterator[Record]:
        """Over what is in the buffer. This is the loop on which everything's speed rests: locals only, few steps."""
        clock, buffer, position, frame = self.clock, self._buffer, self._position, self.frames
        self._piece = _Piece(buffer, self._base, position, clock.copy())
        layout, boring, others, ipv6, deeper = self._probe
        unpack, size = layout.unpack_from, len(buffer)
        second, latest = clock.upper, clock.lower
        start, captured = position, 0
        try:
            for frame in count(frame + 1):  # noqa: B020  (it goes on from where it was)
                seconds, fraction, captured, kind, protocol = unpack(buffer, position)
                start = position
                position += captured + 16
                if boring[protocol] != kind and kind not in others:
                    if position > size:
                        position = start
                        break
                    at, values = deeper[protocol]
                    is_left_out = kind == ipv6 and start + at < position and buffer[start + at] in values
                    if not is_left_out and self._sieve.is_wanted(buffer, start + RECORD_HEADER_LENGTH, position):
                        yield self._record(frame, start, position)
                if seconds != second or fraction < latest:
                    clock.lower = latest
                    clock.turn(seconds, fraction)
                    second = seconds
                latest = fraction
        except struct.error:  # the buffer ends here
            pass
        clock.lower = latest
        self.frames, self._position = frame - 1, position
        self._last, self.captured = start, captured

    def _record(self, frame: int, start: int, end: int) -> Record:
        seconds, fraction, _, original = struct.unpack_from(self._header.byte_order + "4I", self._buffer, start)
        time_ns = self.clock.nanoseconds(seconds, fraction)
        link_type = self._header.interface.link_type
        data = self._buffer[start + RECORD_HEADER_LENGTH : end]
        return Record(frame, time_ns, link_type, data, original, 0, self._base + start, None)

    def settle(self) -> bool:
        """No more octets come: whether the latest record isn't whole. It is none then, and its time is forgotten."""
        if self._position <= len(self._buffer):
            return False
        self.frames -= 1
        self._buffer, self._base, position, self.clock = self._piece
        self._position = self._last
        unpack = struct.Struct(self._header.byte_order + "3I").unpack_from
        while position < self._last:
            seconds, fraction, captured = unpack(self._buffer, position)
            self.clock.turn(seconds, fraction)
            position += captured + RECORD_HEADER_LENGTH
        return True

    def walked(self) -> Walked:
        """What it came to, once it is settled."""
        self.clock.stop()
        return Walked(self.at, self.frames, self.clock.least or 0, self.clock.greatest or 0)

    def join(self, more: Walked) -> None:
        """Another walk has gone on from where this one stands; go on from where that one stopped."""
        self.clock.stop()
        if more.frames:
            self.clock.note(more.least_ns)
            self.clock.note(more.greatest_ns)
        self.frames += more.frames
        self._base, self._buffer, self._position, self.captured = more.stop, b"", 0, 0

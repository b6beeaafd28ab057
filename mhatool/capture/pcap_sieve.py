"""pcap files through a sieve, with a second process beside this one where the file is large.

The exact reader (`pcap.read_records`) stands behind it: it reads the end of the file, and what comes after the first
record that can't be.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

from mhatool.capture.pcap import (
    HEADER_LENGTH,
    RECORD_HEADER_LENGTH,
    PcapHeader,
    Start,
    captured_length,
    cut_short,
    read_records,
)
from mhatool.capture.pcap_walk import PcapWalk
from mhatool.capture.record import MAXIMUM_CAPTURED_LENGTH, CaptureWarning, Record
from mhatool.capture.second_process import SecondProcess
from mhatool.capture.sieve import LinkSieve, Tally
from mhatool.capture.source import ByteSource, RawInput


class PcapSieve:
    """One pass over a pcap file. Counts and times are in the tally when it is done."""

    def __init__(
        self, header: PcapHeader, source: ByteSource, warnings: list[CaptureWarning], sieve: LinkSieve, tally: Tally
    ) -> None:
        self._header = header
        self._source = source
        self._warnings = warnings
        self._tally = tally
        self._gave_first = False
        self._sieve = sieve
        self._walk = PcapWalk(header, sieve)

    def records(self) -> Iterator[Record]:
        """The first record, and those that have to be looked at. Never raises."""
        yield from self._first()
        yield from self._all()

    def records_with(self, second: SecondProcess, raw: RawInput) -> Iterator[Record]:
        """The same with another process that has begun further on in the same file. It is ended in any case.

        What it found counts only if the walk from the beginning comes to exactly the octet where it began: so that
        was where a record begins, and the results are those of one walk. If it fails, its records aren't given twice.
        """
        yield from self._first()
        try:
            yield from self._walk.over(self._source.pieces_of_next(second.start - self._walk.at))
            if self._walk.at == second.start and not self._walk.is_lost:
                given = 0
                for record in second.records(self._walk.frames):
                    given += 1
                    yield record
                if second.walked is None:
                    yield from islice(self._walk.over(self._pieces()), given, None)
                else:
                    self._walk.join(second.walked)
                    raw.go_to(second.walked.stop)
                    self._source.forget()
        finally:
            second.close()
        yield from self._all()

    def _first(self) -> Iterator[Record]:
        """The first record where the walk won't give it, without taking it: with it the capture begins."""
        captured = captured_length(self._header.byte_order, self._source.peek(RECORD_HEADER_LENGTH))
        if captured <= MAXIMUM_CAPTURED_LENGTH:
            size = RECORD_HEADER_LENGTH + captured
            octets = self._source.peek(size)[:size]
            alone = ByteSource(iter(()))
            for record in read_records(self._header, alone, [], Start(0, HEADER_LENGTH, octets)):
                if not self._sieve.is_wanted(record.captured, 0, captured):
                    self._gave_first = True
                    yield record

    def _all(self) -> Iterator[Record]:
        yield from self._walk.over(self._pieces())
        yield from self._end()

    def _pieces(self) -> Iterator[bytes]:
        """All that is left."""
        return iter(partial(self._source.read_at_least, 1), b"")

    def _end(self) -> Iterator[Record]:
        """What is left: nothing, a record that was left out and is cut, or some octets for the exact reader."""
        walk, there = self._walk, self._walk.seen
        is_cut = walk.settle()
        if is_cut and not walk.is_lost:
            why = self._source.damage or cut_short(there - walk.at - RECORD_HEADER_LENGTH, walk.captured)
            self._warnings.append(CaptureWarning(why, walk.at, walk.frames + 1))
        else:
            rest = Start(walk.frames, walk.at, walk.rest)
            for record in read_records(self._header, self._source, self._warnings, rest):
                walk.frames = record.frame
                walk.clock.note(record.time_ns)
                if record.frame > 1 or not self._gave_first:
                    yield record
        walk.clock.tell(self._tally)
        self._tally.packets[self._header.interface.link_type] += walk.frames

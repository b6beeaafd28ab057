"""A second process that sieves the later part of a large pcap file while this one sieves the earlier part.

It begins at a guess (see `boundary`), and this one has to prove that a record begins there. What it finds goes through
a file in memory, and reports of it through a pipe. It is ended with whoever started it, and never ends anything else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import sys
import threading
from collections.abc import Iterator
from typing import Final, NamedTuple, NoReturn

from mhatool.capture import boundary
from mhatool.capture.pcap import PcapHeader
from mhatool.capture.pcap_walk import PcapWalk, Walked
from mhatool.capture.record import Record
from mhatool.capture.sieve import LinkSieve
from mhatool.capture.source import PIECE, RawInput

_BATCH: Final = 64 * 1024
"""Octets of records that are reported together."""
_RECORD: Final = struct.Struct("<3Q3I")
"""Frame number in the range, time in nanoseconds, offset in the file, link type, original and captured length."""
_REPORT: Final = struct.Struct("<Q?4Q")
"""How many octets of records there are, whether that is all, and what was `Walked` then."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_running: set[int] = set()
"""Processes that were started here and weren't ended yet."""


class Plan(NamedTuple):
    """When a second process pays, and what it does."""

    smallest: int = 32 * 1024 * 1024
    """Octets of a file from which on it is started."""
    share: float = 0.08
    """Of the file, which is left to the first process; it also has to do with the records whatever they are for."""
    limit: int = 64 * 1024 * 1024
    """Octets of records found at which it stops: the first process goes on alone from there."""


BY_DEFAULT: Final = Plan()
ALONE: Final = Plan(smallest=sys.maxsize)
"""For who has something better to do with the other core."""


class SecondProcess:
    """One that was started, seen from the first."""

    def __init__(self, process: int, start: int, found: int, reports: int) -> None:
        self.start = start
        """Octet of the file at which it began."""
        self.walked: Walked | None = None
        """What it came to, once all its records were given; None if it failed."""
        self._process: int | None = process
        self._found = found
        self._reports = reports
        _running.add(process)

    def records(self, before: int) -> Iterator[Record]:
        """What it finds, as it finds it; `before`: how many frames the file has before its range."""
        taken = 0
        while len(report := os.read(self._reports, _REPORT.size)) == _REPORT.size:
            there, is_all, *walked = _REPORT.unpack(report)
            yield from _unpacked(os.pread(self._found, there - taken, taken), before)
            taken = there
            if is_all:
                self.walked = Walked(*walked)
                break

    def close(self) -> None:
        """End it, if it hasn't ended, and leave nothing of it."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError, ChildProcessError):  # where the system forgets those that ended
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        _running.discard(process)
        os.close(self._found)
        os.close(self._reports)


def start(raw: RawInput, header: PcapHeader, sieve: LinkSieve, plan: Plan = BY_DEFAULT) -> SecondProcess | None:
    """Start one for this file; None where it wouldn't pay, or can't be done."""
    descriptor, size = raw.descriptor, raw.size
    if sys.platform != "linux" or descriptor is None or size is None or size < plan.smallest or not _is_room():
        return None
    try:
        begin = boundary.guess(descriptor, header, int(size * plan.share))
        return None if begin is None else _start(PcapWalk(header, sieve, begin), descriptor, plan.limit)
    except OSError:  # no more processes, no memory: it goes without
        return None


def _is_room() -> bool:
    """Whether there is a core for one more, and no thread that may hold a lock while the process is doubled."""
    if sys.platform != "linux" or not hasattr(os, "memfd_create"):
        return False
    return len(_running) + 1 < len(os.sched_getaffinity(0)) and threading.active_count() == 1


def _start(walk: PcapWalk, descriptor: int, limit: int) -> SecondProcess:
    """Raises OSError."""
    first, begin = os.getpid(), walk.at
    with contextlib.ExitStack() as undo:
        found = os.memfd_create("records")
        undo.callback(os.close, found)
        reports, to_report = os.pipe()
        undo.callback(os.close, reports)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # no handler of ours runs in the second one
        try:
            findings = _Findings(found, to_report, limit)
            process = os.fork()
            if not process:
                os.close(reports)  # so that writing fails once nobody reads
                _be_second(walk, descriptor, findings, first, before)
            undo.pop_all()
            return SecondProcess(process, begin, found, reports)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(to_report)


class _Findings:
    """What the second process hands over."""

    def __init__(self, found: int, reports: int, limit: int) -> None:
        self._found = found
        self._reports = reports
        self._limit = limit
        self._there = 0
        self._waiting = bytearray()

    @property
    def is_full(self) -> bool:
        return self._there >= self._limit

    def add(self, record: Record) -> None:
        frame, time_ns, link_type, captured, original, _, offset, _ = record
        self._waiting += _RECORD.pack(frame, time_ns, offset, link_type, original, len(captured))
        self._waiting += captured

    def hand_over(self, walked: Walked | None = None) -> None:
        """What was added since the last time, once it is enough; all of it at the end, which `walked` tells.

        All reports together find room in a pipe: this waits for nobody. Raises OSError.
        """
        if walked is None and len(self._waiting) < _BATCH:
            return
        while self._waiting:
            written = os.write(self._found, self._waiting)
            self._there += written
            del self._waiting[:written]
        os.write(self._reports, _REPORT.pack(self._there, walked is not None, *(walked or (0, 0, 0, 0))))


def _be_second(walk: PcapWalk, descriptor: int, findings: _Findings, first: int, mask: set[int]) -> NoReturn:
    """All that the second process does. Nothing of the first is called at its end, and nothing is printed."""
    status = 1
    try:
        for number in _SIGNALS:
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for piece in _pieces(descriptor, walk.at):
            for record in walk.over((piece,)):
                findings.add(record)
            findings.hand_over()
            if walk.is_lost or findings.is_full or os.getppid() != first:
                break
        walk.settle()
        findings.hand_over(walk.walked())
        status = 0
    finally:
        os._exit(status)


def _pieces(descriptor: int, offset: int) -> Iterator[bytes]:
    """From there to the end of the file, whoever else reads it. Raises OSError."""
    while piece := os.pread(descriptor, PIECE, offset):
        yield piece
        offset += len(piece)


def _unpacked(octets: bytes, before: int) -> Iterator[Record]:
    """The records in what `_Findings` has written."""
    position = 0
    while position < len(octets):
        frame, time_ns, offset, link_type, original, captured = _RECORD.unpack_from(octets, position)
        data = position + _RECORD.size
        position = data + captured
        yield Record(before + frame, time_ns, link_type, octets[data:position], original, 0, offset, None)

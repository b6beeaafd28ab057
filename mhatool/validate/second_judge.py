"""A second process that judges the same packets by the other half of the rules, while this one judges by its own.

Neither waits for packets of the other: each reads the captures by itself. What the second one finds comes through a
pipe, a batch of packets at a time, so that this one can put both together in one order. Should it die, or see other
packets than this one (the capture grew meanwhile), this process reads again and finds the rest itself.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, NoReturn, Protocol, Self

from mhatool.exchange import Sighting
from mhatool.validate.finding import Finding
from mhatool.validate.judge import Judge

BATCH: Final = 2048
"""Packets that are reported together."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Which packet of its batch breaks a rule, from 0; and what was found.
Placed = tuple[int, Finding]


class Packets(Protocol):
    """The packets of some captures, to be read once."""

    @property
    def sightings(self) -> Iterator[Sighting]:
        """In the order of their times."""
        ...

    @property
    def last_ns(self) -> int | None:
        """When the last one was captured, those that needn't be seen among them; known when all were read."""
        ...


class Report(NamedTuple):
    """What was found in so many packets. Less than `BATCH` are the last ones; then `told` is what shows at the end."""

    packets: int
    found: list[Placed]
    last_ns: int | None = None
    told: tuple[Finding, ...] = ()

    @property
    def is_last(self) -> bool:
        return self.packets < BATCH

    def is_of(self, other: Report) -> bool:
        """Whether both are about the same packets."""
        return (self.packets, self.last_ns) == (other.packets, other.last_ns)


def reports(judge: Judge, packets: Packets) -> Iterator[Report]:
    """What a judge finds in all of them."""
    sightings = packets.sightings
    while not (report := _seen(judge, islice(sightings, BATCH))).is_last:
        yield report
    yield _concluded(judge, report, packets.last_ns)


def _seen(judge: Judge, sightings: Iterator[Sighting]) -> Report:
    count, found = 0, list[Placed]()
    for sighting in sightings:
        for finding in judge.see(sighting):
            found.append((count, finding))
        count += 1
    return Report(count, found)


def _concluded(judge: Judge, report: Report, last_ns: int | None) -> Report:
    judge.until(last_ns)
    return report._replace(last_ns=last_ns, told=tuple(judge.finish()))


def findings_of_both(judge: Judge, packets: Packets, second: SecondJudge) -> Iterator[Finding]:
    """What a judge and the second one find, as one would by the rules of both: the same, in the same order."""
    for report in reports(judge, packets):
        other = second.report(report)
        found = sorted(report.found + other.found, key=lambda placed: (placed[0], judge.order(placed[1])))
        yield from (finding for _, finding in found)
        yield from sorted(report.told + other.told, key=judge.rank)


class SecondJudge:
    """The other judge, seen from the first process. It has to be closed, and ends with the process that started it."""

    def __init__(self, judge: Judge, again: Callable[[], Packets]) -> None:
        """`judge` has seen nothing yet; `again` reads the packets from their beginning."""
        self._judge = judge
        self._again = again
        self._taken = 0
        self._rest: Iterator[Sighting] | None = None
        self._process: tuple[int, BinaryIO] | None = None
        with contextlib.suppress(OSError):  # no more processes, no memory: this one does it all
            self._process = _started(judge, again)

    def report(self, first: Report) -> Report:
        """Its next report: about the packets of the first judge's."""
        if self._rest is None:
            found = self._received()
            if found is not None and found.is_of(first):
                self._taken += 1
                return found
            self._rest = self._caught_up()
        report = _seen(self._judge, islice(self._rest, first.packets))
        return _concluded(self._judge, report, first.last_ns) if first.is_last else report

    def _received(self) -> Report | None:
        """None where the process has died, or there is none."""
        if self._process is None:
            return None
        try:
            found: Report = pickle.load(self._process[1])  # of a process that was started here
        except (EOFError, pickle.UnpicklingError):
            return None
        return found

    def _caught_up(self) -> Iterator[Sighting]:
        """The packets behind those of the reports that came, with those judged again in this process."""
        self.close()
        sightings = self._again().sightings
        _seen(self._judge, islice(sightings, self._taken * BATCH))
        return sightings

    def close(self) -> None:
        """End it, if it hasn't ended."""
        if self._process is None:
            return
        (process, stream), self._process = self._process, None
        with contextlib.suppress(ProcessLookupError, ChildProcessError):  # where the system forgets those that ended
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_room() -> bool:
    """Whether there is a core for one more, and no thread that may hold a lock while the process is doubled."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 and threading.active_count() == 1


def _started(judge: Judge, again: Callable[[], Packets]) -> tuple[int, BinaryIO]:
    """The process, and where its reports come out. Raises OSError."""
    first = os.getpid()
    from_it, to_first = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # no handler of ours runs in the second one
    try:
        process = os.fork()
        if not process:
            os.close(from_it)  # so that writing fails once nobody reads
            _be_second(judge, again, to_first, first, before)
    except OSError:
        os.close(from_it)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(to_first)
    return process, os.fdopen(from_it, "rb")


def _be_second(judge: Judge, again: Callable[[], Packets], to_first: int, first: int, mask: set[int]) -> NoReturn:
    """All that the second process does. Nothing of the first is called at its end, and nothing is printed."""
    status = 1
    try:
        for number in _SIGNALS:
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        with os.fdopen(to_first, "wb") as stream:
            for report in reports(judge, again()):
                pickle.dump(report, stream, pickle.HIGHEST_PROTOCOL)
                stream.flush()
                if os.getppid() != first:
                    break
        status = 0
    finally:
        os._exit(status)

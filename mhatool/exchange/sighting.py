"""Packets of one or more captures, dissected, in the order of their times."""

from __future__ import annotations

import heapq
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from operator import gt, itemgetter
from typing import NamedTuple

from dissectors.packet import Packet
from dissectors.profile import RFC6275, Profile
from dissectors.walk import Dissector
from mhatool.capture.record import Record
from mhatool.protocol.lifetime import NS_PER_S

REORDER_NS = NS_PER_S
"""How far the records of one file may be out of order: a pcapng of several interfaces often is."""
REORDER_RECORDS = 65_536
"""No more records than this wait for others, whatever their times."""


REORDER_OCTETS = 32 * 1024 * 1024
"""Nor more octets."""

TOGETHER = 512
"""Records that are taken together where nobody waits for them."""
_TRIM = 1024
_BEGINNING_OF_TIME = -(1 << 80)
_GONE = Record(0, 0, 0, b"", 0, 0, 0, None)
_time = itemgetter(Record._fields.index("time_ns"))
_make = tuple.__new__  # a third of the time of Sighting(...)


def _size(record: Record) -> int:
    return len(record.captured)


class Frame(NamedTuple):
    """A frame by the file that holds it and its number there, from 1; `time_ns` since 1970."""

    file: str
    number: int
    time_ns: int = 0


class Source(NamedTuple):
    """One capture: its name, and its records in the order of the file. Each interface is a vantage point of its own.

    `at_rest`: nobody waits for the records, as those of a file, so that many may be taken together: that is quicker.
    """

    name: str
    records: Iterable[Record]
    at_rest: bool = False


class Sighting(NamedTuple):
    """One packet, seen once: `time_ns` since 1970, `interface` the number within its file."""

    time_ns: int
    frame: Frame
    interface: int
    packet: Packet


def in_time_order(
    records: Iterable[Record], window_ns: int = REORDER_NS, rest: list[Record] | None = None
) -> Iterator[Record]:
    """The records of one file, sorted by time as far as they are within the window of the latest one.

    Equal times keep the order of the file. A record that comes later than the window allows is passed on as it comes;
    so is the earliest one that waits, where too many do, or too many octets. What still waits at the end is put into
    `rest`; without one it comes last.
    """
    waiting: list[Record] = []  # by time, from `first` on
    first, octets = 0, 0
    latest = least = _BEGINNING_OF_TIME
    for record in records:
        time_ns = record.time_ns
        if time_ns >= latest:
            latest = time_ns
            least = latest - window_ns
            waiting.append(record)
        elif time_ns <= least:
            yield record
            continue
        else:
            insort(waiting, record, first, key=_time)
        octets += len(record.captured)
        while waiting[first].time_ns <= least or octets > REORDER_OCTETS or len(waiting) - first > REORDER_RECORDS:
            earliest, waiting[first] = waiting[first], _GONE
            octets -= len(earliest.captured)
            first += 1
            yield earliest
            if first == len(waiting):
                break
        if first > _TRIM and first > len(waiting) // 2:
            del waiting[:first]
            first = 0
    if rest is None:
        yield from waiting[first:]
    else:
        rest += waiting[first:]


def in_time_order_at_rest(records: Iterable[Record], window_ns: int = REORDER_NS) -> Iterator[Record]:
    """The same for records that are there already: `TOGETHER` are taken at a time, and nearly always in order."""
    reading, waiting, latest = iter(records), list[Record](), _BEGINNING_OF_TIME
    while taken := list(islice(reading, TOGETHER)):
        times = [latest, *map(_time, taken)]
        if any(map(gt, times, islice(times, 1, None))):
            # Those that wait and these one by one; what then still waits is the newest, and goes on waiting.
            ordered = in_time_order(chain(waiting, taken), window_ns, waiting := [])
            yield from ordered
            latest = max(latest, *times)
            continue
        latest = times[-1]
        waiting += taken
        ready = bisect_right(waiting, latest - window_ns, key=_time)
        if ready or len(waiting) > REORDER_RECORDS or sum(map(_size, waiting)) > REORDER_OCTETS:
            octets = sum(map(_size, waiting[ready:]))
            while octets > REORDER_OCTETS or len(waiting) - ready > REORDER_RECORDS:
                octets -= _size(waiting[ready])
                ready += 1
            yield from waiting[:ready]
            del waiting[:ready]
    yield from waiting


def sightings(
    sources: Iterable[Source], profile: Profile = RFC6275, *, window_ns: int = REORDER_NS
) -> Iterator[Sighting]:
    """Every packet of all sources, merged by time (their clocks are taken to agree). Memory: the window of each."""
    each = list(sources)
    if len(each) == 1:
        yield from _of_one(each[0].name, _ordered(each[0], window_ns), profile)
        return
    named = [_named(source, window_ns) for source in each]
    views: dict[str, _View] = {}
    for name, record in heapq.merge(*named, key=lambda pair: pair[1].time_ns):
        view = views.get(name)
        if view is None:
            view = views[name] = _View(name, profile)
        yield view.sighting(record)


def _ordered(source: Source, window_ns: int) -> Iterator[Record]:
    order = in_time_order_at_rest if source.at_rest else in_time_order
    return order(source.records, window_ns)


def _named(source: Source, window_ns: int) -> Iterator[tuple[str, Record]]:
    return ((source.name, record) for record in _ordered(source, window_ns))


def _of_one(name: str, records: Iterable[Record], profile: Profile) -> Iterator[Sighting]:
    return map(_View(name, profile).sighting, records)


class _View:
    """What one capture shows: each of its interfaces is a vantage point, with fragments of its own."""

    def __init__(self, name: str, profile: Profile) -> None:
        self._name = name
        self._profile = profile
        self._looks: dict[int, Callable[[bytes, int, int, int], Packet]] = {}

    def sighting(self, record: Record) -> Sighting:
        """A record's packet."""
        frame, time_ns, link_type, octets, original_length, interface, _, _ = record
        look = self._looks.get(interface)
        if look is None:
            look = self._looks[interface] = Dissector(self._profile).look
        packet = look(octets, link_type, original_length, frame)
        return _make(Sighting, (time_ns, _make(Frame, (self._name, frame, time_ns)), interface, packet))

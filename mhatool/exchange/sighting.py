"""Packets of one or more captures, dissected, in the order of their times."""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Iterable, Iterator
from operator import itemgetter
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

_TRIM = 1024
_BEGINNING_OF_TIME = -(1 << 80)
_GONE = Record(0, 0, 0, b"", 0, 0, 0, None)
_time = itemgetter(Record._fields.index("time_ns"))


class Frame(NamedTuple):
    """A frame by the file that holds it and its number there, from 1; `time_ns` since 1970."""

    file: str
    number: int
    time_ns: int = 0


class Source(NamedTuple):
    """One capture: its name, and its records in the order of the file. Each interface is a vantage point of its own."""

    name: str
    records: Iterable[Record]


class Sighting(NamedTuple):
    """One packet, seen once: `time_ns` since 1970, `interface` the number within its file."""

    time_ns: int
    frame: Frame
    interface: int
    packet: Packet


def in_time_order(records: Iterable[Record], window_ns: int = REORDER_NS) -> Iterator[Record]:
    """The records of one file, sorted by time as far as they are within the window of the latest one.

    Equal times keep the order of the file. A record that comes later than the window allows is passed on as it comes;
    so is the earliest one that waits, where too many do, or too many octets.
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
    yield from waiting[first:]


def sightings(
    sources: Iterable[Source], profile: Profile = RFC6275, *, window_ns: int = REORDER_NS
) -> Iterator[Sighting]:
    """Every packet of all sources, merged by time (their clocks are taken to agree). Memory: the window of each."""
    ordered = [_sorted(source, window_ns) for source in sources]
    merged = ordered[0] if len(ordered) == 1 else heapq.merge(*ordered, key=lambda pair: pair[1].time_ns)
    dissectors: dict[tuple[str, int], Dissector] = {}
    make = tuple.__new__  # a third of the time of Sighting(...)
    for name, record in merged:
        frame, time_ns, link_type, octets, original_length, interface, _, _ = record
        dissector = dissectors.get((name, interface))
        if dissector is None:
            dissector = dissectors[name, interface] = Dissector(profile)
        packet = dissector.glance(octets, link_type, original_length=original_length, frame=frame)
        yield make(Sighting, (time_ns, make(Frame, (name, frame, time_ns)), interface, packet))


def _sorted(source: Source, window_ns: int) -> Iterator[tuple[str, Record]]:
    return ((source.name, record) for record in in_time_order(source.records, window_ns))

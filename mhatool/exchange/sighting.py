"""Packets of one or more captures, dissected, in the order of their times."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


class Frame(NamedTuple):
    """A frame by the file that holds it and its number there, from 1."""

    file: str
    number: int


class Source(NamedTuple):
    """One capture: its name, and its records in the order of the file. Each interface is a vantage point of its own."""

    name: str
    records: Iterable[Record]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One packet, seen once: `time_ns` since 1970, `interface` the number within its file."""

    time_ns: int
    frame: Frame
    interface: int
    packet: Packet


def in_time_order(records: Iterable[Record], window_ns: int = REORDER_NS) -> Iterator[Record]:
    """The records of one file, sorted by time as far as they are within the window of the latest one.

    Equal times keep the order of the file. A record that comes later than the window allows is passed on as it comes.
    """
    waiting: list[tuple[int, int, Record]] = []
    latest = 0
    for position, record in enumerate(records):
        latest = max(latest, record.time_ns)
        heapq.heappush(waiting, (record.time_ns, position, record))
        while waiting[0][0] <= latest - window_ns or len(waiting) > REORDER_RECORDS:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def sightings(
    sources: Iterable[Source], profile: Profile = RFC6275, *, window_ns: int = REORDER_NS
) -> Iterator[Sighting]:
    """Every packet of all sources, merged by time (their clocks are taken to agree). Memory: the window of each."""
    ordered = [_sorted(source, window_ns) for source in sources]
    dissectors: dict[tuple[str, int], Dissector] = {}
    for source_name, record in heapq.merge(*ordered, key=lambda pair: pair[1].time_ns):
        vantage = (source_name, record.interface)
        dissector = dissectors.get(vantage)
        if dissector is None:
            dissector = dissectors[vantage] = Dissector(profile)
        packet = dissector.dissect(
            record.captured, record.link_type, original_length=record.original_length, frame=record.frame
        )
        yield Sighting(record.time_ns, Frame(source_name, record.frame), record.interface, packet)


def _sorted(source: Source, window_ns: int) -> Iterator[tuple[str, Record]]:
    return ((source.name, record) for record in in_time_order(source.records, window_ns))

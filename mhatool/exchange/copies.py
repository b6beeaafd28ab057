"""The same message seen again is one message: on another link, inside a tunnel, or twice by one interface."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange.sighting import Sighting
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

ELSEWHERE_NS = 3 * NS_PER_S
"""How long a message may be on its way from one vantage point to another."""
SAME_PLACE_NS = nanoseconds(0.1)
"""Within this, the same octets at the same place are a double capture; retransmissions are a second apart or more."""
MOST = 65_536
MOST_CHANGES = 16
"""Of one message; a stream of ever new damage says nothing new."""

#: Where a message was seen: file, interface, tunnels around it, hop limit (each router on one link lowers it).
Place = tuple[str, int, int, int]


class Sameness(Enum):
    """What a message is to those seen before."""

    NEW = auto()
    COPY = auto()
    CHANGED = auto()
    """A copy with other octets than any before: damaged on its way, or by a capture."""


@dataclass(slots=True)
class _Seen:
    first_ns: int
    places: dict[Place, int] = field(default_factory=dict)
    contents: set[bytes] = field(default_factory=set)


class Copies:
    """Remembers messages for a few seconds; at most `most` of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: OrderedDict[tuple[object, ...], _Seen] = OrderedDict()

    def is_copy(self, sighting: Sighting, datagram: Datagram, message: View) -> bool:
        """Whether this message was seen before, as the same packet. A retransmission is none: it is sent again."""
        return self.compare(sighting, datagram, message) is not Sameness.NEW

    def compare(self, sighting: Sighting, datagram: Datagram, message: View) -> Sameness:
        """The same, and whether a copy has the same octets; one that the capture cut counts as unchanged."""
        key = _identity(datagram, message)
        now = sighting.time_ns
        place = (
            sighting.frame.file,
            sighting.interface,
            datagram.depth,
            datagram.ipv6.get("hop_limit", 0),
        )
        known = self._seen.get(key)
        if known is not None and self._same(known, place, now):
            known.places[place] = now
            if message.truncated or message.bytes in known.contents or len(known.contents) >= MOST_CHANGES:
                return Sameness.COPY
            known.contents.add(message.bytes)
            return Sameness.CHANGED
        self._seen[key] = _Seen(now, {place: now}, {message.bytes})
        self._seen.move_to_end(key)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return Sameness.NEW

    @staticmethod
    def _same(known: _Seen, place: Place, now: int) -> bool:
        before = known.places.get(place)
        if before is None:
            return abs(now - known.first_ns) <= ELSEWHERE_NS
        return abs(now - before) <= SAME_PLACE_NS


def _identity(datagram: Datagram, message: View) -> tuple[object, ...]:
    """What stays the same on the way. Not the checksum: a copy may be damaged; not the tail: a copy may be cut."""
    octets = message.octets[message.start : min(message.end, message.start + 12)]
    return (
        datagram.source,
        datagram.destination,
        datagram.home_address,
        datagram.final_destination,
        octets[:4] + octets[6:],
    )

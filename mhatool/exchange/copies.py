"""The same message seen again is one message: on another link, inside a tunnel, or twice by one interface."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum, auto

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange.sighting import Sighting
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

ELSEWHERE_NS = 3 * NS_PER_S
"""How long a message may be on its way from one vantage point to another."""
SAME_PLACE_NS = nanoseconds(0.2)
"""Within this, the same octets at the same place are a double capture; retransmissions are a second apart or more."""
FORGET_NS = 4 * ELSEWHERE_NS
"""Older than this, no copy of a message is expected any more; times run backwards by less."""
CLEAN_EVERY = 256
"""New messages between two looks at what may be forgotten."""
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


class _Seen:
    """A message that was seen before: when first, when last at each place, and with which octets."""

    __slots__ = ("contents", "first_ns", "places")

    def __init__(self, first_ns: int, place: Place, octets: bytes) -> None:
        self.first_ns = first_ns
        self.places = {place: first_ns}
        self.contents = {octets}


class Copies:
    """Remembers messages for a few seconds; at most `most` of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        # Most messages are seen once: until the second time a tuple of what makes a `_Seen` is enough.
        self._seen: OrderedDict[tuple[object, ...], _Seen | tuple[int, Place, bytes]] = OrderedDict()
        self._latest_ns = 0
        self._clean_every = self._until_cleaning = min(CLEAN_EVERY, most)

    def is_copy(self, sighting: Sighting, datagram: Datagram, message: View) -> bool:
        """Whether this message was seen before, as the same packet. A retransmission is none: it is sent again."""
        return self.compare(sighting, datagram, message) is not Sameness.NEW

    def compare(self, sighting: Sighting, datagram: Datagram, message: View) -> Sameness:
        """The same, and whether a copy has the same octets; one that the capture cut counts as unchanged."""
        now, frame, interface, _ = sighting
        octets = message.octets[message.start : message.end]
        key = (
            datagram.source,
            datagram.destination,
            datagram.home_address,
            datagram.final_destination,
            octets[:4],
            octets[6:12],
        )  # what stays the same on the way: not the checksum, a copy may be damaged; not the tail, it may be cut
        place = (frame.file, interface, datagram.depth, datagram.hop_limit)
        known = self._seen.get(key)
        if known is not None:
            seen = known if isinstance(known, _Seen) else _Seen(*known)
            if self._same(seen, place, now):
                self._seen[key] = seen
                return self._compared(seen, place, now, octets, message.truncated)
            del self._seen[key]
        self._seen[key] = (now, place, octets)
        self._until_cleaning -= 1
        if not self._until_cleaning:
            self._clean(now)
        return Sameness.NEW

    @staticmethod
    def _compared(known: _Seen, place: Place, now: int, octets: bytes, truncated: bool) -> Sameness:
        known.places[place] = now
        if truncated or octets in known.contents or len(known.contents) >= MOST_CHANGES:
            return Sameness.COPY
        known.contents.add(octets)
        return Sameness.CHANGED

    def _clean(self, now: int) -> None:
        """Forget what can't be met again, and the oldest of too many."""
        self._until_cleaning = self._clean_every
        self._latest_ns = max(self._latest_ns, now)
        while self._seen:
            known = next(iter(self._seen.values()))
            first_ns = known.first_ns if isinstance(known, _Seen) else known[0]
            if first_ns >= self._latest_ns - FORGET_NS and len(self._seen) <= self._most:
                return
            self._seen.popitem(last=False)

    @staticmethod
    def _same(known: _Seen, place: Place, now: int) -> bool:
        before = known.places.get(place)
        if before is None:
            return abs(now - known.first_ns) <= ELSEWHERE_NS
        return abs(now - before) <= SAME_PLACE_NS

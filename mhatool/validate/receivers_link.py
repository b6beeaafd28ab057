"""Which Binding Updates a capture saw on the very link of the home agent that they went to.

Anywhere else they may have been lost behind the capture. A Router Advertisement is sent with hop limit 255 and never
forwarded (RFC 4861, 4.2), so where one that names the home agent (R flag) is seen, the capture is on that one's link. A
mobile node's own capture moves with it: so one is needed before an update and one after, both soon.
"""

from __future__ import annotations

from typing import Final

from mhatool.exchange import Latest, Recent
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.seen import Seen
from mhatool.validate.situation import IN_VAIN
from mhatool.validate.surroundings import knowledge

SOON_NS: Final = nanoseconds(10)
UNFORWARDED: Final = 255
MOST: Final = 100_000
MOST_UPDATES: Final = 16
"""Of one mobile node between two advertisements."""

#: Where something was seen, and of whom: file, interface, home agent.
Place = tuple[str, int, bytes]
#: A home address and its home agent.
Pair = tuple[bytes, bytes]


@knowledge("router_advertisement", "binding_update", only=IN_VAIN)
class ReceiversLink:
    """Counts updates that follow unanswered ones and reached the home agent's link, for each pair of nodes."""

    def __init__(self) -> None:
        self._advertised: Latest[Place, int] = Latest(MOST)
        self._waiting: Recent[Place, list[tuple[Pair, int]]] = Recent(MOST)
        self._arrived: Recent[Pair, list[int]] = Recent(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a message."""
        if seen.message.type == "router_advertisement":
            self._hear(seen)
        else:
            self._wait(seen)

    def arrived_since(self, home_address: bytes, home_agent: bytes, since_ns: int) -> int:
        """How many of a mobile node's updates have certainly come to the home agent's link since then."""
        times = self._arrived.get((home_address, home_agent)) or ()
        return sum(time_ns >= since_ns for time_ns in times)

    def _wait(self, seen: Seen) -> None:
        """An update: it counts once another advertisement is seen here."""
        home_agent, now = seen.datagram.destination, seen.time_ns
        place = (seen.frame.file, seen.interface, home_agent)
        advertised = self._advertised.get(place)
        if advertised is None or now - advertised > SOON_NS:
            return
        waiting = self._waiting.get(place) or []
        self._waiting.note(place, [*waiting, ((seen.sender, home_agent), now)][-MOST_UPDATES:], now)

    def _hear(self, seen: Seen) -> None:
        if seen.datagram.hop_limit != UNFORWARDED or seen.message.checksum_status == "bad":
            return
        for option in seen.message.options:
            if option.type == "prefix_information" and "R" in option.get("flags", ()):
                self._confirm((seen.frame.file, seen.interface, option.get("prefix", b"")), seen.time_ns)

    def _confirm(self, place: Place, now: int) -> None:
        self._advertised.note(place, now)
        for pair, time_ns in self._waiting.get(place) or ():
            if now - time_ns <= SOON_NS:
                self._arrived.note(pair, [*(self._arrived.get(pair) or ()), time_ns][-MOST_UPDATES:], now)
        self._waiting.forget(place)


__all__ = ["ReceiversLink"]

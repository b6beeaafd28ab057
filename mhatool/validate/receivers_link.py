"""Which Binding Updates and discovery requests a capture saw on the very link of the home agents that they went to.

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
MOST_MESSAGES: Final = 16
"""Of one mobile node between two advertisements."""

#: Where something was seen, and of whom: file, interface, home agent; or the 8 octets of a link's prefix.
Place = tuple[str, int, bytes]
#: A home address and its home agent; or a care-of address and the prefix of the home link.
Pair = tuple[bytes, bytes]


@knowledge("router_advertisement", "binding_update", "dhaad_request", only=IN_VAIN)
class ReceiversLink:
    """Counts what reached the home agent's link, for each pair: updates that follow unanswered ones, and requests."""

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

    def arrived_since(self, sender: bytes, receiver: bytes, since_ns: int) -> int:
        """How much of what a mobile node sent has certainly come to the home agent's link since then; see `Pair`."""
        times = self._arrived.get((sender, receiver)) or ()
        return sum(time_ns >= since_ns for time_ns in times)

    def _wait(self, seen: Seen) -> None:
        """It counts once another advertisement is seen here."""
        receiver, now = seen.datagram.destination, seen.time_ns
        if seen.message.type == "dhaad_request":
            receiver = receiver[:8]
        place = (seen.frame.file, seen.interface, receiver)
        advertised = self._advertised.get(place)
        if advertised is None or now - advertised > SOON_NS:
            return
        waiting = self._waiting.get(place) or []
        self._waiting.note(place, [*waiting, ((seen.sender, receiver), now)][-MOST_MESSAGES:], now)

    def _hear(self, seen: Seen) -> None:
        if seen.datagram.hop_limit != UNFORWARDED or seen.message.checksum_status == "bad":
            return
        for option in seen.message.options:
            if option.type == "prefix_information" and "R" in option.get("flags", ()):
                home_agent = option.get("prefix", b"")
                for receiver in (home_agent, home_agent[:8]):
                    self._confirm((seen.frame.file, seen.interface, receiver), seen.time_ns)

    def _confirm(self, place: Place, now: int) -> None:
        self._advertised.note(place, now)
        for pair, time_ns in self._waiting.get(place) or ():
            if now - time_ns <= SOON_NS:
                self._arrived.note(pair, [*(self._arrived.get(pair) or ()), time_ns][-MOST_MESSAGES:], now)
        self._waiting.forget(place)


__all__ = ["ReceiversLink"]

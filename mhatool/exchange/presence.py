"""When a mobile node was last seen away from home, and where, and when it last looked for home agents."""

from __future__ import annotations

from collections import OrderedDict

from dissectors.packet import Datagram

MOST = 100_000

#: Home address and care-of address.
Whereabouts = tuple[bytes, bytes]


class Presence:
    """Fed with every datagram that isn't quoted; remembers the times of the `most` latest pairs of addresses."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._away: OrderedDict[Whereabouts, int] = OrderedDict()
        self._searches: OrderedDict[bytes, int] = OrderedDict()

    def see(self, time_ns: int, datagram: Datagram) -> None:
        """Note what a datagram shows: tunnels, Home Address options, type 2 routing headers, DHAAD requests."""
        if datagram.headers:
            if datagram.home_address is not None:
                self._note((datagram.home_address, datagram.source), time_ns)
            routed = datagram.routed_home_address
            if routed is not None:
                self._note((routed, datagram.destination), time_ns)
        if datagram.outer is not None:
            self._note((datagram.destination, datagram.outer.destination), time_ns)
            self._note((datagram.source, datagram.outer.source), time_ns)
        if datagram.carries == "dhaad_request":
            self._searches[datagram.source] = time_ns
            if len(self._searches) > self._most:
                self._searches.popitem(last=False)

    def away(self, home_address: bytes, care_of_address: bytes) -> int | None:
        """When packets last showed this home address in use at this care-of address, nanoseconds since 1970."""
        return self._away.get((home_address, care_of_address))

    def search(self, care_of_address: bytes) -> int | None:
        """When this address last asked for home agents, as a node does that begins anew."""
        return self._searches.get(care_of_address)

    def _note(self, whereabouts: Whereabouts, time_ns: int) -> None:
        self._away[whereabouts] = time_ns
        self._away.move_to_end(whereabouts)
        if len(self._away) > self._most:
            self._away.popitem(last=False)

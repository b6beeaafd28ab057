"""When a mobile node was last seen away from home, and where, and when it last looked for home agents."""

from __future__ import annotations

from dissectors.packet import Datagram
from mhatool.exchange.recent import Recent

MOST = 100_000

#: Home address and care-of address.
Whereabouts = tuple[bytes, bytes]


class Presence:
    """Fed with every datagram that isn't quoted; remembers the times of the latest pairs of addresses, about `most`."""

    def __init__(self, most: int = MOST) -> None:
        self._away: Recent[Whereabouts, int] = Recent(most)
        self._searches: Recent[bytes, int] = Recent(most)

    def see(self, time_ns: int, datagram: Datagram) -> None:
        """Note what a datagram shows: tunnels, Home Address options, type 2 routing headers, DHAAD requests."""
        note = self._away.note
        if datagram.headers:
            if datagram.home_address is not None:
                note((datagram.home_address, datagram.source), time_ns, time_ns)
            routed = datagram.routed_home_address
            if routed is not None:
                note((routed, datagram.destination), time_ns, time_ns)
        outer = datagram.outer
        if outer is not None:
            note((datagram.destination, outer.destination), time_ns, time_ns)
            note((datagram.source, outer.source), time_ns, time_ns)
        if datagram.carries == "dhaad_request":
            self._searches.note(datagram.source, time_ns, time_ns)

    def away(self, home_address: bytes, care_of_address: bytes) -> int | None:
        """When packets last showed this home address in use at this care-of address, nanoseconds since 1970."""
        return self._away.get((home_address, care_of_address))

    def search(self, care_of_address: bytes) -> int | None:
        """When this address last asked for home agents, as a node does that begins anew."""
        return self._searches.get(care_of_address)

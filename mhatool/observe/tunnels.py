"""Tunnels between home agents and mobile nodes: who, in which direction, since when, how much (RFC 6275, 10.4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dissectors.packet import Datagram
from mhatool.exchange import Latest, Sighting
from mhatool.observe.moment import Moment
from mhatool.observe.pairs import Pair

MOST_PLACES = 64
"""Of one flow."""


class Direction(StrEnum):
    """Which way the packets of a tunnel go."""

    TO_MOBILE_NODE = "to_mobile_node"
    FROM_MOBILE_NODE = "from_mobile_node"
    UNKNOWN = "unknown"
    """No registration was seen of either end's."""


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One direction of a tunnel, with all that was seen in it.

    `entry` and `exit` are the outer addresses. Home address and home agent are None where no registration tells.
    `packets` and `octets` (of the outer packets, from the IPv6 header on) are those of the vantage point that saw most:
    the same packet on several links counts once.
    """

    entry: bytes
    exit: bytes
    direction: Direction
    home_address: bytes | None
    home_agent: bytes | None
    first: Moment
    last_ns: int
    packets: int
    octets: int

    @property
    def care_of_address(self) -> bytes | None:
        """The mobile node's end; None where nobody knows which that is."""
        return {Direction.TO_MOBILE_NODE: self.exit, Direction.FROM_MOBILE_NODE: self.entry}.get(self.direction)


#: File, interface and hop limit: each router on one link lowers it.
_Place = tuple[str, int, int]
#: Outer source and destination, inner source and destination.
_Addresses = tuple[bytes, bytes, bytes, bytes]
#: Outer source and destination, direction, home address, home agent.
_Ends = tuple[bytes, bytes, Direction, bytes | None, bytes | None]


@dataclass(slots=True)
class _Flow:
    """The packets with the same four addresses; of each place their number and octets."""

    first: Moment
    last_ns: int
    places: dict[_Place, list[int]] = field(default_factory=dict)


class Tunnels:
    """Counts tunnelled packets; at most `most` flows of them."""

    def __init__(self, most: int) -> None:
        self._flows: Latest[_Addresses, _Flow] = Latest(most)
        self._registered: Latest[Pair, None] = Latest(most)

    def see(self, sighting: Sighting, inner: Datagram, outer: Datagram) -> None:
        """A packet in a tunnel."""
        addresses = (outer.source, outer.destination, inner.source, inner.destination)
        flow = self._flows.get(addresses)
        if flow is None:
            flow = self._flows.note(addresses, _Flow(Moment(sighting.time_ns, sighting.frame), 0))
        flow.last_ns = sighting.time_ns
        place = (sighting.frame.file, sighting.interface, outer.hop_limit)
        counted = flow.places.get(place)
        if counted is None:
            if len(flow.places) >= MOST_PLACES:
                return
            counted = flow.places[place] = [0, 0]
        counted[0] += 1
        counted[1] += outer.length

    def registered(self, home_address: bytes, home_agent: bytes) -> None:
        """A mobile node and a home agent spoke about a home registration: what they tunnel is theirs."""
        pair = (home_address, home_agent)
        if pair not in self._registered:
            self._registered.note(pair, None)

    @property
    def all(self) -> list[Tunnel]:
        """Every tunnel, in order of first appearance."""
        together: dict[_Ends, list[_Flow]] = {}
        for addresses, flow in self._flows.items():
            together.setdefault((addresses[0], addresses[1], *self._belongs(addresses)), []).append(flow)
        found = [_tunnel(ends, flows) for ends, flows in together.items()]
        return sorted(found, key=lambda tunnel: tunnel.first.time_ns)

    def _belongs(self, addresses: _Addresses) -> tuple[Direction, bytes | None, bytes | None]:
        """Direction, home address and home agent of a flow."""
        entry, exit_, source, destination = addresses
        if (destination, entry) in self._registered:
            return Direction.TO_MOBILE_NODE, destination, entry
        if (source, exit_) in self._registered:
            return Direction.FROM_MOBILE_NODE, source, exit_
        return Direction.UNKNOWN, None, None


def _tunnel(ends: _Ends, flows: list[_Flow]) -> Tunnel:
    places: dict[_Place, list[int]] = {}
    for flow in flows:
        for place, (packets, octets) in flow.places.items():
            total = places.setdefault(place, [0, 0])
            total[0] += packets
            total[1] += octets
    packets, octets = max(places.values())
    first = min((flow.first for flow in flows), key=lambda moment: moment.time_ns)
    return Tunnel(*ends, first, max(flow.last_ns for flow in flows), packets, octets)

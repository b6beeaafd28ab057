"""Tunnels between home agents and mobile nodes: who, in which direction, since when, how much (RFC 6275, 10.4.2)."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from dissectors.packet import Datagram
from mhatool.exchange import Latest, Sighting
from mhatool.exchange.copies import ELSEWHERE_NS
from mhatool.exchange.recent import Recent
from mhatool.observe.failure.carriers import CAPTURED_TWICE_NS
from mhatool.observe.moment import Moment
from mhatool.observe.pairs import Pair

MOST_PLACES = 64
"""Of one flow."""
MOST_CONTENTS = 65_536
TELLING = 128
"""Octets of an inner packet by which it is known: they hold the checksum of all the rest, where it has one."""
LEAST_TELLING = 60
"""An IPv6 header, and as much behind it as the checksum of TCP, UDP and ICMPv6 or the number of ESP take."""


class Direction(StrEnum):
    """Which way the packets of a tunnel go."""

    TO_MOBILE_NODE = "to_mobile_node"
    FROM_MOBILE_NODE = "from_mobile_node"
    UNKNOWN = "unknown"
    """No registration was seen of either end's."""


class Tunnel(Struct, frozen=True):
    """One direction of a tunnel, with all that was seen in it.

    `entry` and `exit` are the outer addresses. Home address and home agent are None where no registration tells.
    `packets` and `octets` (of the outer packets, from the IPv6 header on) are those of the vantage point that saw most:
    the same packet on several links counts once, and so it does where one interface captured it twice, or before and
    after a router. What differs in nothing and comes within 5 ms is taken for that; packets that the capture cut off
    before their checksum all count.
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


#: File and interface.
_Place = tuple[str, int]
#: Outer source and destination, inner source and destination.
_Addresses = tuple[bytes, bytes, bytes, bytes]
#: Outer source and destination, direction, home address, home agent.
_Ends = tuple[bytes, bytes, Direction, bytes | None, bytes | None]


class _Flow(Struct):
    """The packets with the same four addresses; of each place their number and octets."""

    first: Moment
    last_ns: int
    places: dict[_Place, list[int]] = field(default_factory=dict)


class _Content:
    """An inner packet at one place, with the hop limits around it: each router on one link lowers them.

    Who sends the same octets again sends another packet: there are as many as came with the most frequent hop limit.
    """

    __slots__ = ("_by_hop_limit", "_packets")

    def __init__(self, hop_limit: int, time_ns: int) -> None:
        self._packets = 1
        self._by_hop_limit = {hop_limit: (1, time_ns)}

    def again(self, hop_limit: int, time_ns: int) -> bool:
        """Whether it is another packet this time."""
        count, before_ns = self._by_hop_limit.get(hop_limit, (0, 0))
        if not count or abs(time_ns - before_ns) > CAPTURED_TWICE_NS:
            count += 1
        self._by_hop_limit[hop_limit] = count, time_ns
        is_another = count > self._packets
        self._packets = max(count, self._packets)
        return is_another


class _Contents:
    """Tells packets from copies of them, by what they carry; remembers it for a few seconds."""

    def __init__(self) -> None:
        # Most are seen once: until the second time a tuple of what makes a `_Content` is enough, and of octets a hash.
        self._seen: Recent[int, _Content | tuple[int, int]] = Recent(MOST_CONTENTS, ELSEWHERE_NS)

    def is_another(self, place: _Place, time_ns: int, inner: Datagram, outer: Datagram) -> bool:
        """Whether this packet was not seen before at this place."""
        octets = inner.octets_from(0)[:TELLING]
        if len(octets) < LEAST_TELLING and len(octets) < inner.length:
            return True
        key = hash((place, outer.source, outer.destination, octets))
        known = self._seen.get(key)
        if known is None:
            self._seen.note(key, (outer.hop_limit, time_ns), time_ns)
            return True
        content = known if isinstance(known, _Content) else _Content(*known)
        self._seen.note(key, content, time_ns)
        return content.again(outer.hop_limit, time_ns)


class Tunnels:
    """Counts tunnelled packets; at most `most` flows of them."""

    def __init__(self, most: int) -> None:
        self._contents = _Contents()
        self._flows: Latest[_Addresses, _Flow] = Latest(most)
        self._registered: Latest[Pair, None] = Latest(most)

    def see(self, sighting: Sighting, inner: Datagram, outer: Datagram) -> None:
        """A packet in a tunnel."""
        addresses = (outer.source, outer.destination, inner.source, inner.destination)
        flow = self._flows.get(addresses)
        if flow is None:
            flow = self._flows.note(addresses, _Flow(Moment(sighting.time_ns, sighting.frame), 0))
        flow.last_ns = sighting.time_ns
        place = (sighting.frame.file, sighting.interface)
        if not self._contents.is_another(place, sighting.time_ns, inner, outer):
            return
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

"""What one node of a capture received, and what it sent: each datagram once, however often it was seen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Set
from typing import Final, Protocol

from msgspec import Struct

from dissectors.packet import Datagram, Packet
from dissectors.view import View
from mhatool.exchange import Copies, Frame, Sighting
from mhatool.exchange.copies import ELSEWHERE_NS

NEIGHBOUR_DISCOVERY: Final = frozenset(
    {"router_advertisement", "router_solicitation", "neighbor_advertisement", "neighbor_solicitation"}
)
ERROR: Final = "icmpv6_error"
HEADER: Final = 40
"""Octets of an IPv6 header."""
NO_LINK: Final = bytes(6)
"""Where the link layer has no addresses."""


class Carried(Struct, frozen=True):
    """A datagram as it was first seen, with the message in it: from the header on that is the node's business.

    `octets` begin with that header. `inner` is the innermost datagram, `message` what it carries, None where that is
    nothing that a node of ours reads.
    """

    time_ns: int
    frame: Frame
    interface: int
    packet: Packet
    octets: bytes
    outer: Datagram
    inner: Datagram
    message: View | None

    @property
    def link_source(self) -> bytes:
        """The frame's sender, six octets, zero where it names none. Its layers are taken apart for it: ask seldom."""
        return self._at_link("source")

    @property
    def link_destination(self) -> bytes:
        """Whom the frame is for, as its sender."""
        return self._at_link("destination")

    def _at_link(self, field: str) -> bytes:
        layers = self.packet.layers
        found = layers[0].get(field) if layers and layers[0].type == "ethernet" else None
        return found if isinstance(found, bytes) and len(found) == 6 else NO_LINK

    @property
    def place(self) -> tuple[int, int]:
        """Where it was seen on its way: the interface, and how many hops were left."""
        return self.interface, self.inner.hop_limit

    @property
    def content(self) -> tuple[bytes, bytes, bytes]:
        """What doesn't change on its way: the ends, and the octets behind the innermost IPv6 header."""
        view = self.inner.ipv6
        octets = bytes(view.octets[view.start + HEADER : view.start + self.inner.length])
        return self.inner.source, self.inner.destination, octets

    @property
    def is_told(self) -> bool:
        """Whether it is a message between nodes or neighbours, not traffic."""
        return self.inner.is_signalling or self.inner.carries in NEIGHBOUR_DISCOVERY or self.inner.carries == ERROR


class Side(Protocol):
    """Who the node is: which datagrams are its own, and which of those that it doesn't send itself it hears."""

    @property
    def addresses(self) -> Set[bytes]:
        """All of its addresses, those that it is found at included."""

    def learn(self, seen: Carried) -> None:
        """Whatever a datagram tells of its addresses, before anybody asks."""

    def sent(self, seen: Carried) -> bool:
        """Whether this message is the node's own."""

    def received(self, seen: Carried) -> bool:
        """Whether this one reached it."""


class Traffic(Struct, frozen=True):
    """Both, in the order of their times; `first_ns` and `last_ns` bound the capture.

    `optimised` is the traffic among what it sent that went straight to a care-of address.
    """

    received: list[Carried]
    sent: list[Carried]
    optimised: list[Carried]
    first_ns: int
    last_ns: int


def traffic_of(sightings: Iterable[Sighting], side: Side, lost: Container[int] = ()) -> Traffic:
    """The node's part of a capture, all of which is kept until it is known.

    Of what it sends signalling counts, and what has a home address in a routing header.
    `lost` are the numbers of frames that nobody received: what one holds never came, though other links carried it.
    Its addresses are learned from all of the capture first: packets to a care-of address come before those that tell
    whose it is.
    """
    copies = Copies()
    every = list(sightings)
    times = [sighting.time_ns for sighting in every] or [0]
    traffic = Traffic([], [], [], min(times), max(times))
    for sighting in every:
        for seen in _innermost(sighting):
            side.learn(seen)
    for sighting in every:
        for seen in _innermost(sighting):
            is_copy = seen.message is not None and copies.is_copy(sighting, seen.inner, seen.message)
            own = _from_own_header(seen, sighting, side.addresses)
            if sighting.frame.number in lost and not side.sent(own):
                _forget(own, traffic.received)
            elif not is_copy:
                _sort(own, side, traffic)
    return traffic


def _forget(seen: Carried, received: list[Carried]) -> None:
    """It got lost: what was taken for received at another place on its way didn't arrive."""
    for index in reversed(range(len(received))):
        earlier = received[index]
        if seen.time_ns - earlier.time_ns > ELSEWHERE_NS:
            return
        if earlier.place != seen.place and earlier.content == seen.content:
            del received[index]
            return


def _sort(seen: Carried, side: Side, traffic: Traffic) -> None:
    if side.sent(seen):
        if seen.inner.is_signalling:
            traffic.sent.append(seen)
        elif seen.inner.routed_home_address is not None:
            traffic.optimised.append(seen)
    elif side.received(seen):
        traffic.received.append(seen)


def _innermost(sighting: Sighting) -> Iterator[Carried]:
    """The innermost datagram of a frame by itself."""
    own = [datagram for datagram in sighting.packet.datagrams if not datagram.quoted]
    if own:
        yield _from(own[-1], own[-1], sighting)


def _from_own_header(seen: Carried, sighting: Sighting, addresses: Set[bytes]) -> Carried:
    """The same from the outermost header on that names the node."""
    own = (datagram for datagram in sighting.packet.datagrams if not datagram.quoted)
    outer = next((each for each in own if each.source in addresses or each.destination in addresses), seen.inner)
    return seen if outer is seen.inner else _from(outer, seen.inner, sighting)


def _from(outer: Datagram, inner: Datagram, sighting: Sighting) -> Carried:
    view = outer.ipv6
    octets = bytes(view.octets[view.start : view.start + outer.length])
    return Carried(
        sighting.time_ns, sighting.frame, sighting.interface, sighting.packet, octets, outer, inner, inner.upper
    )


__all__ = ["NEIGHBOUR_DISCOVERY", "NO_LINK", "Carried", "Side", "Traffic", "traffic_of"]

"""A kernel's neighbour cache for one interface: who has which link-layer address, and whether it still answers.

Source: RFC 4861, 7.2 and 7.3, with the defaults of its section 10. Messages go over the wire like all others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress, TargetLinkLayerAddress
from dissectors.ipv6.address import HOME_AGENTS_ANYCAST, UNSPECIFIED, is_link_local, is_multicast
from dissectors.profile import RFC6275
from dissectors.spec import Flags
from mhatool.engine.departure import ON_LINK, Writer
from mhatool.engine.drops import DropReason
from mhatool.network.agenda import Agenda
from mhatool.network.ethernet import group_link_address
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import ALL_NODES, solicited_node

if TYPE_CHECKING:
    from mhatool.network.interface import Interface

WRITER = Writer(RFC6275)
"""Neighbour discovery is the same in each profile."""

RETRANSMISSION_NS = nanoseconds(1)
REACHABLE_NS = nanoseconds(30)
DELAY_NS = nanoseconds(5)
SOLICITATIONS = 3
"""How often it is asked, by multicast while nothing is known, by unicast to see whether it still answers."""
MOST_WAITING = 3
"""Datagrams that wait for one neighbour; the oldest go first (RFC 4861, 7.2.2)."""

#: Tells why a datagram is dropped.
Drop = Callable[[bytes, DropReason, str], None]


class State(Enum):
    """How sure it is that a neighbour is there (RFC 4861, 7.3.2)."""

    INCOMPLETE = auto()
    REACHABLE = auto()
    STALE = auto()
    DELAY = auto()
    PROBE = auto()


@dataclass(slots=True)
class Neighbour:
    """What is known of a neighbour. `turn` counts its states, so that what was planned for an old one does nothing."""

    state: State
    link_address: bytes = b""
    confirmed_at: int = 0
    asked: int = 0
    turn: int = 0
    waiting: list[bytes] = field(default_factory=list)


class Neighbours:
    """The cache of one interface."""

    def __init__(self, interface: Interface, agenda: Agenda, drop: Drop, *, is_router: bool) -> None:
        self.interface = interface
        self.entries: dict[bytes, Neighbour] = {}
        self._agenda = agenda
        self._drop = drop
        self._is_router = is_router

    def send(self, datagram: bytes, next_hop: bytes) -> None:
        """Send a datagram to a neighbour, as soon as its link-layer address is known."""
        if is_multicast(next_hop):
            self.interface.send(datagram, group_link_address(next_hop), self._agenda.now)
            return
        entry = self.entries.get(next_hop)
        if entry is None:
            entry = self.entries[next_hop] = Neighbour(State.INCOMPLETE, waiting=[datagram])
            self._ask(next_hop, entry.turn)
        elif entry.state is State.INCOMPLETE:
            self._wait(entry, datagram)
        else:
            self.interface.send(datagram, entry.link_address, self._agenda.now)
            if entry.state is State.STALE or (
                entry.state is State.REACHABLE and self._agenda.now - entry.confirmed_at > REACHABLE_NS
            ):
                self._turn(entry, State.DELAY)
                self._agenda.at(self._agenda.now + DELAY_NS, self._probe, next_hop, entry.turn)

    def forget(self, address: bytes) -> None:
        """What is known of it is out of date."""
        entry = self.entries.pop(address, None)
        if entry is not None:
            entry.turn += 1

    def forget_all(self) -> None:
        """The interface is on another link."""
        for address in list(self.entries):
            self.forget(address)

    # --- what comes ---

    def heard_from(self, address: bytes, link_address: bytes) -> None:
        """A solicitation or an advertisement of a router named the sender's link-layer address (7.2.3, 6.3.4)."""
        entry = self.entries.get(address)
        if entry is None:
            self.entries[address] = Neighbour(State.STALE, link_address)
        elif entry.link_address != link_address:
            self._learn(address, entry, link_address, State.STALE)

    def advertised(self, message: NeighborAdvertisement) -> None:
        """Somebody told its link-layer address (7.2.5)."""
        entry = self.entries.get(message.target)
        if entry is None:
            return
        named = _link_address_in(message.options, TargetLinkLayerAddress)
        solicited, override = "S" in message.flags, "O" in message.flags
        if entry.state is State.INCOMPLETE:
            if named is not None:
                self._learn(message.target, entry, named, State.REACHABLE if solicited else State.STALE)
        elif named is not None and named != entry.link_address and not override:
            if entry.state is State.REACHABLE:
                self._turn(entry, State.STALE)
        else:
            changed = named is not None and named != entry.link_address
            state = State.REACHABLE if solicited else State.STALE if changed else entry.state
            self._learn(message.target, entry, named if named is not None else entry.link_address, state)

    def solicited(self, message: NeighborSolicitation, source: bytes) -> None:
        """Somebody asks for an address: the answer where it is the interface's own (7.2.3, 7.2.4)."""
        named = _link_address_in(message.options, SourceLinkLayerAddress)
        is_check = source == UNSPECIFIED
        if message.target not in self.interface.addresses:
            return
        if named is not None and not is_check:
            self.heard_from(source, named)
        flags = Flags([letter for letter, holds in (("R", self._is_router), ("S", not is_check), ("O", True)) if holds])
        if message.target[8:] == HOME_AGENTS_ANYCAST:
            flags = Flags(flags - {"O"})
        self._advertise(message.target, ALL_NODES if is_check else source, flags)

    # --- what is asked ---

    def _advertise(self, target: bytes, destination: bytes, flags: Flags) -> None:
        answer = NeighborAdvertisement(
            code=0,
            flags=flags,
            target=target,
            options=(TargetLinkLayerAddress(link_layer_address=self.interface.link_address),),
        )
        self.send(WRITER.write(answer, target, destination, hop_limit=ON_LINK), destination)

    def _solicit(self, target: bytes, entry: Neighbour) -> None:
        source = self._source_for(target)
        if source is None:
            return  # from nobody it would be a trial of the target's address (RFC 4861, 4.3): Linux says nothing either
        question = NeighborSolicitation(
            code=0,
            target=target,
            options=(SourceLinkLayerAddress(link_layer_address=self.interface.link_address),),
        )
        destination = target if entry.link_address else solicited_node(target)
        datagram = WRITER.write(question, source, destination, hop_limit=ON_LINK)
        self.interface.send(datagram, entry.link_address or group_link_address(destination), self._agenda.now)

    def _source_for(self, target: bytes) -> bytes | None:
        """An address of the interface's, of the target's scope where there is one; None without any."""
        wanted = is_link_local(target)
        addresses = [address for address in self.interface.addresses if address[8:] != HOME_AGENTS_ANYCAST]
        found = next((address for address in addresses if is_link_local(address) == wanted), None)
        return found or next(iter(addresses), None)

    def _ask(self, address: bytes, turn: int) -> None:
        """Ask for an unknown one, again each second, three times in all (7.2.2)."""
        entry = self.entries.get(address)
        if entry is None or entry.turn != turn or entry.state is not State.INCOMPLETE:
            return
        if entry.asked == SOLICITATIONS:
            del self.entries[address]
            for datagram in entry.waiting:
                self._drop(datagram, DropReason.NEIGHBOUR_UNREACHABLE, "nobody answers for the next hop")
            return
        entry.asked += 1
        self._solicit(address, entry)
        self._agenda.at(self._agenda.now + RETRANSMISSION_NS, self._ask, address, turn)

    def _probe(self, address: bytes, turn: int) -> None:
        """Ask a known one whether it is still there; without an answer it is forgotten (7.3.3)."""
        entry = self.entries.get(address)
        if entry is None or entry.turn != turn:
            return
        if entry.state is State.DELAY:
            entry.state = State.PROBE
            entry.asked = 0
        if entry.asked == SOLICITATIONS:
            self.forget(address)
            return
        entry.asked += 1
        self._solicit(address, entry)
        self._agenda.at(self._agenda.now + RETRANSMISSION_NS, self._probe, address, turn)

    def _wait(self, entry: Neighbour, datagram: bytes) -> None:
        entry.waiting.append(datagram)
        if len(entry.waiting) > MOST_WAITING:
            oldest = entry.waiting.pop(0)
            self._drop(oldest, DropReason.NEIGHBOUR_UNREACHABLE, "too many wait for this neighbour")

    def _learn(self, address: bytes, entry: Neighbour, link_address: bytes, state: State) -> None:
        entry.link_address = link_address
        if state is State.REACHABLE:
            entry.confirmed_at = self._agenda.now
        if state is not entry.state or state is State.REACHABLE:
            self._turn(entry, state)
        waiting, entry.waiting = entry.waiting, []
        for datagram in waiting:
            self.send(datagram, address)

    def _turn(self, entry: Neighbour, state: State) -> None:
        entry.state = state
        entry.turn += 1


def _link_address_in(options: tuple[Any, ...], kind: type[Any]) -> bytes | None:
    return next((option.link_layer_address for option in options if isinstance(option, kind)), None)


__all__ = ["WRITER", "Neighbour", "Neighbours", "State"]

"""The passive observer: home registrations and tunnels in, bindings out. It runs no node's code."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from dissectors.packet import Datagram
from dissectors.profile import RFC6275, Profile
from mhatool.exchange import (
    Acknowledgement,
    Conversations,
    Copies,
    Exchange,
    Sighting,
    Source,
    Update,
    acknowledgement_of,
    sightings,
    update_of,
)
from mhatool.observe.agency import Agency
from mhatool.observe.binding import Binding, Sign, SignKind

MOST_EARLY = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: home addresses at home agents, and of each the latest registrations and bindings."""

    agencies: int = 100_000
    registrations: int = 10_000
    bindings: int = 1_000


class Observer:
    """Rebuilds bindings from packets in the order of their times. Messages to correspondents are passed over."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._agencies: OrderedDict[tuple[bytes, bytes], Agency] = OrderedDict()
        self._conversations = Conversations(self._limits.agencies)
        self._copies = Copies()
        self._early: dict[tuple[bytes, bytes], Sign] = {}  # tunnels of whom no message was seen
        self.first_ns: int | None = None
        """The time of the first packet, nanoseconds since 1970; None before it."""
        self.last_ns = 0
        """The latest time of a packet: what has run out by then has expired."""
        self.packets = 0
        """How many packets were seen."""
        self.forgotten = 0
        """How many home addresses at home agents were dropped for the limit."""

    def see(self, sighting: Sighting) -> None:
        """Take in one packet."""
        self.packets += 1
        if self.first_ns is None:
            self.first_ns = sighting.time_ns
        self.last_ns = max(self.last_ns, sighting.time_ns)
        for datagram in sighting.packet.datagrams:
            if datagram.quoted:
                continue
            if datagram.outer is not None:
                self._tunnelled(sighting, datagram, datagram.outer)
            self._message(sighting, datagram)

    @property
    def agencies(self) -> list[Agency]:
        """Every home address at every home agent, the least recently active first; their bindings are settled."""
        for agency in self._agencies.values():
            agency.settle(self.last_ns)
        return list(self._agencies.values())

    def bindings(self) -> list[Binding]:
        """Every binding, by home address and start (those whose start wasn't seen first); may be asked at any time."""
        found = [binding for agency in self.agencies for binding in agency.bindings]
        return sorted(found, key=lambda b: (b.home_address, b.start_ns or 0, b.end_ns or 0))

    # --- packets ---

    def _tunnelled(self, sighting: Sighting, inner: Datagram, outer: Datagram) -> None:
        pair = (inner.destination, outer.source)
        agency = self._agencies.get(pair)
        sign = Sign(sighting.time_ns, sighting.frame, SignKind.TUNNELLED_PACKET)
        if agency is not None:
            agency.tunnelled(sign, outer.destination)
        elif len(self._early) < MOST_EARLY:
            self._early.setdefault(pair, sign)

    def _message(self, sighting: Sighting, datagram: Datagram) -> None:
        message = datagram.upper
        if message is None or message.type not in ("binding_update", "binding_acknowledgement"):
            return
        if self._copies.is_copy(sighting, datagram, message):
            return
        update = update_of(sighting.time_ns, sighting.frame, datagram)
        if update is not None and update.is_home_registration and update.trusted:  # else its receiver discards it
            self._update(update)
        acknowledgement = acknowledgement_of(sighting.time_ns, sighting.frame, datagram)
        if acknowledgement is not None and acknowledgement.trusted:
            self._acknowledgement(acknowledgement)

    def _update(self, update: Update) -> None:
        conversation, exchange = self._conversations.update(update)
        agency = self._agency(conversation.home_address, conversation.peer)
        agency.update(exchange)

    def _acknowledgement(self, acknowledgement: Acknowledgement) -> None:
        answer = self._conversations.acknowledge(acknowledgement)
        if answer.conversation is None and acknowledgement.is_authorized:
            return  # a correspondent's
        agency = self._agency(self._home_address(answer.acknowledgement, answer.exchange), acknowledgement.peer)
        agency.acknowledge(answer.acknowledgement, answer.exchange, repeats=answer.repeats)

    @staticmethod
    def _home_address(acknowledgement: Acknowledgement, exchange: Exchange | None) -> bytes:
        """The update's, unless only the acknowledgement's routing header names one."""
        routed = acknowledgement.routing_header
        unnamed = exchange is None or not (exchange.update.has_home_address_option or exchange.update.deletes)
        return routed if unnamed and routed is not None else acknowledgement.home_address

    def _agency(self, home_address: bytes, home_agent: bytes) -> Agency:
        key = (home_address, home_agent)
        agency = self._agencies.get(key)
        if agency is None:
            agency = self._agencies[key] = Agency(
                home_address,
                home_agent,
                deque(maxlen=self._limits.registrations),
                deque(maxlen=self._limits.bindings),
                used_at_first=self._early.pop(key, None),
            )
        self._agencies.move_to_end(key)
        while len(self._agencies) > self._limits.agencies:
            self._agencies.popitem(last=False)
            self.forgotten += 1
        return agency


def observe(sources: Iterable[Source], profile: Profile = RFC6275, limits: Limits | None = None) -> Observer:
    """An observer that has seen all packets of these captures."""
    observer = Observer(limits)
    for sighting in sightings(sources, profile):
        observer.see(sighting)
    return observer

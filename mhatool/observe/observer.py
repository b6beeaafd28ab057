"""The passive observer: packets in, bindings and what else they tell out. It runs no node's code."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.options.extensions import BindingIdentifier
from dissectors.packet import Datagram
from dissectors.profile import RFC6275, Profile
from dissectors.view import View
from mhatool.exchange import (
    Acknowledgement,
    Answer,
    Conversations,
    Copies,
    Exchange,
    Sighting,
    Source,
    acknowledgement_of,
    sightings,
    update_of,
)
from mhatool.exchange.history import History
from mhatool.observe.agency import Agency
from mhatool.observe.binding import Binding, Registration, Sign, SignKind
from mhatool.observe.correspondents import NO_BINDING
from mhatool.observe.facts import Facts
from mhatool.observe.limits import Limits
from mhatool.observe.lives import OWN_MESSAGES, Lives
from mhatool.observe.nodes import Role
from mhatool.observe.pairs import Pair, Pairs

MOST_EARLY = 10_000


class Observer:
    """Rebuilds bindings at home agents from packets in the order of their times; `facts` holds what else they tell."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._agencies: Pairs[Agency] = Pairs(self._limits.agencies)
        self._conversations = Conversations(self._limits.agencies, answerable_s=self._limits.answerable_s)
        self._copies = Copies()
        self.facts = Facts(self._limits)
        """What packets tell besides home registrations."""
        self._lives = Lives(self._limits.agencies)
        self._early: dict[Pair, Sign] = {}  # tunnels of whom no message was seen
        self.first_ns: int | None = None
        """The time of the first packet, nanoseconds since 1970; None before it."""
        self.last_ns = 0
        """The latest time of a packet: what has run out by then has expired."""
        self.packets = 0
        """How many packets were seen."""

    def see(self, sighting: Sighting) -> None:
        """Take in one packet."""
        self.packets += 1
        time_ns = sighting.time_ns
        if self.first_ns is None:
            self.first_ns = self.last_ns = time_ns
        self.last_ns = max(self.last_ns, time_ns)
        for datagram in sighting.packet.datagrams:
            if datagram.quoted:
                continue
            if datagram.outer is not None and self._limits.flows:
                self._tunnelled(sighting, datagram, datagram.outer)
            carries = datagram.carries
            if carries == "binding_update":
                self._binding_update(sighting, datagram)
            elif carries == "binding_acknowledgement":
                self._binding_acknowledgement(sighting, datagram)
            else:
                if carries in OWN_MESSAGES and datagram.upper is not None:
                    self._lives.hear(sighting, datagram, datagram.upper)
                elif carries == "binding_error":
                    self._binding_error(sighting, datagram)
                self.facts.see(sighting, datagram)

    def covers(self, packets: int, first_ns: int | None, last_ns: int | None) -> None:
        """The captures held so many packets in this time, some of which needn't be seen; None without any."""
        self.packets = packets
        if first_ns is not None and last_ns is not None:
            self.first_ns, self.last_ns = first_ns, last_ns

    @property
    def forgotten(self) -> int:
        """How many home addresses at home agents were dropped for the limit."""
        return self._agencies.forgotten

    @property
    def agencies(self) -> list[Agency]:
        """Every home address at every home agent, the least recently active first; their bindings are settled."""
        for agency in self._agencies:
            agency.settle(self.last_ns)
        return list(self._agencies)

    def bindings(self) -> list[Binding]:
        """Every binding, by home address and start (those whose start wasn't seen first); may be asked at any time."""
        found = [binding for agency in self.agencies for binding in agency.bindings]
        return sorted(found, key=lambda b: (b.home_address, b.start_ns or 0, b.end_ns or 0))

    @property
    def made(self) -> int:
        """How many bindings home agents had, those that aren't kept any more too."""
        return self._agencies.made

    # --- packets ---

    def _tunnelled(self, sighting: Sighting, inner: Datagram, outer: Datagram) -> None:
        self.facts.tunnelled(sighting, inner, outer)
        pair = (inner.destination, outer.source)
        agency = self._agencies.get(pair)
        if agency is not None:
            sign = Sign(sighting.time_ns, sighting.frame, SignKind.TUNNELLED_PACKET)
            agency.tunnelled(sign, outer.destination)
        elif pair not in self._early and len(self._early) < MOST_EARLY:
            self._early[pair] = Sign(sighting.time_ns, sighting.frame, SignKind.TUNNELLED_PACKET)

    def _binding_update(self, sighting: Sighting, datagram: Datagram) -> None:
        message = datagram.upper
        if message is None or self._copies.is_copy(sighting, datagram, message):
            return
        update = update_of(sighting.time_ns, sighting.frame, datagram)
        if update is None or not update.trusted:  # its receiver discards it
            return
        if not update.is_home_registration:
            self.facts.correspondent_registration(update, message)
            return
        self.facts.registration(sighting, datagram, message)
        conversation, exchange = self._conversations.update(update)
        pair = (conversation.home_address, conversation.peer)
        agency = self._agencies.touched(pair)
        if agency is None:
            agency = self._new_agency(pair)
            self.facts.home_registration(exchange.update)
        agency.update(exchange, _identifier(datagram, message))

    def _binding_acknowledgement(self, sighting: Sighting, datagram: Datagram) -> None:
        message = datagram.upper
        if message is None or self._copies.is_copy(sighting, datagram, message):
            return
        acknowledgement = acknowledgement_of(sighting.time_ns, sighting.frame, datagram)
        if acknowledgement is None or not acknowledgement.trusted:
            return
        self.facts.registration(sighting, datagram, message)
        answer: Answer | None = None
        if self.facts.plays(acknowledgement.peer, Role.HOME_AGENT):  # else nobody registered with it
            answer = self._conversations.acknowledge(acknowledgement)
        if answer is None or answer.conversation is None:
            if self.facts.correspondent_acknowledgement(acknowledgement):
                return
            answer = answer or self._conversations.acknowledge(acknowledgement)
        home_address = self._home_address(answer.acknowledgement, answer.exchange)
        pair = (home_address, acknowledgement.peer)
        agency = self._agencies.touched(pair)
        if agency is None:
            agency = self._new_agency(pair)
            self.facts.home_acknowledgement(home_address, acknowledgement)
        agency.acknowledge(
            answer.acknowledgement, answer.exchange, _identifier(datagram, message), repeats=answer.repeats
        )

    def _binding_error(self, sighting: Sighting, datagram: Datagram) -> None:
        message = datagram.upper
        if message is None or message.checksum_status == "bad" or message.get("status") != NO_BINDING:
            return
        agency = self._agencies.get((message.get("home_address") or b"", datagram.true_source))
        if agency is not None and not self._copies.is_copy(sighting, datagram, message):
            agency.error(sighting.time_ns, sighting.frame, datagram.destination)

    @staticmethod
    def _home_address(acknowledgement: Acknowledgement, exchange: Exchange | None) -> bytes:
        """The update's, unless only the acknowledgement's routing header names one."""
        routed = acknowledgement.routing_header
        unnamed = exchange is None or not (exchange.update.has_home_address_option or exchange.update.deletes)
        return routed if unnamed and routed is not None else acknowledgement.home_address

    def _new_agency(self, pair: Pair) -> Agency:
        registrations: History[Registration] = History(self._limits.registrations)
        bindings: History[Binding] = History(self._limits.bindings)
        life, used_at_first = self._lives.of(pair[1]), self._early.pop(pair, None)
        agency = Agency(*pair, registrations, bindings, life, used_at_first)
        return self._agencies.add(pair, agency)


def _identifier(datagram: Datagram, message: View) -> int | None:
    """The Binding Identifier of a message about one binding; None where it has none, or is about several."""
    form = datagram.form
    known = form.known.get(BindingIdentifier) if form is not None else None
    if known is None:
        whole = message.value
        options = whole.options if whole is not None else ()
        identifiers = [option.binding_id for option in options if option.__class__ is BindingIdentifier]
        known = (identifiers[0] if len(identifiers) == 1 else None,)
        if form is not None:
            form.known[BindingIdentifier] = known
    found: int | None = known[0]
    return found


def observe(sources: Iterable[Source], profile: Profile = RFC6275, limits: Limits | None = None) -> Observer:
    """An observer that has seen all packets of these captures."""
    observer = Observer(limits)
    for sighting in sightings(sources, profile):
        observer.see(sighting)
    return observer

"""The mobile node: its parts wired together, and which of them takes what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dissectors.errors import DecodeError
from dissectors.icmpv6.header import Icmpv6Error
from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest, MobilePrefixAdvertisement, MobilePrefixSolicitation
from dissectors.icmpv6.neighbour_discovery import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
)
from dissectors.ipv6.address import is_link_local, is_multicast
from dissectors.mobility import MobilityMessage, UnknownMobility
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingRefreshRequest
from dissectors.mobility.return_routability import CareOfTest, HomeTest
from mhatool.engine.actions import Action
from mhatool.engine.arrival import Arrival, Reader
from mhatool.engine.commands import (
    Command,
    LinkChanged,
    PacketTunnelled,
    Start,
    Stop,
    TrafficFromHomeAddress,
    UnverifiedHomeAddress,
)
from mhatool.engine.departure import ON_LINK
from mhatool.engine.drops import DropReason
from mhatool.engine.events import Event, MessageDropped, MessageReceived, TimerStarted
from mhatool.engine.mobile_node.acknowledgements import PREFIX_DISCOVERY_NECESSARY, Acknowledgements
from mhatool.engine.mobile_node.addresses import Addresses
from mhatool.engine.mobile_node.advertised import advertised
from mhatool.engine.mobile_node.agents import KnownAgents
from mhatool.engine.mobile_node.complaints import Complaints
from mhatool.engine.mobile_node.configuration import MobileNodeConfiguration
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.correspondents import Correspondents
from mhatool.engine.mobile_node.home_prefix import HomePrefix
from mhatool.engine.mobile_node.home_registrations import (
    DEREGISTERED,
    NO_ANSWER,
    REFUSED,
    HomeRegistrations,
)
from mhatool.engine.mobile_node.keygen import Token
from mhatool.engine.mobile_node.location import Location
from mhatool.engine.mobile_node.movement import Movement
from mhatool.engine.mobile_node.prefix_discovery import PrefixDiscovery
from mhatool.engine.mobile_node.refusal import Refusal
from mhatool.engine.mobile_node.rounds import Rounds
from mhatool.engine.mobile_node.routers import Routers
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.unknown import refuse_unknown
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.mobile_node.updates import HomeUpdates
from mhatool.engine.mobile_node_events import AuthenticationSet, FunctionEnabled
from mhatool.engine.node import Randomness

Taker = Callable[[Arrival], None]
_NEIGHBOUR_DISCOVERY = (RouterAdvertisement, NeighborSolicitation, NeighborAdvertisement)


class MobileNode:
    """A mobile node of RFC 6275 with several home agents at once; `engine.node.Node` says how it is driven."""

    def __init__(self, configuration: MobileNodeConfiguration, randomness: Randomness) -> None:
        self.name = configuration.name
        self._context = context = Context(configuration, randomness)
        self._reader = Reader(configuration.profile)
        self._list = UpdateList(context)
        self._list.on_gone = self._gone
        self._tunnel = ReverseTunnel(context)
        self._known = KnownAgents(context)
        self._home_prefix = HomePrefix(context)
        self._updates = HomeUpdates(context)
        self._registrations = HomeRegistrations(context, self._list, self._updates, self._known, self)
        self._rounds = Rounds(context, self._list, self._registrations, self._known, self._tunnel)
        self._correspondents = Correspondents(context, self._list, self._tunnel)
        self._acknowledgements = Acknowledgements(context, self._list, self._updates)
        self._prefixes = PrefixDiscovery(context, self._list, self._home_prefix)
        self._complaints = Complaints(context, self._list)
        self._addresses = Addresses(context)
        self._movement = Movement(context, self._addresses, Routers(context), self)
        self._takers: Mapping[type, Taker] = {
            RouterAdvertisement: self._take_router_advertisement,
            NeighborSolicitation: self._addresses.hears_solicitation,
            NeighborAdvertisement: self._take_neighbor_advertisement,
            DhaadReply: self._take_dhaad_reply,
            MobilePrefixAdvertisement: self._take_prefix_advertisement,
            Icmpv6Error: self._complaints.take_icmp_error,
            BindingAcknowledgement: self._take_acknowledgement,
            BindingError: self._complaints.take_binding_error,
            BindingRefreshRequest: self._complaints.take_refresh_request,
            HomeTest: self._take_home_test,
            CareOfTest: self._take_care_of_test,
            DhaadRequest: _not_our_role,
            MobilePrefixSolicitation: _not_our_role,
            UnknownMobility: self._take_unknown,
        }
        self._commands: Mapping[type, Callable[[Any], None]] = {
            Start: self._start,
            Stop: self._stop,
            LinkChanged: self._link_changed,
            PacketTunnelled: lambda command: self._use(command.home_address, command.correspondent),
            TrafficFromHomeAddress: lambda command: self._use(command.home_address, command.correspondent),
            UnverifiedHomeAddress: _somebody_elses,
        }

    # --- how it is driven ---

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        """A datagram came: whoever takes its message does, or it is dropped with a reason."""
        self._context.now = now
        try:
            arrival = self._reader.read(datagram, interface, link_source, now)
        except DecodeError as error:
            self._drop(datagram, DropReason.MALFORMED, str(error))
            return
        if arrival is None:
            self._drop(datagram, DropReason.NOT_OUR_ROLE, "no message of the protocol")
            return
        try:
            self._check(arrival)
            self._taker(arrival.message)(arrival)
        except Refusal as refusal:
            self._drop(datagram, refusal.reason, refusal.detail)

    def command(self, command: Command, now: int) -> None:
        """Somebody wants something of the node, or tells it about its machine."""
        self._context.now = now
        self._commands[type(command)](command)

    def handle_timer(self, now: int) -> None:
        """Something is due."""
        self._context.now = now
        for alarm, about in self._context.timers.due(now):
            self._context.ringers[alarm](about)

    def next_timer(self) -> int | None:
        """When something is due."""
        return self._context.timers.next()

    def poll_actions(self) -> list[Action]:
        """What has to be done since the last call."""
        return self._context.output.poll_actions()

    def poll_events(self) -> list[Event]:
        """What has happened since the last call."""
        return self._context.output.poll_events()

    # --- commands ---

    def _start(self, command: Start) -> None:
        context = self._context
        context.link_address = dict(command.link_addresses)[context.interface]
        context.tell(TimerStarted, list="subnet")
        context.tell(AuthenticationSet, enabled=bool(context.configuration.security_associations))
        context.tell(FunctionEnabled, function="mobile_node")
        self._movement.start()

    def _stop(self, command: Stop) -> None:
        self._correspondents.leave()
        self._rounds.leave()

    def _link_changed(self, command: LinkChanged) -> None:
        if command.interface == self._context.interface:
            self._movement.link_changed(command.up)

    def _use(self, home_address: bytes, correspondent: bytes) -> None:
        is_possible = not is_multicast(correspondent) and not is_link_local(correspondent)
        if home_address == self._context.home_address and is_possible:
            self._correspondents.use(correspondent)

    # --- movement tells ---

    @property
    def is_registered(self) -> bool:
        """Whether an agent may be answering for the home address."""
        return self._rounds.is_registered

    def moved_to(self, care_of_address: bytes) -> None:
        """Agents first: their tunnel carries the tests with correspondents."""
        self._rounds.moved_to(care_of_address)
        self._correspondents.moved()

    def moved_home(self) -> None:
        """Everybody forgets."""
        self._prefixes.stop()
        self._rounds.moved_home()
        self._correspondents.returned()

    def left_s(self) -> Iterator[int]:
        """What bounds a registration's lifetime: the home prefix's and the care-of address's (RFC 6275, 11.7.1)."""
        for left in (self._home_prefix.left_s(), self._movement.lifetime_left_s()):
            if left is not None:
                yield left

    # --- what comes ---

    def _check(self, arrival: Arrival) -> None:
        if not arrival.checksum_good:
            raise Refusal(DropReason.BAD_CHECKSUM, "the checksum is wrong")
        if isinstance(arrival.message, _NEIGHBOUR_DISCOVERY) and arrival.hop_limit != ON_LINK:
            raise Refusal(DropReason.HOP_LIMIT, f"neighbour discovery with hop limit {arrival.hop_limit}")

    def _taker(self, message: Any) -> Taker:
        taker = self._takers.get(type(message))
        if taker is not None:
            return taker
        return self._not_ours if isinstance(message, MobilityMessage) else _not_our_role

    def _not_ours(self, arrival: Arrival) -> None:
        raise Refusal(DropReason.NOT_OUR_ROLE, f"a mobile node takes no {arrival.message.__declaration__.title}")

    def _take_unknown(self, arrival: Arrival) -> None:
        refuse_unknown(self._context, arrival)

    def _received(self, arrival: Arrival) -> None:
        self._context.tell(
            MessageReceived,
            message=arrival.message.__declaration__.symbol,
            source=arrival.source,
            destination=arrival.destination,
            frame=arrival.datagram,
        )

    def _drop(self, datagram: bytes, reason: DropReason, detail: str) -> None:
        self._context.tell(
            MessageDropped,
            reason=reason.value,
            detail=detail,
            source=datagram[8:24],
            destination=datagram[24:40],
            frame=datagram,
        )

    def _take_router_advertisement(self, arrival: Arrival) -> None:
        if not is_link_local(arrival.source) or arrival.message.code != 0:
            raise Refusal(DropReason.NOT_FOR_US, "no router advertisement of this link (RFC 4861, 6.1.2)")
        router = advertised(arrival)
        home = self._context.configuration.home_prefix
        for prefix in router.prefixes:
            if prefix.prefix == home:
                self._known.hear(router)
                self._home_prefix.hear(prefix.valid_s)
        self._movement.hear_router(router)

    def _take_neighbor_advertisement(self, arrival: Arrival) -> None:
        self._addresses.hears_advertisement(arrival)
        self._movement.hear_neighbour(arrival.message.target)

    def _take_dhaad_reply(self, arrival: Arrival) -> None:
        if not self._rounds.discovery.answers(arrival):
            raise Refusal(DropReason.NOT_ASKED, "no discovery request with this identifier is out")
        self._received(arrival)
        self._rounds.discovery.take_reply(arrival)

    def _take_prefix_advertisement(self, arrival: Arrival) -> None:
        self._prefixes.judge(arrival)
        self._received(arrival)
        self._prefixes.take(arrival)

    def _take_acknowledgement(self, arrival: Arrival) -> None:
        entry = self._acknowledgements.judge(arrival)
        self._received(arrival)
        self._acknowledgements.take(entry, arrival.message)
        if entry.home_registration and not entry.gone and entry.is_bound(self._context.now):
            self._rounds.answered()
            if arrival.message.status == PREFIX_DISCOVERY_NECESSARY:
                self._prefixes.solicit(entry.peer)

    def _take_home_test(self, arrival: Arrival) -> None:
        """Through any agent of the list, or directly at home (RFC 6275, 11.6.2)."""
        entry = self._tested(arrival)
        message = arrival.message
        if arrival.destination != self._context.home_address:
            raise Refusal(DropReason.NOT_FOR_US, "a Home Test that isn't for the home address")
        if self._tunnel.first is not None and arrival.through not in self._tunnel.agents:
            raise Refusal(DropReason.NOT_THROUGH_TUNNEL, "a Home Test from outside the tunnel")
        if message.home_init_cookie != self._correspondents.tests.tests_of(entry).home_cookie:
            raise Refusal(DropReason.NOT_ASKED, "a Home Test with another cookie")
        self._received(arrival)
        token = Token(message.home_keygen_token, message.home_nonce_index, self._context.now)
        self._correspondents.tests.take_home_test(entry, token)
        self._list.settle(entry)

    def _take_care_of_test(self, arrival: Arrival) -> None:
        entry = self._tested(arrival)
        message = arrival.message
        if arrival.destination != entry.care_of_address:
            raise Refusal(DropReason.NOT_FOR_US, "a Care-of Test for another care-of address")
        if message.care_of_init_cookie != self._correspondents.tests.tests_of(entry).care_of_cookie:
            raise Refusal(DropReason.NOT_ASKED, "a Care-of Test with another cookie")
        self._received(arrival)
        token = Token(message.care_of_keygen_token, message.care_of_nonce_index, self._context.now)
        self._correspondents.tests.take_care_of_test(entry, token)
        self._list.settle(entry)

    def _tested(self, arrival: Arrival) -> Entry:
        entry = self._list.find(arrival.source)
        if entry is None or entry.home_registration:
            raise Refusal(DropReason.NO_ENTRY, "a test from a node that isn't asked")
        return entry

    # --- entries that went ---

    def _gone(self, entry: Entry) -> None:
        if entry.home_registration:
            _AFTERWARDS[entry.cause](self, entry)

    def _without_refuser(self, entry: Entry) -> None:
        self._rounds.refused(entry.peer)

    def _without_silent(self, entry: Entry) -> None:
        self._rounds.silent(entry.peer)

    def _let_go(self, entry: Entry) -> None:
        """An agent let go of the home address: at home it is ours again, and the link hears so (RFC 6275, 11.5.5)."""
        if self._movement.location is not Location.HOME:
            return
        self._movement.take_home_address()
        self._rounds.announce(entry.home_address, entry.home_address)
        if self._context.configuration.link_local:
            own = self._movement.link_local_address
            self._rounds.announce(own, own)


_AFTERWARDS: Mapping[str, Callable[[MobileNode, Entry], None]] = {
    REFUSED: MobileNode._without_refuser,
    NO_ANSWER: MobileNode._without_silent,
    DEREGISTERED: MobileNode._let_go,
}


def _not_our_role(arrival: Arrival) -> None:
    raise Refusal(DropReason.NOT_OUR_ROLE, "a message that a mobile node doesn't take")


def _somebody_elses(command: UnverifiedHomeAddress) -> None:
    """A Home Address option without binding: a mobile node that is no correspondent has none, whoever asks."""


__all__ = ["MobileNode"]

"""What comes to a mobile node: which part takes which message, and what is dropped before any does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.icmpv6.home_agents import DhaadReply, MobilePrefixAdvertisement
from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingRefreshRequest
from dissectors.mobility.return_routability import CareOfTest, HomeTest
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.events import MessageReceived
from mhatool.engine.mobile_node.acknowledgements import PREFIX_DISCOVERY_NECESSARY, Acknowledgements
from mhatool.engine.mobile_node.addresses import Addresses
from mhatool.engine.mobile_node.advertised import advertised
from mhatool.engine.mobile_node.agents import KnownAgents
from mhatool.engine.mobile_node.complaints import Complaints
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.correspondents import Correspondents
from mhatool.engine.mobile_node.home_neighbours import HomeNeighbours
from mhatool.engine.mobile_node.home_prefix import HomePrefix
from mhatool.engine.mobile_node.keygen import Token
from mhatool.engine.mobile_node.movement import Movement
from mhatool.engine.mobile_node.notices import Notices
from mhatool.engine.mobile_node.prefix_discovery import PrefixDiscovery
from mhatool.engine.mobile_node.refusal import Refusal
from mhatool.engine.mobile_node.rounds import Rounds
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.unknown import refuse_unknown
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.validity import is_unknown_type, neighbour_drop

Taker = Callable[[Arrival], None]
_NEIGHBOUR_DISCOVERY = (RouterAdvertisement, NeighborSolicitation, NeighborAdvertisement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a mobile node that take what comes."""

    update_list: UpdateList
    tunnel: ReverseTunnel
    known: KnownAgents
    neighbours: HomeNeighbours
    home_prefix: HomePrefix
    rounds: Rounds
    correspondents: Correspondents
    acknowledgements: Acknowledgements
    prefixes: PrefixDiscovery
    complaints: Complaints
    notices: Notices
    addresses: Addresses
    movement: Movement


class Intake:
    """Hands each arrival to whoever takes its message; Refusal where nobody does, or it isn't to be believed."""

    def __init__(self, context: Context, parts: Parts) -> None:
        self._context = context
        self._parts = parts
        self._takers: Mapping[type, Taker] = {
            RouterAdvertisement: self._router_advertisement,
            NeighborSolicitation: parts.addresses.hears_solicitation,
            NeighborAdvertisement: self._neighbor_advertisement,
            DhaadReply: self._dhaad_reply,
            MobilePrefixAdvertisement: self._prefix_advertisement,
            HomeAgentUnreachable: self._believed(parts.notices.take),
            Icmpv6Error: parts.complaints.take_icmp_error,
            BindingAcknowledgement: self._acknowledgement,
            BindingError: self._believed(parts.complaints.take_binding_error),
            BindingRefreshRequest: self._believed(parts.complaints.take_refresh_request),
            HomeTest: self._home_test,
            CareOfTest: self._care_of_test,
        }

    def take(self, arrival: Arrival) -> None:
        """Check what holds for every message, and hand it on."""
        if not arrival.checksum_good:
            raise Refusal(DropReason.BAD_CHECKSUM, "the checksum is wrong")
        drop = neighbour_drop(arrival) if isinstance(arrival.message, _NEIGHBOUR_DISCOVERY) else None
        if drop is not None:
            raise Refusal(drop.reason, drop.detail)
        self._takers.get(type(arrival.message), self._not_taken)(arrival)

    def _not_taken(self, arrival: Arrival) -> None:
        if is_unknown_type(arrival.message):
            refuse_unknown(self._context, arrival)
        raise Refusal(DropReason.NOT_OUR_ROLE, f"a mobile node takes no {arrival.message.__declaration__.title}")

    def _received(self, arrival: Arrival) -> None:
        self._context.tell(
            MessageReceived,
            message=arrival.message.__declaration__.symbol,
            source=arrival.source,
            destination=arrival.destination,
            frame=arrival.datagram,
        )

    def _believed(self, taker: Callable[[Arrival], Callable[[], None]]) -> Taker:
        """A taker that judges first, and says what is to be done once it is told that the message came."""

        def take(arrival: Arrival) -> None:
            consequence = taker(arrival)
            self._received(arrival)
            consequence()

        return take

    # --- neighbour discovery ---

    def _router_advertisement(self, arrival: Arrival) -> None:
        router = advertised(arrival)
        home = self._context.configuration.home_subnet
        for prefix in router.prefixes:
            if prefix.subnet == home:
                self._parts.known.hear(router)
                self._parts.home_prefix.hear(prefix.valid_s)
        self._parts.movement.hear_router(router)

    def _neighbor_advertisement(self, arrival: Arrival) -> None:
        self._parts.addresses.hears_advertisement(arrival)
        self._parts.movement.hear_neighbour(arrival.message.target)
        self._parts.neighbours.hear(arrival.message)

    # --- home agents ---

    def _dhaad_reply(self, arrival: Arrival) -> None:
        discovery = self._parts.rounds.discovery
        if not discovery.answers(arrival):
            raise Refusal(DropReason.NOT_ASKED, "no discovery request with this identifier is out")
        self._received(arrival)
        discovery.take_reply(arrival)

    def _prefix_advertisement(self, arrival: Arrival) -> None:
        self._parts.prefixes.judge(arrival)
        self._received(arrival)
        self._parts.prefixes.take(arrival)

    def _acknowledgement(self, arrival: Arrival) -> None:
        rounds = self._parts.rounds
        entry = self._parts.acknowledgements.judge(arrival)
        self._received(arrival)
        self._parts.movement.gets_through()
        if rounds.lost(entry.peer) is entry:
            rounds.heard_again(entry.peer)
            return
        rounds.checks.heard(entry.peer)
        self._parts.acknowledgements.take(entry, arrival.message)
        if entry.home_registration and not entry.gone and entry.is_bound(self._context.now):
            rounds.answered(entry.peer)
            self._parts.prefixes.registered(entry.peer)
            if arrival.message.status == PREFIX_DISCOVERY_NECESSARY:
                self._parts.prefixes.solicit(entry.peer)

    # --- correspondents ---

    def _home_test(self, arrival: Arrival) -> None:
        """Through any agent of the list, or directly at home (RFC 6275, 11.6.2)."""
        entry = self._tested(arrival)
        message, tunnel, tests = arrival.message, self._parts.tunnel, self._parts.correspondents.tests
        if arrival.destination != self._context.home_address:
            raise Refusal(DropReason.NOT_FOR_US, "a Home Test that isn't for the home address")
        if tunnel.first is not None and arrival.through not in tunnel.agents:
            raise Refusal(DropReason.NOT_THROUGH_TUNNEL, "a Home Test from outside the tunnel")
        if message.home_init_cookie != tests.tests_of(entry).home_cookie:
            raise Refusal(DropReason.NOT_ASKED, "a Home Test with another cookie")
        self._received(arrival)
        token = Token(message.home_keygen_token, message.home_nonce_index, self._context.now)
        tests.take_home_test(entry, token)
        self._parts.update_list.settle(entry)

    def _care_of_test(self, arrival: Arrival) -> None:
        entry = self._tested(arrival)
        message, tests = arrival.message, self._parts.correspondents.tests
        if arrival.destination != entry.care_of_address:
            raise Refusal(DropReason.NOT_FOR_US, "a Care-of Test for another care-of address")
        if message.care_of_init_cookie != tests.tests_of(entry).care_of_cookie:
            raise Refusal(DropReason.NOT_ASKED, "a Care-of Test with another cookie")
        self._received(arrival)
        token = Token(message.care_of_keygen_token, message.care_of_nonce_index, self._context.now)
        tests.take_care_of_test(entry, token)
        self._parts.update_list.settle(entry)

    def _tested(self, arrival: Arrival) -> Entry:
        entry = self._parts.update_list.find(arrival.source)
        if entry is None or entry.home_registration:
            raise Refusal(DropReason.NO_ENTRY, "a test from a node that isn't asked")
        return entry


__all__ = ["Intake", "Parts", "Taker"]

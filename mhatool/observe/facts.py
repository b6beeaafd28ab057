"""What packets tell besides home registrations: one place that hands each message to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dissectors.packet import SIGNALLING, Datagram
from dissectors.view import View
from mhatool.exchange import Acknowledgement, Copies, Sighting, Update
from mhatool.observe.correspondence import Correspondence
from mhatool.observe.correspondents import Correspondents, note_proof
from mhatool.observe.discovery import AdvertisedAgent, AdvertisedAgents, Discoveries, Discovery
from mhatool.observe.failure import MESSAGES, Failures
from mhatool.observe.limits import Limits
from mhatool.observe.moment import Moment
from mhatool.observe.nodes import Evidence, Nodes, Role
from mhatool.observe.prefixes import PrefixExchange, PrefixExchanges
from mhatool.observe.testing import Routability, RoutabilityRun, RoutabilityTest
from mhatool.observe.tunnels import Tunnel, Tunnels
from mhatool.observe.unreachable import DeliveryError, DeliveryErrors, quoted_by


class Facts:
    """Correspondents, return routability, discovery, prefixes, tunnels, failing home agents and nodes.

    Fed by the observer with each datagram that isn't quoted, in the order of time. Copies of one message count once;
    messages with a wrong checksum count for nothing.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._limits = limits
        self._nodes = Nodes(limits.agencies)
        self._correspondents = Correspondents(limits)
        self._routability = Routability(limits.tests)
        self._discoveries = Discoveries(limits.others)
        self._advertised = AdvertisedAgents(limits.others)
        self._prefixes = PrefixExchanges(limits.others)
        self._tunnels = Tunnels(limits.flows)
        self._errors = DeliveryErrors(limits.others)
        self._failures = Failures(limits.others)
        self._copies = Copies()
        self._copies_about_failures = Copies()

    # --- what was found ---

    def correspondences(self, now_ns: int) -> list[Correspondence]:
        """Every home address at every correspondent; bindings that have run out by now are closed."""
        return self._correspondents.all(now_ns)

    @property
    def correspondent_bindings(self) -> int:
        """How many bindings correspondents had, those that aren't kept any more too."""
        return self._correspondents.made

    @property
    def routability_tests(self) -> list[RoutabilityTest]:
        """Home tests and care-of tests, in order of first appearance."""
        return self._routability.tests

    @property
    def routability_runs(self) -> list[RoutabilityRun]:
        """Which tests led to which update, in order of the updates."""
        return list(self._routability.runs)

    @property
    def discoveries(self) -> list[Discovery]:
        """Searches for home agents, in order of first appearance."""
        return self._discoveries.all

    @property
    def searches(self) -> int:
        """How many discoveries there were, those that aren't kept any more too."""
        return self._discoveries.made

    @property
    def advertised_agents(self) -> list[AdvertisedAgent]:
        """Home agents by their router advertisements, in order of first appearance."""
        return self._advertised.all

    @property
    def prefix_exchanges(self) -> list[PrefixExchange]:
        """Mobile Prefix Solicitations and Advertisements, in order of first appearance."""
        return self._prefixes.all

    @property
    def tunnels(self) -> list[Tunnel]:
        """Tunnels, each direction by itself, in order of first appearance."""
        return self._tunnels.all

    @property
    def delivery_errors(self) -> list[DeliveryError]:
        """ICMPv6 errors about mobility signalling and its tunnels, in order of first appearance."""
        return self._errors.all

    @property
    def failures(self) -> Failures:
        """Home agents that fail, and how mobile nodes with several get over it."""
        return self._failures

    def plays(self, address: bytes, role: Role) -> bool:
        """Whether a message showed this role of a node, as far as nodes are kept."""
        return self._nodes.plays(address, role)

    @property
    def nodes(self) -> dict[bytes, dict[Role, Evidence]]:
        """Each node's roles with what showed them first, in order of first appearance."""
        return self._nodes.roles()

    # --- what is seen ---

    def see(self, sighting: Sighting, datagram: Datagram) -> None:
        """Take in a datagram; Binding Updates, Acknowledgements and tunnels come by the methods below."""
        carries = datagram.carries
        if carries in MESSAGES and self._limits.flows:
            self._failing(sighting, datagram)
        handler = _HANDLERS.get(carries)
        if handler is not None:
            message = datagram.upper
            if message is not None and message.checksum_status != "bad":
                handler(self, sighting, datagram, message)
            return
        is_optimised = datagram.home_address is not None or datagram.final_destination is not None
        if is_optimised and carries not in SIGNALLING:  # that shows nothing of the data path
            self._correspondents.data(sighting, datagram)

    def tunnelled(self, sighting: Sighting, inner: Datagram, outer: Datagram) -> None:
        """A packet in a tunnel."""
        self._tunnels.see(sighting, inner, outer)
        place = (sighting.frame.file, sighting.interface, outer.hop_limit)
        self._failures.tunnelled(Moment(sighting.time_ns, sighting.frame), place, inner, outer)

    def registration(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        """A Binding Update or Acknowledgement of a home registration, seen for the first time."""
        if self._limits.flows:
            self._failures.see(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def home_registration(self, update: Update) -> None:
        """A Binding Update with the H flag."""
        self._nodes.note(update.home_address, Role.MOBILE_NODE, update, "binding_update")
        self._nodes.note(update.peer, Role.HOME_AGENT, update, "binding_update")
        if self._limits.flows:
            self._tunnels.registered(update.home_address, update.peer)

    def correspondent_registration(self, update: Update, message: View) -> None:
        """A Binding Update without the H flag."""
        seen = self._correspondents.update(update)
        home_address = seen.update.home_address
        self._nodes.note(home_address, Role.MOBILE_NODE, update, "binding_update")
        self._nodes.note(update.peer, Role.CORRESPONDENT, update, "binding_update")
        if not self._limits.tests:
            return
        note_proof(seen, message)
        if seen.home_nonce_index is not None and seen.care_of_nonce_index is not None:
            seen.home_test, seen.care_of_test = self._routability.update(
                Moment(update.time_ns, update.frame),
                (home_address, update.care_of_address, update.peer),
                (seen.home_nonce_index, seen.care_of_nonce_index),
                update.sequence_number,
            )

    def correspondent_acknowledgement(self, acknowledgement: Acknowledgement) -> bool:
        """An acknowledgement that answers no home registration; whether a correspondent sent it."""
        is_theirs = self._correspondents.acknowledge(acknowledgement)
        if is_theirs:
            self._nodes.note(acknowledgement.peer, Role.CORRESPONDENT, acknowledgement, "binding_acknowledgement")
        return is_theirs

    def home_acknowledgement(self, home_address: bytes, acknowledgement: Acknowledgement) -> None:
        """An acknowledgement of a home registration."""
        self._nodes.note(home_address, Role.MOBILE_NODE, acknowledgement, "binding_acknowledgement")
        self._nodes.note(acknowledgement.peer, Role.HOME_AGENT, acknowledgement, "binding_acknowledgement")
        if self._limits.flows:
            self._tunnels.registered(home_address, acknowledgement.peer)

    def _failing(self, sighting: Sighting, datagram: Datagram) -> None:
        message = datagram.upper
        if message is None or not self._failures.concerns(datagram):
            return
        if not self._copies_about_failures.is_copy(sighting, datagram, message):
            self._failures.see(Moment(sighting.time_ns, sighting.frame), datagram, message)

    # --- a method for each message; who is who needs no look for copies, they say the same again ---

    def _delivery_error(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        quoted = quoted_by(sighting, datagram)
        # Two errors differ by what they quote.
        if quoted and not self._copies.is_copy(sighting, datagram, quoted[-1].upper or message):
            self._errors.see(Moment(sighting.time_ns, sighting.frame), datagram, message, quoted)

    def _test_init(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        carries = datagram.carries
        if carries == "home_test_init":
            self._nodes.note(datagram.true_source, Role.MOBILE_NODE, sighting, carries)
        self._nodes.note(datagram.true_destination, Role.CORRESPONDENT, sighting, carries)
        if self._limits.tests and not self._copies.is_copy(sighting, datagram, message):
            self._routability.init(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def _test(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        carries = datagram.carries
        if carries == "home_test":
            self._nodes.note(datagram.true_destination, Role.MOBILE_NODE, sighting, carries)
        self._nodes.note(datagram.true_source, Role.CORRESPONDENT, sighting, carries)
        if self._limits.tests and not self._copies.is_copy(sighting, datagram, message):
            self._routability.test(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def _refresh_request(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        self._nodes.note(datagram.true_destination, Role.MOBILE_NODE, sighting, message.type)
        self._nodes.note(datagram.true_source, Role.CORRESPONDENT, sighting, message.type)
        if not self._copies.is_copy(sighting, datagram, message):
            self._correspondents.refresh_request(Moment(sighting.time_ns, sighting.frame), datagram)

    def _binding_error(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        if not self._copies.is_copy(sighting, datagram, message):
            self._correspondents.error(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def _discovery_request(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        if not self._copies.is_copy(sighting, datagram, message):
            self._discoveries.request(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def _discovery_reply(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        if self._copies.is_copy(sighting, datagram, message):
            return
        for agent in (datagram.source, *(message.get("home_agents") or ())):
            self._nodes.note(agent, Role.HOME_AGENT, sighting, message.type)
        self._discoveries.reply(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def _prefix_solicitation(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        self._nodes.note(datagram.true_source, Role.MOBILE_NODE, sighting, message.type)
        self._nodes.note(datagram.true_destination, Role.HOME_AGENT, sighting, message.type)
        if not self._copies.is_copy(sighting, datagram, message):
            self._prefixes.solicitation(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def _prefix_advertisement(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        self._nodes.note(datagram.true_source, Role.HOME_AGENT, sighting, message.type)
        self._nodes.note(datagram.true_destination, Role.MOBILE_NODE, sighting, message.type)
        if not self._copies.is_copy(sighting, datagram, message):
            self._prefixes.advertisement(Moment(sighting.time_ns, sighting.frame), datagram, message)

    def _router_advertisement(self, sighting: Sighting, datagram: Datagram, message: View) -> None:
        said = self._advertised.see(sighting, datagram, message)
        self._nodes.note(said.address, Role.ROUTER, sighting, message.type)
        if said.is_home_agent:
            self._nodes.note(said.address, Role.HOME_AGENT, sighting, message.type)


_Handler = Callable[[Facts, Sighting, Datagram, View], None]

_HANDLERS: Final[dict[str, _Handler]] = {
    "binding_refresh_request": Facts._refresh_request,
    "home_test_init": Facts._test_init,
    "care_of_test_init": Facts._test_init,
    "home_test": Facts._test,
    "care_of_test": Facts._test,
    "binding_error": Facts._binding_error,
    "dhaad_request": Facts._discovery_request,
    "dhaad_reply": Facts._discovery_reply,
    "mobile_prefix_solicitation": Facts._prefix_solicitation,
    "mobile_prefix_advertisement": Facts._prefix_advertisement,
    "router_advertisement": Facts._router_advertisement,
    "icmpv6_error": Facts._delivery_error,
}

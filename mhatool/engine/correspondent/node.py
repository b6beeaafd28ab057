"""The correspondent: a node that mobile nodes talk to, with route optimisation or without (RFC 6275, 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.mobility.binding import BindingUpdate
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from dissectors.walk import Dissector
from mhatool.engine.actions import Action
from mhatool.engine.arrival import Arrival
from mhatool.engine.commands import Command, Reconfigure, RouteUsed, UnverifiedHomeAddress
from mhatool.engine.correspondent.authorization import Authorization
from mhatool.engine.correspondent.binding import Binding
from mhatool.engine.correspondent.configuration import CorrespondentConfiguration
from mhatool.engine.correspondent.plain import unrecognised
from mhatool.engine.correspondent.registrations import Registrations
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.error_reports import NO_BINDING
from mhatool.engine.events import Event
from mhatool.engine.node import Output, Randomness
from mhatool.engine.reception import Handler, Reception
from mhatool.engine.sender import Sender

DESTINATION_UNREACHABLE = 1


class Correspondent:
    """A correspondent node. See `engine.node.Node` for how it is driven."""

    def __init__(self, configuration: CorrespondentConfiguration, randomness: Randomness) -> None:
        self.name = configuration.name
        self.configuration = configuration
        self._output = Output(configuration.name)
        sender = Sender(configuration.profile, self._output)
        self._reception = Reception(configuration.profile, configuration.constants, sender, self._output)
        self._dissector = Dissector(configuration.profile)
        authorization = Authorization(configuration.constants, configuration.node_key, sender, randomness)
        self._registrations = Registrations(configuration, authorization, sender, self._output)
        self._handlers: dict[type, Handler] = {
            HomeTestInit: authorization.test_home,
            CareOfTestInit: authorization.test_care_of,
            BindingUpdate: self._registrations.receive,
            Icmpv6Error: self._hear_error,
        }
        self._commands: dict[type, Callable[[Command, int], None]] = {
            UnverifiedHomeAddress: self._report,
            RouteUsed: self._use,
            Reconfigure: self._reconfigure,
        }

    def binding(self, home_address: bytes, address: bytes) -> Binding | None:
        """The binding of a home address at one of its addresses, as it stands."""
        return self._registrations.find(home_address, address)

    def bindings(self) -> tuple[Binding, ...]:
        """All of its bindings, those that are only kept for their numbers among them."""
        return self._registrations.all()

    # --- what drives it ---

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        """A datagram came: see `Node`."""
        if self.configuration.route_optimisation:
            self._reception.take(self._handlers, datagram, interface, link_source, now)
            return
        found = unrecognised(datagram, self.configuration.profile)
        if found is not None:
            code, pointer = found
            self._reception.refuse(code, pointer, datagram, now)

    def command(self, command: Command, now: int) -> None:
        """Somebody wants something: see `Node`. What doesn't concern a correspondent is none of its business."""
        handler = self._commands.get(command.__class__)
        if handler is not None and self.configuration.route_optimisation:
            handler(command, now)

    def handle_timer(self, now: int) -> None:
        """See `Node`."""
        self._registrations.handle_timer(now)

    def next_timer(self) -> int | None:
        """See `Node`."""
        return self._registrations.next_timer()

    def poll_actions(self) -> list[Action]:
        """See `Node`."""
        return self._output.poll_actions()

    def poll_events(self) -> list[Event]:
        """See `Node`."""
        return self._output.poll_events()

    # --- its own part ---

    def _report(self, command: Command, now: int) -> None:
        assert isinstance(command, UnverifiedHomeAddress)  # the table says so
        self._reception.errors.report(NO_BINDING, command.source, command.destination, command.home_address, now)

    def _use(self, command: Command, _now: int) -> None:
        assert isinstance(command, RouteUsed)  # the table says so
        self._registrations.use(command.home_address, command.correspondent)

    def _reconfigure(self, command: Command, _now: int) -> None:
        assert isinstance(command, Reconfigure)  # the table says so
        self.configuration = replace(self.configuration, **dict(command.changes))
        self._registrations.configure(self.configuration)

    def _hear_error(self, arrival: Arrival) -> Drop | None:
        """Nobody at a care-of address, says a router (RFC 6275, 9.3.4).

        Several mobile nodes may be there: whose it is says the routing header of the packet that it quotes.
        """
        message: Icmpv6Error = arrival.message
        if message.icmp_type == DESTINATION_UNREACHABLE and self._is_about_binding(arrival):
            return None
        return Drop(DropReason.NOT_OUR_ROLE, f"an ICMPv6 error of type {message.icmp_type}")

    def _is_about_binding(self, arrival: Arrival) -> bool:
        datagrams = self._dissector.dissect(arrival.message.quoted, IPV6_ONLY).datagrams
        if not datagrams or datagrams[0].source != arrival.destination:
            return False
        home_address, care_of_address = datagrams[0].routed_home_address, datagrams[0].destination
        if home_address is None:
            return False
        return self._registrations.hear_error(home_address, arrival.destination, care_of_address, arrival.now)


__all__ = ["Correspondent"]

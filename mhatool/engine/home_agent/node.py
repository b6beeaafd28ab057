"""The home agent: its parts, and which message goes to which of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dissectors.icmpv6.home_agents import DhaadRequest, MobilePrefixSolicitation
from dissectors.icmpv6.neighbour_discovery import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.binding import BindingError, BindingUpdate
from mhatool.engine.actions import Action, AddAddress
from mhatool.engine.advertising import Advertising
from mhatool.engine.arrival import Arrival
from mhatool.engine.commands import (
    ChangePrefix,
    Command,
    LinkChanged,
    Reconfigure,
    RestoreBindings,
    Start,
    Stop,
    UnverifiedHomeAddress,
)
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.error_reports import NO_BINDING
from mhatool.engine.events import Event
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.configuration import ConfigurationError, HomeAgentConfiguration
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.discovery import Discovery
from mhatool.engine.home_agent.failover import Failover
from mhatool.engine.home_agent.introduction import Introduction
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.neighbours import Neighbours
from mhatool.engine.home_agent.prefixes import HomePrefixes, PrefixAdvertising
from mhatool.engine.home_agent.registrations import Registrations
from mhatool.engine.node import Output, Randomness
from mhatool.engine.reception import Handler, Reception
from mhatool.engine.sender import Sender
from mhatool.engine.validity import neighbour_drop
from mhatool.protocol.neighbourhood import LINK_LOCAL_LENGTH


class HomeAgent:
    """A home agent on one link (RFC 6275, 10). See `engine.node.Node` for how it is driven."""

    def __init__(self, configuration: HomeAgentConfiguration, randomness: Randomness) -> None:
        self.name = configuration.name
        self.configuration = configuration
        self._output = Output(configuration.name)
        sender = Sender(configuration.profile, self._output)
        self._reception = Reception(configuration.profile, configuration.constants, sender, self._output)
        self._link = HomeLink(configuration.interface, sender, self._output)
        self.cache = BindingCache(configuration.profile, configuration.addresses, self._output)
        self.agents = HomeAgentsList(configuration, self._output, randomness)
        self._prefixes = HomePrefixes(configuration.advertising.prefixes)
        defence = Defence(self._link, self.agents, self._output)
        self.failover = Failover(configuration, self.agents, self._link, defence, sender, self._output, randomness)
        self._registrations = Registrations(
            *(configuration, self._prefixes, self.cache, self.agents, self._link, defence, self.failover),
            *(sender, self._output),
        )
        self._prefix_advertising = PrefixAdvertising(
            configuration.constants, self._prefixes, self.cache, sender, randomness
        )
        self._neighbours = Neighbours(self._link, self.cache, self.agents, self._registrations, self.failover)
        self._introduction = Introduction(configuration.constants, self.agents, self._link, sender)
        self._discovery = Discovery(
            *(configuration, self.cache, self.agents, self._prefix_advertising, sender, self._reception),
            self.failover,
        )
        self._advertising = Advertising(configuration.advertising, sender, randomness)
        self._handlers = self._by_message()
        self._commands = self._by_command()

        self.agents.watch(self._agent_learned, self.failover.heartbeats.unlearned)

    def _agent_learned(self, address: bytes, now: int) -> None:
        self.failover.heartbeats.learned(address, now)
        if self.agents.find(address) is not None:
            self._registrations.meet_agent(address, now)
        self._registrations.reconsider(now)

    def _by_message(self) -> dict[type, Handler]:
        return {
            BindingUpdate: self._registrations.receive,
            NeighborSolicitation: self._neighbours.hear_solicitation,
            NeighborAdvertisement: self._neighbours.hear_advertisement,
            RouterAdvertisement: self.agents.hear,
            RouterSolicitation: self._hear_solicitation,
            DhaadRequest: self._discovery.list_agents,
            MobilePrefixSolicitation: self._discovery.list_prefixes,
            Heartbeat: self.failover.heartbeats.receive,
            BindingError: self.failover.heartbeats.hear_error,
        }

    def _by_command(self) -> dict[type, Callable[[Command, int], None]]:
        return {
            Start: self._start,
            Stop: self._stop,
            ChangePrefix: self._change_prefix,
            UnverifiedHomeAddress: self._report,
            LinkChanged: self._change_link,
            RestoreBindings: self._restore,
            Reconfigure: self._reconfigure,
        }

    @property
    def anycast_addresses(self) -> tuple[bytes, ...]:
        """Where mobile nodes ask for home agents: the machine hands over what comes to these too."""
        return self._discovery.anycast_addresses

    def binding(self, home_address: bytes) -> Binding | None:
        """The binding of a home address, as it stands."""
        return self.cache.of_home(home_address)

    # --- what drives it ---

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        """A datagram came: see `Node`."""
        self._reception.take(self._handlers, datagram, interface, link_source, now)

    def command(self, command: Command, now: int) -> None:
        """Somebody wants something: see `Node`. What doesn't concern a home agent is none of its business."""
        handler = self._commands.get(command.__class__)
        if handler is not None:
            handler(command, now)

    def handle_timer(self, now: int) -> None:
        """See `Node`."""
        self._registrations.handle_timer(now)
        self.failover.handle_timer(now)
        self._introduction.handle_timer(now)
        self.agents.handle_timer(now)
        self._advertising.handle_timer(now)
        self._prefix_advertising.handle_timer(now)

    def next_timer(self) -> int | None:
        """See `Node`."""
        parts = (self._registrations, self.failover, self.agents, self._advertising, self._prefix_advertising)
        timers = (part.next_timer() for part in (*parts, self._introduction))
        return min((at for at in timers if at is not None), default=None)

    def poll_actions(self) -> list[Action]:
        """See `Node`."""
        return self._output.poll_actions()

    def poll_events(self) -> list[Event]:
        """See `Node`."""
        return self._output.poll_events()

    # --- its own part ---

    def _start(self, command: Command, now: int) -> None:
        assert isinstance(command, Start)  # the table says so
        interface = self.configuration.interface
        link_address = dict(command.link_addresses).get(interface)
        if link_address is None:
            raise ConfigurationError(f"{self.name}: no interface {interface}")
        self._link.start(link_address)
        self._registrations.start(now)
        self._output.act(AddAddress(interface, self._link.link_local_address, LINK_LOCAL_LENGTH))
        for prefix in self.configuration.advertising.prefixes:
            if prefix.router_address is not None:
                self._output.act(AddAddress(interface, prefix.router_address, prefix.prefix_length))
        if self.configuration.advertises:
            self._advertising.start(self._link.link_local_address, link_address, now)
        self.failover.heartbeats.start(now)
        if self.configuration.restart_counter and self.configuration.constants.probe_failures:
            self._introduction.begin(now)

    def _stop(self, _command: Command, now: int) -> None:
        """Leave: the others take over, and no mobile node shall choose this agent any more."""
        self.failover.leave(now)
        if self.configuration.advertises:
            self._advertising.stop(now)

    def _change_prefix(self, command: Command, now: int) -> None:
        """Say so on the link from the next advertisement on, and to who is away."""
        assert isinstance(command, ChangePrefix)  # the table says so
        self._prefixes.change(command)
        self._advertising.configuration = replace(self._advertising.configuration, prefixes=self._prefixes.all)
        self._prefix_advertising.schedule(now)

    def _change_link(self, command: Command, now: int) -> None:
        assert isinstance(command, LinkChanged)  # the table says so
        if command.interface == self.configuration.interface:
            self._registrations.duplicates.link_changed(command.up, now)
            self.failover.link_changed(command.up, now)

    def _restore(self, command: Command, now: int) -> None:
        assert isinstance(command, RestoreBindings)  # the table says so
        self._registrations.take_back(command.bindings, now)

    def _reconfigure(self, command: Command, now: int) -> None:
        assert isinstance(command, Reconfigure)  # the table says so
        self.configuration = replace(self.configuration, **dict(command.changes))
        self._registrations.configure(self.configuration, now)
        self._discovery.configure(self.configuration)

    def _report(self, command: Command, now: int) -> None:
        assert isinstance(command, UnverifiedHomeAddress)  # the table says so
        self._reception.errors.report(NO_BINDING, command.source, command.destination, command.home_address, now)

    def _hear_solicitation(self, arrival: Arrival) -> Drop | None:
        """A host asks for routers (RFC 4861, 6.2.6)."""
        drop = neighbour_drop(arrival)
        if drop is not None:
            return drop
        if arrival.interface != self.configuration.interface:
            return Drop(DropReason.NOT_FOR_US, "a solicitation of another link")
        self._advertising.solicit(arrival.now)
        return None


__all__ = ["HomeAgent"]

"""The mobile node: its parts wired together, and which of them takes what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dissectors.errors import DecodeError
from dissectors.ipv6.address import is_link_local, is_multicast
from mhatool.engine.actions import Action
from mhatool.engine.arrival import Reader
from mhatool.engine.commands import (
    Command,
    LinkChanged,
    PacketTunnelled,
    Reconfigure,
    Start,
    Stop,
    TrafficFromHomeAddress,
)
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.events import Event, TimerStarted
from mhatool.engine.mobile_node.acknowledgements import Acknowledgements
from mhatool.engine.mobile_node.addresses import Addresses
from mhatool.engine.mobile_node.agents import KnownAgents
from mhatool.engine.mobile_node.complaints import Complaints
from mhatool.engine.mobile_node.configuration import MobileNodeConfiguration
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.correspondents import Correspondents
from mhatool.engine.mobile_node.home_neighbours import HomeNeighbours
from mhatool.engine.mobile_node.home_prefix import HomePrefix
from mhatool.engine.mobile_node.home_registrations import (
    DEREGISTERED,
    NO_ANSWER,
    OVER,
    REFUSED,
    UNREACHABLE,
    HomeRegistrations,
)
from mhatool.engine.mobile_node.intake import Intake, Parts
from mhatool.engine.mobile_node.location import Location
from mhatool.engine.mobile_node.movement import Movement
from mhatool.engine.mobile_node.notices import Notices
from mhatool.engine.mobile_node.prefix_discovery import PrefixDiscovery
from mhatool.engine.mobile_node.refusal import Refusal
from mhatool.engine.mobile_node.rounds import Rounds
from mhatool.engine.mobile_node.routers import Routers
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.update_list import DELETING, Entry, UpdateList
from mhatool.engine.mobile_node.updates import HomeUpdates
from mhatool.engine.mobile_node_events import AuthenticationSet, FunctionEnabled
from mhatool.engine.node import Randomness
from mhatool.engine.reception import Unusable, told


class MobileNode:
    """A mobile node of RFC 6275 with several home agents at once; `engine.node.Node` says how it is driven."""

    def __init__(self, configuration: MobileNodeConfiguration, randomness: Randomness) -> None:
        self.name = configuration.name
        self._context = Context(configuration, randomness)
        self._reader = Reader(configuration.profile)
        self._unusable = Unusable(self._reader, self._context.errors, self._context.output)
        self._parts = self._make_parts(self._context)
        self._parts.home_prefix.on_renewed = self.may_stay_longer
        self._intake = Intake(self._context, self._parts)
        self._is_leaving = False
        self._commands: Mapping[type, Callable[[Any], None]] = {
            Start: self._start,
            Stop: self._stop,
            LinkChanged: self._link_changed,
            PacketTunnelled: lambda command: self._use(command.home_address, command.correspondent),
            TrafficFromHomeAddress: lambda command: self._use(command.home_address, command.correspondent),
            Reconfigure: self._reconfigure,
        }

    def _make_parts(self, context: Context) -> Parts:
        update_list, tunnel = UpdateList(context), ReverseTunnel(context)
        known, updates, addresses = KnownAgents(context), HomeUpdates(context), Addresses(context)
        neighbours = HomeNeighbours(context, known, addresses)
        registrations = HomeRegistrations(context, update_list, updates, neighbours, self)
        home_prefix = HomePrefix(context)
        update_list.on_gone = self._gone
        rounds = Rounds(context, update_list, registrations, known, tunnel)
        rounds.checks.attachment = self
        registrations.is_attached = self.is_attached
        return Parts(
            update_list=update_list,
            tunnel=tunnel,
            known=known,
            neighbours=neighbours,
            home_prefix=home_prefix,
            rounds=rounds,
            correspondents=Correspondents(context, update_list, tunnel, self),
            acknowledgements=Acknowledgements(context, update_list, updates, rounds.lost),
            prefixes=PrefixDiscovery(context, update_list, home_prefix),
            complaints=Complaints(context, update_list, updates),
            notices=Notices(context, rounds),
            addresses=addresses,
            movement=Movement(context, addresses, Routers(context), self),
        )

    # --- what it holds ---

    @property
    def configuration(self) -> MobileNodeConfiguration:
        """What it was told before it came up."""
        return self._context.configuration

    @property
    def update_list(self) -> UpdateList:
        """Its Binding Update List, as it stands."""
        return self._parts.update_list

    @property
    def agents(self) -> tuple[bytes, ...]:
        """The home agents of its round, the most preferred first."""
        return self._parts.rounds.agents

    @property
    def care_of_address(self) -> bytes | None:
        """Where it is reached while away; None at home, and before it knows."""
        return self._context.care_of_address

    def may_be_bound_at(self, agent: bytes) -> bool:
        """Whether a home agent may hold a binding, as far as the node knows."""
        return self.update_list.find(agent) is not None or agent in self._parts.rounds.holders.agents

    @property
    def is_leaving(self) -> bool:
        """Whether it was told to stop."""
        return self._is_leaving

    @property
    def waits_for_goodbyes(self) -> bool:
        """Whether it was told to stop, and some peer hasn't answered yet that it has forgotten the binding."""
        return self._is_leaving and any(entry.state in DELETING for entry in self.update_list)

    # --- how it is driven ---

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        """A datagram came: whoever takes its message does, or it is dropped with a reason."""
        self._context.now = now
        try:
            arrival = self._reader.read(datagram, interface, link_source, now)
        except DecodeError as error:
            self._unusable.take(datagram, error, now, self._context.is_ours)
            return
        if arrival is None:
            self._drop(datagram, DropReason.NOT_OUR_ROLE, "no message of the protocol")
            return
        try:
            self._intake.take(arrival)
        except Refusal as refusal:
            self._drop(datagram, refusal.reason, refusal.detail)

    def command(self, command: Command, now: int) -> None:
        """Somebody wants something of the node, or tells it about its machine, which may have other nodes too."""
        self._context.now = now
        handler = self._commands.get(type(command))
        if handler is not None:
            handler(command)

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

    def _drop(self, datagram: bytes, reason: DropReason, detail: str) -> None:
        ends = (datagram[8:24], datagram[24:40])
        self._context.output.tell(told(self._context.output, Drop(reason, detail), ends, datagram, self._context.now))

    # --- commands ---

    def _start(self, command: Start) -> None:
        context = self._context
        context.link_address = dict(command.link_addresses)[context.interface]
        context.tell(TimerStarted, list="subnet")
        context.tell(AuthenticationSet, enabled=bool(context.configuration.security_associations))
        context.tell(FunctionEnabled, function="mobile_node")
        self._parts.movement.start()

    def _stop(self, command: Stop) -> None:
        self._is_leaving = True
        self._parts.correspondents.leave()
        self._parts.rounds.leave()

    def _link_changed(self, command: LinkChanged) -> None:
        if command.interface == self._context.interface:
            self._parts.movement.link_changed(command.up)

    def _reconfigure(self, command: Reconfigure) -> None:
        self._context.configuration = replace(self._context.configuration, **dict(command.changes))

    def _use(self, home_address: bytes, correspondent: bytes) -> None:
        is_possible = not is_multicast(correspondent) and not is_link_local(correspondent)
        if home_address == self._context.home_address and is_possible and not self._is_leaving:
            self._parts.correspondents.use(correspondent)

    # --- movement tells ---

    def is_defended(self, address: bytes) -> bool:
        """Whether an agent may be answering for an address on the home link."""
        return self._parts.rounds.is_defended(address)

    def moved_to(self, care_of_address: bytes) -> None:
        """Agents first: their tunnel carries the tests with correspondents."""
        self._context.care_of_address = care_of_address
        self._parts.neighbours.forget()
        if not self._is_leaving:
            self._parts.rounds.moved_to(care_of_address)
            self._parts.correspondents.moved()

    def moved_home(self) -> None:
        """Everybody forgets."""
        self._context.care_of_address = None
        self._parts.neighbours.forget()
        self._parts.prefixes.stop()
        self._parts.rounds.moved_home()
        self._parts.correspondents.returned()

    def is_back(self, since_ns: int) -> None:
        """Who was asked in vain meanwhile is asked again."""
        self._parts.rounds.begin_again(since_ns)
        if not self._is_leaving:
            self._parts.rounds.look_again(since_ns)
            self._parts.correspondents.begin_again(since_ns)

    def may_stay_longer(self) -> None:
        """Registrations may last longer too."""
        self._parts.rounds.may_stay_longer()

    def stranded(self) -> None:
        """Nobody is asked for anything until the node is reached somewhere."""
        self._parts.rounds.stranded()
        self._parts.correspondents.stranded()

    def is_attached(self) -> bool:
        """Away, and reached there under some address."""
        movement = self._parts.movement
        return movement.location is Location.FOREIGN and movement.care_of_address is not None

    def ask_router(self) -> None:
        """Whether the own link works, where somebody else is silent."""
        self._parts.movement.ask_router()

    def has_heard_router(self, since_ns: int) -> bool:
        """Whether it does."""
        return self._parts.movement.has_heard_router(since_ns)

    def left_s(self) -> Iterator[int]:
        """What bounds a registration's lifetime: the home prefix's and the care-of address's (RFC 6275, 11.7.1)."""
        for left in (self._parts.home_prefix.left_s(), self._parts.movement.lifetime_left_s()):
            if left is not None:
                yield left

    # --- entries that went ---

    def _gone(self, entry: Entry) -> None:
        if entry.home_registration:
            rounds = self._parts.rounds
            rounds.checks.left(entry.peer)
            if entry.cause == DEREGISTERED:
                rounds.holders.forget(entry.peer)
            else:
                rounds.holders.remember(entry)
            _AFTERWARDS[entry.cause](self, entry)

    def _without_refuser(self, entry: Entry) -> None:
        self._parts.rounds.refused(entry.peer)

    def _without_silent(self, entry: Entry) -> None:
        self._parts.rounds.silent(entry.peer)

    def _without_unreachable(self, entry: Entry) -> None:
        self._parts.rounds.unreachable(entry)

    def _let_go(self, entry: Entry) -> None:
        """An agent let go of what it defended: at home that is ours again, and the link hears so (RFC 6275, 11.5.5)."""
        movement = self._parts.movement
        if movement.location is not Location.HOME:
            return
        movement.take_home_addresses()
        self._parts.rounds.announce(entry.home_address, entry.home_address)
        own = movement.link_local_address
        if own is not None and self._context.configuration.link_local:
            self._parts.rounds.announce(own, own)


_AFTERWARDS: Mapping[str, Callable[[MobileNode, Entry], None]] = {
    REFUSED: MobileNode._without_refuser,
    NO_ANSWER: MobileNode._without_silent,
    UNREACHABLE: MobileNode._without_unreachable,
    DEREGISTERED: MobileNode._let_go,
    OVER: lambda node, entry: None,
}


__all__ = ["MobileNode"]

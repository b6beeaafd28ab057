"""Where a node sits on a machine: it is called when something comes or is due, and what it wants is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from mhatool.engine import actions
from mhatool.engine.commands import Command, Start, Stop
from mhatool.engine.events import Event
from mhatool.engine.node import Node
from mhatool.network.routes import Route

if TYPE_CHECKING:
    from mhatool.network.machine import Machine


class Seat:
    """One node on one machine. Its clock may be off by `clock_offset_ns`; it never notices."""

    def __init__(
        self,
        machine: Machine,
        node: Node,
        clock_offset_ns: int = 0,
        udp_ports: frozenset[int] = frozenset(),
        role: str = "",
    ) -> None:
        self.machine = machine
        self.node = node
        self.clock_offset_ns = clock_offset_ns
        self.udp_ports = udp_ports
        """Ports whose datagrams it takes."""
        self.role = role
        """What it is there; "" for one that takes whatever comes."""
        self._armed_for: int | None = None

    @property
    def now(self) -> int:
        """The time by the node's own clock."""
        return self.machine.agenda.now + self.clock_offset_ns

    def start(self) -> None:
        """The node comes up."""
        for anycast in self._anycast_addresses:
            self.machine.add_anycast_address(anycast)
        addresses = tuple((name, interface.link_address) for name, interface in self.machine.interfaces.items())
        self.command(Start(addresses))

    def receive(self, datagram: bytes, interface: str, link_source: bytes) -> None:
        """A datagram for it."""
        self.node.receive(datagram, interface, link_source, self.now)
        self.settle()

    def command(self, command: Command) -> None:
        """Somebody wants something of it. Once it leaves, others are to get what is for any of them."""
        if not self.machine.running:
            return
        self.node.command(command, self.now)
        self.settle()
        if isinstance(command, Stop):
            for anycast in self._anycast_addresses:
                self.machine.remove_anycast_address(anycast)

    @property
    def _anycast_addresses(self) -> tuple[bytes, ...]:
        """What its machine shares with others as long as it serves; most nodes have none."""
        return getattr(self.node, "anycast_addresses", ())

    def settle(self) -> None:
        """Carry out what it wants, tell what it tells, and see when it wants to be called."""
        machine = self.machine
        for event in self.node.poll_events():
            machine.tell(self._by_the_network(event) if self.clock_offset_ns else event)
        for action in self.node.poll_actions():
            _CARRIED_OUT[type(action)](machine, action)
        self.arm()

    def _by_the_network(self, event: Event) -> Event:
        """The event with its instants by the network's clock, not by the node's: a trace has one clock."""
        instants = {name: getattr(event, name, 0) for name in _INSTANTS}
        return msgspec.structs.replace(
            event, **{name: at - self.clock_offset_ns for name, at in instants.items() if at}
        )

    def arm(self) -> None:
        """Plan the next call, unless it is planned already."""
        due = self.node.next_timer()
        if due is None:
            return
        at = max(due - self.clock_offset_ns, self.machine.agenda.now)
        if self._armed_for is None or at < self._armed_for:
            self._armed_for = at
            self.machine.agenda.at(at, self._ring, at)

    def _ring(self, at: int) -> None:
        if at != self._armed_for:
            return
        self._armed_for = None
        if not self.machine.running or self not in self.machine.seats:
            return
        due = self.node.next_timer()
        if due is not None and due <= self.now:
            self.node.handle_timer(self.now)
            self.settle()
        else:
            self.arm()


def _send(machine: Machine, action: actions.Send) -> None:
    datagram = action.datagram
    if action.interface is None:
        datagram = machine.detours.reverse(datagram)
    machine.send(datagram, action.interface, action.link_destination)


def _add_address(machine: Machine, action: actions.AddAddress) -> None:
    machine.add_address(action.interface, action.address, action.prefix_length)


def _remove_address(machine: Machine, action: actions.RemoveAddress) -> None:
    machine.remove_address(action.interface, action.address)


def _join(machine: Machine, action: actions.JoinGroup) -> None:
    machine.interface(action.interface).join(action.group)


def _leave(machine: Machine, action: actions.LeaveGroup) -> None:
    machine.interface(action.interface).leave(action.group)


def _set_tunnel(machine: Machine, action: actions.SetTunnel) -> None:
    machine.detours.set_tunnel(action)


def _set_optimised_route(machine: Machine, action: actions.SetOptimisedRoute) -> None:
    machine.detours.set_optimised_route(action)


def _set_route(machine: Machine, action: actions.SetRoute) -> None:
    machine.routes.add(Route(action.prefix, action.prefix_length, action.interface, action.next_hop))


def _remove_route(machine: Machine, action: actions.RemoveRoute) -> None:
    machine.routes.remove(action.prefix, action.prefix_length)


def _forget_neighbour(machine: Machine, action: actions.ForgetNeighbour) -> None:
    machine.neighbours[action.interface].forget(action.address)


_INSTANTS = ("time_ns", "expires_ns", "next_send_ns")
"""Fields of events that hold instants; 0 is none."""

_CARRIED_OUT: Mapping[type, Callable[[Machine, Any], None]] = {
    actions.Send: _send,
    actions.AddAddress: _add_address,
    actions.RemoveAddress: _remove_address,
    actions.JoinGroup: _join,
    actions.LeaveGroup: _leave,
    actions.SetTunnel: _set_tunnel,
    actions.SetOptimisedRoute: _set_optimised_route,
    actions.SetRoute: _set_route,
    actions.RemoveRoute: _remove_route,
    actions.ForgetNeighbour: _forget_neighbour,
}

__all__ = ["Seat"]

"""From a scenario to a network in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from dissectors.ipv6.address import is_link_local
from mhatool.network.link import Link, Quality
from mhatool.network.machine import Machine
from mhatool.network.network import Network
from mhatool.network.routes import Route
from mhatool.network.scenario.attacks import plan_attacks
from mhatool.network.scenario.check_nodes import copy_names, prefix_of
from mhatool.network.scenario.convert import nanoseconds_of
from mhatool.network.scenario.failures import plan_failure
from mhatool.network.scenario.loss_rule import FirstFrames
from mhatool.network.scenario.plan import InterfacePlan, MovePlan, NodePlan, Scenario
from mhatool.network.scenario.roles import ROLES, Role, configured
from mhatool.network.seat import Seat
from mhatool.network.traffic import FlowPlan
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import interface_identifier, link_local

_NS_PER_MS = 1_000_000


class Build:
    """A scenario's network, with all that is going to happen planned; `seed` replaces the scenario's.

    `network.listeners` may be added to, and interfaces and links be watched, before `run`.
    """

    def __init__(self, scenario: Scenario, seed: int | None = None) -> None:
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        self.start_ns = nanoseconds_of(scenario.start, ("start",))
        self.end_ns = self.start_ns + nanoseconds(scenario.duration_s)
        self.network = Network(seed=self.seed, start_ns=self.start_ns)
        for name, plan in scenario.links.items():
            self.network.add_link(name, _quality(plan))
        for name, node in scenario.nodes.items():
            self._add_node(name, node)
        self._plan()

    def run(self) -> None:
        """Let all of it happen."""
        self.network.run(self.end_ns)

    def at(self, instant: object) -> int:
        """The nanoseconds of an instant in the scenario."""
        if isinstance(instant, datetime):
            return nanoseconds_of(instant, ())
        assert isinstance(instant, float)
        return self.start_ns + nanoseconds(instant)

    @property
    def clock_offsets_ns(self) -> dict[str, int]:
        """How far the clocks of nodes are ahead, where they are."""
        return {
            copy: nanoseconds(node.clock_offset_s)
            for name, node in self.scenario.nodes.items()
            if node.clock_offset_s
            for copy in copy_names(name, node.copies)
        }

    # --- machines ---

    def _add_node(self, name: str, node: NodePlan) -> None:
        configurations = {role: configured(role, name, self.scenario, ("nodes", name)) for role in ROLES}
        made = {role: configuration for role, configuration in configurations.items() if configuration is not None}
        for index, copy in enumerate(copy_names(name, node.copies)):
            self._add_machine(copy, node, made, index)

    def _add_machine(self, name: str, node: NodePlan, configurations: dict[str, Any], index: int) -> None:
        forwards = node.forwards if node.forwards is not None else any(ROLES[role].forwards for role in configurations)
        machine = self.network.add_machine(name, node.profile or self.scenario.profile, forwards=forwards)
        for key, interface in node.interfaces.items():
            link = self.network.links[interface.link] if interface.link else None
            machine.add_interface(key, _plus(interface.link_address, index), link)
        own = {role: _copied(configuration, name, index) for role, configuration in configurations.items()}
        machine.boot = self._boot(node, own)
        self.network.agenda.at(self.at(node.starts), machine.start)

    def _boot(self, node: NodePlan, configurations: dict[str, Any]) -> Callable[[Machine], None]:
        offset = nanoseconds(node.clock_offset_s)
        boots = 0

        def boot(machine: Machine) -> None:
            nonlocal boots
            boots += 1
            for key, interface in node.interfaces.items():
                _add_addresses(machine, key, interface)
            for route in node.routes:
                prefix, length = prefix_of(route.prefix, ())
                machine.routes.add(Route(prefix, length, route.interface, route.via))
            for name, configuration in configurations.items():
                role: Role = ROLES[name]
                stream = self.network.chance.stream(f"{name} {machine.name} {boots}")
                made = role.make(role.restarted(configuration, boots - 1), stream)
                machine.seats.append(Seat(machine, made, offset, role.udp_ports, name))

        return boot

    # --- what happens ---

    def _plan(self) -> None:
        scenario, network = self.scenario, self.network
        for move in scenario.moves:
            self._plan_move(move)
        for flow in scenario.flows:
            plan = FlowPlan(
                name=flow.name,
                source=flow.source,
                destination=flow.destination,
                rate=flow.rate,
                start_ns=self.at(flow.start),
                stop_ns=self.at(flow.stop) if flow.stop is not None else self.end_ns,
                size=flow.size,
            )
            network.add_flow(plan, flow.sender, flow.receiver)
        for loss in scenario.losses:
            network.links[loss.link].loss_rules.append(FirstFrames(loss, scenario.profile))
        for failure in scenario.failures:
            plan_failure(failure, self.at(failure.at), network, scenario)
        plan_attacks(scenario, network, self.at)

    def _plan_move(self, move: MovePlan) -> None:
        node = self.scenario.nodes[move.node]
        names = copy_names(move.node, node.copies)
        interface = move.interface or next(iter(node.interfaces))
        for index, name in enumerate(names):
            first = self.at(move.at) + nanoseconds(move.spread_s * index / len(names))
            machine = self.network.machines[name]
            if move.every_s is not None:
                self._plan_journey(machine, interface, move, first, nanoseconds(move.every_s), index)
            else:
                self.network.agenda.at(first, self._move, machine, interface, move.stations[0], move.silent)

    def _plan_journey(self, machine: Machine, interface: str, move: MovePlan, at: int, step: int, turn: int) -> None:
        """From link to link, the copies beginning at different ones."""
        while at <= self.end_ns:
            link = move.stations[turn % len(move.stations)]
            self.network.agenda.at(at, self._move, machine, interface, link, move.silent)
            at, turn = at + step, turn + 1

    def _move(self, machine: Machine, interface: str, link_name: str, silent: bool) -> None:
        link: Link | None = self.network.links[link_name] if link_name else None
        machine.move(interface, link, silent=silent)


def _quality(plan: Any) -> Quality:
    return Quality(
        delay_ns=round(plan.delay_ms * _NS_PER_MS),
        loss=plan.loss,
        duplication=plan.duplication,
        reordering=plan.reordering,
        held_back_ns=round(plan.held_back_ms * _NS_PER_MS),
        mtu=plan.mtu,
    )


def _add_addresses(machine: Machine, name: str, interface: InterfacePlan) -> None:
    own = [prefix_of(text, ()) for text in interface.addresses]
    if not any(is_link_local(address) for address, _ in own):
        link_address = machine.interfaces[name].link_address
        machine.add_address(name, link_local(interface_identifier(link_address)), 64)
    for address, length in own:
        machine.add_address(name, address, length)


def _copied(configuration: Any, name: str, index: int) -> Any:
    """The configuration of a node's copy: its own name, and the home address so many further."""
    if index == 0:
        return replace(configuration, name=name)
    return replace(configuration, name=name, home_address=_plus(configuration.home_address, index))


def _plus(octets: bytes, more: int) -> bytes:
    return (int.from_bytes(octets) + more).to_bytes(len(octets))


__all__ = ["Build"]

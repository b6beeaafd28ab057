"""The names in a scenario that have to be those of something: links, nodes, interfaces, flows, messages, reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mhatool.craft import MESSAGES
from mhatool.engine.drops import DropReason
from mhatool.network.scenario.check_nodes import copy_names
from mhatool.network.scenario.errors import Path
from mhatool.network.scenario.plan import NodePlan, Scenario

#: A name: where it stands, and those that there are.
Reference = tuple[Path, str, Collection[str]]
MESSAGE_TYPES = tuple(declaration.symbol for declaration in MESSAGES.values())
"""Types of layers that nodes send as messages of their own."""
_REASONS = tuple(reason.value for reason in DropReason)


def references(scenario: Scenario) -> Iterator[Reference]:
    """Each name that stands there. Empty names mean none."""
    machines = list(machine_names(scenario))
    for name, node in scenario.nodes.items():
        yield from _of_node(scenario, name, node)
    for index in range(len(scenario.moves)):
        yield from _of_move(scenario, index)
    for index, flow in enumerate(scenario.flows):
        yield ("flows", index, "sender"), flow.sender, machines
        yield ("flows", index, "receiver"), flow.receiver, machines
    for index, loss in enumerate(scenario.losses):
        yield ("losses", index, "link"), loss.link, scenario.links
    for index in range(len(scenario.failures)):
        yield from _of_failure(scenario, index, machines)
    yield from _of_attacks(scenario, machines)
    for index in range(len(scenario.expectations)):
        yield from _of_expectation(scenario, index, machines)
    yield from _of_the_watched(scenario, machines)


def _of_node(scenario: Scenario, name: str, node: NodePlan) -> Iterator[Reference]:
    for key, interface in node.interfaces.items():
        if interface.link:
            yield ("nodes", name, "interfaces", key, "link"), interface.link, scenario.links
    for index, route in enumerate(node.routes):
        yield ("nodes", name, "routes", index, "interface"), route.interface, node.interfaces


def _of_move(scenario: Scenario, index: int) -> Iterator[Reference]:
    move = scenario.moves[index]
    yield ("moves", index, "node"), move.node, scenario.nodes
    for position, link in enumerate(move.stations):
        if link:
            key: Path = ("link",) if move.links is None else ("links", position)
            yield ("moves", index, *key), link, scenario.links
    if move.interface and move.node in scenario.nodes:
        yield ("moves", index, "interface"), move.interface, scenario.nodes[move.node].interfaces


def _of_failure(scenario: Scenario, index: int, machines: list[str]) -> Iterator[Reference]:
    failure = scenario.failures[index]
    path: Path = ("failures", index)
    if failure.link:
        yield (*path, "link"), failure.link, scenario.links
    if failure.node:
        yield (*path, "node"), failure.node, machines
    if failure.interface and failure.node in machines:
        yield (*path, "interface"), failure.interface, _interfaces_of(scenario)[failure.node]
    for number, group in enumerate(failure.groups):
        for position, name in enumerate(group):
            yield (*path, "groups", number, position), name, [*machines, *scenario.nodes]


def _of_attacks(scenario: Scenario, machines: list[str]) -> Iterator[Reference]:
    for index, forgery in enumerate(scenario.forgeries):
        yield ("forgeries", index, "node"), forgery.node, machines
        yield ("forgeries", index, "message"), forgery.message, MESSAGE_TYPES
        if forgery.interface and forgery.node in machines:
            yield ("forgeries", index, "interface"), forgery.interface, _interfaces_of(scenario)[forgery.node]
    for index, replay in enumerate(scenario.replays):
        yield ("replays", index, "node"), replay.node, machines
        yield ("replays", index, "message"), replay.message, MESSAGE_TYPES
        yield ("replays", index, "link"), replay.link, scenario.links


def _of_expectation(scenario: Scenario, index: int, machines: list[str]) -> Iterator[Reference]:
    expectation = scenario.expectations[index]
    path: Path = ("expectations", index)
    yield (*path, "node"), expectation.node, machines
    if expectation.flow:
        yield (*path, "flow"), expectation.flow, [flow.name for flow in scenario.flows]
    for message in expectation.received:
        yield (*path, "received", message), message, MESSAGE_TYPES
    for reason in expectation.dropped:
        yield (*path, "dropped", reason), reason, _REASONS


def _interfaces_of(scenario: Scenario) -> dict[str, Collection[str]]:
    """The interfaces of each machine, by its name."""
    return {copy: node.interfaces for name, node in scenario.nodes.items() for copy in copy_names(name, node.copies)}


def _of_the_watched(scenario: Scenario, machines: list[str]) -> Iterator[Reference]:
    for name in scenario.names or {}:
        yield ("names", name), name, machines
    for index, name in enumerate(scenario.capture.links):
        yield ("capture", "links", index), name, scenario.links
    for index, name in enumerate(scenario.capture.nodes):
        yield ("capture", "nodes", index), name, machines


def machine_names(scenario: Scenario) -> Iterator[str]:
    """The names of all machines, copies among them."""
    for name, node in scenario.nodes.items():
        yield from copy_names(name, node.copies)


__all__ = ["MESSAGE_TYPES", "machine_names", "references"]

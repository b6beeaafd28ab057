"""What a scenario's types can't say: names that have to be there, texts that have to be addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from difflib import get_close_matches

from mhatool.network.scenario.check_nodes import check_configuration, check_uniqueness, copy_names, prefix_of
from mhatool.network.scenario.convert import nanoseconds_of
from mhatool.network.scenario.errors import Path, ScenarioError
from mhatool.network.scenario.plan import NodePlan, Scenario
from mhatool.network.scenario.roles import ROLES, configured
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

LAST_NS = (1 << 63) - 1


def check(scenario: Scenario, written_s: float = 0.0) -> None:
    """ScenarioError for the first thing that doesn't fit.

    `written_s` is the file's own duration: who lets less of it happen needn't take out what comes later.
    """
    if scenario.duration_s <= 0:
        raise ScenarioError("it has to take some time", ("duration_s",))
    start_ns = nanoseconds_of(scenario.start, ("start",))
    if not 0 <= start_ns < LAST_NS - nanoseconds(scenario.duration_s):
        raise ScenarioError("a capture holds times from 1970 to 2262", ("start",))
    for name, node in scenario.nodes.items():
        _check_node(scenario, name, node)
    check_uniqueness(scenario)
    _check_instants(scenario, start_ns, max(written_s, scenario.duration_s))
    _check_moves(scenario)
    for path, name, known in _references(scenario):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise ScenarioError(f"there is no {name!r}; {remedy}", path)


def _check_node(scenario: Scenario, name: str, node: NodePlan) -> None:
    path: Path = ("nodes", name)
    if not node.interfaces:
        raise ScenarioError("a node needs an interface", (*path, "interfaces"))
    if node.copies < 1 or (node.copies > 1 and node.mobile_node is None):
        raise ScenarioError(f"copies = {node.copies}: 1 or more, and only of a mobile node", (*path, "copies"))
    for key, interface in node.interfaces.items():
        place = (*path, "interfaces", key)
        for index, text in enumerate(interface.addresses):
            prefix_of(text, (*place, "addresses", index))
    for index, route in enumerate(node.routes):
        prefix_of(route.prefix, (*path, "routes", index, "prefix"))
    for role in ROLES:
        check_configuration(configured(role, name, scenario, path), node, (*path, role))


def _check_instants(scenario: Scenario, start_ns: int, longest_s: float) -> None:
    """What is to happen happens during the run."""
    for list_name in ("moves", "failures", "expectations"):
        for index, plan in enumerate(getattr(scenario, list_name)):
            path: Path = (list_name, index, "at")
            at = plan.at
            seconds = (nanoseconds_of(at, path) - start_ns) / NS_PER_S if isinstance(at, datetime) else at
            if not 0 <= seconds <= longest_s:
                raise ScenarioError(f"{seconds:g} s after the start isn't within the run", path)


def _check_moves(scenario: Scenario) -> None:
    for index, move in enumerate(scenario.moves):
        if move.links and move.every_s <= 0:
            raise ScenarioError("several links need a time between them: give every_s", ("moves", index, "links"))
        if move.links and move.link:
            raise ScenarioError("give either link or links", ("moves", index, "link"))


#: A name of a link, a node or an interface: where it stands, and those that there are.
Reference = tuple[Path, str, Collection[str]]


def _references(scenario: Scenario) -> Iterator[Reference]:
    """Each name that has to be that of something. Empty names mean none."""
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
    for index, expectation in enumerate(scenario.expectations):
        yield ("expectations", index, "node"), expectation.node, machines
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
    for link in [move.link, *move.links]:
        if link:
            yield ("moves", index, "links" if move.links else "link"), link, scenario.links
    if move.interface and move.node in scenario.nodes:
        yield ("moves", index, "interface"), move.interface, scenario.nodes[move.node].interfaces


def _of_failure(scenario: Scenario, index: int, machines: list[str]) -> Iterator[Reference]:
    failure = scenario.failures[index]
    if failure.link:
        yield ("failures", index, "link"), failure.link, scenario.links
    if failure.node:
        yield ("failures", index, "node"), failure.node, machines
    if failure.interface and failure.node in machines:
        yield ("failures", index, "interface"), failure.interface, _interfaces_of(scenario)[failure.node]
    for number, group in enumerate(failure.groups):
        for position, name in enumerate(group):
            yield ("failures", index, "groups", number, position), name, [*machines, *scenario.nodes]


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


__all__ = ["check", "machine_names"]

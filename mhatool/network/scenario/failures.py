"""Failures of a scenario, planned in its network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mhatool.network.network import Network
from mhatool.network.scenario.check_nodes import copy_names
from mhatool.network.scenario.plan_failures import FailurePlan

if TYPE_CHECKING:
    from mhatool.network.scenario.plan import Scenario


def plan_failure(failure: FailurePlan, at_ns: int, network: Network, scenario: Scenario) -> None:
    """Let it happen at this instant."""
    network.agenda.at(at_ns, _misfortune(failure, network, scenario))


def _misfortune(failure: FailurePlan, network: Network, scenario: Scenario) -> Callable[[], None]:
    if failure.interface:
        machine = network.machines[failure.node]
        return lambda: machine.switch(failure.interface, up=failure.how == "up", silent=failure.silent)
    if failure.node:
        return lambda: network.machines[failure.node].fail(failure.how)
    link = network.links[failure.link]
    if failure.how in ("partition", "heal"):
        groups = tuple(_members(group, scenario) for group in failure.groups)
        return lambda: link.partition(groups)
    return lambda: link.fail(failure.how == "up")


def _members(group: tuple[str, ...], scenario: Scenario) -> tuple[str, ...]:
    """The machines of a group; a node with copies stands for all of them."""
    known = {name: copy_names(name, node.copies) for name, node in scenario.nodes.items()}
    return tuple(machine for name in group for machine in known.get(name, [name]))


__all__ = ["plan_failure"]

"""The kinds of nodes: which table of a scenario configures each, and how it is made."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dissectors.ripng import PORT as RIPNG_PORT
from mhatool.engine.node import Node, Randomness
from mhatool.network.scenario.convert import dataclass_of
from mhatool.network.scenario.errors import Path

if TYPE_CHECKING:
    from mhatool.network.scenario.plan import NodePlan, Scenario


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of node: where its class and its configuration's are. `forwards`: its machine is a router."""

    module: str
    node: str
    configuration: str
    forwards: bool = False
    udp_ports: frozenset[int] = frozenset()

    def make(self, configuration: Any, randomness: Randomness) -> Node:
        """A new node."""
        made: Node = getattr(importlib.import_module(self.module), self.node)(configuration, randomness)
        return made

    def configuration_class(self) -> Any:
        """What it is configured with."""
        return getattr(importlib.import_module(self.module), self.configuration)


#: By the name of the table, in the order in which they sit on one machine.
ROLES: Mapping[str, Role] = {
    "mobile_node": Role("mhatool.engine.mobile_node", "MobileNode", "MobileNodeConfiguration"),
    "home_agent": Role("mhatool.engine.home_agent", "HomeAgent", "HomeAgentConfiguration", True),
    "correspondent": Role("mhatool.engine.correspondent", "Correspondent", "CorrespondentConfiguration"),
    "router": Role("mhatool.engine.router", "Router", "RouterConfiguration", True, frozenset({RIPNG_PORT})),
}


def configured(role: str, name: str, scenario: Scenario, path: Path) -> Any:
    """The configuration that a node's table gives this role; None where it hasn't the role."""
    node = scenario.nodes[name]
    table = getattr(node, role)
    if table is None:
        return None
    return dataclass_of(table, ROLES[role].configuration_class(), (*path, role), given=common(name, node, scenario))


def common(name: str, node: NodePlan, scenario: Scenario) -> dict[str, Any]:
    """What all configurations have: the node's, or the scenario's."""
    return {
        "name": name,
        "profile": node.profile or scenario.profile,
        "constants": node.constants or scenario.constants,
    }


__all__ = ["ROLES", "Role", "common", "configured"]

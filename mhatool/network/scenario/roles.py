"""The kinds of nodes: which table of a scenario configures each, and how it is made."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dissectors.ripng import PORT as RIPNG_PORT
from mhatool.engine.node import Node, Randomness
from mhatool.network.routes import network_of
from mhatool.network.scenario.check_nodes import prefix_of
from mhatool.network.scenario.convert import dataclass_of
from mhatool.network.scenario.errors import Path

if TYPE_CHECKING:
    from mhatool.network.scenario.plan import NodePlan, Scenario


_RESTART_COUNTERS = 1 << 32
"""The option has so many octets (RFC 5847, 5)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of node: where its class and its configuration's are. `forwards`: its machine is a router.

    `counts_restarts`: its machine keeps a counter for it, which grows each time that it starts without its bindings.
    """

    module: str
    node: str
    configuration: str
    forwards: bool = False
    udp_ports: frozenset[int] = frozenset()
    counts_restarts: bool = False

    def make(self, configuration: Any, randomness: Randomness) -> Node:
        """A new node."""
        made: Node = getattr(importlib.import_module(self.module), self.node)(configuration, randomness)
        return made

    def restarted(self, configuration: Any, times: int) -> Any:
        """The configuration after so many restarts: RFC 5847, 3.4, wants its counter to outlive them."""
        if not self.counts_restarts or not times:
            return configuration
        counter = (configuration.restart_counter + times) % _RESTART_COUNTERS
        return replace(configuration, restart_counter=counter)

    def configuration_class(self) -> Any:
        """What it is configured with."""
        return getattr(importlib.import_module(self.module), self.configuration)


#: By the name of the table, in the order in which they sit on one machine.
ROLES: Mapping[str, Role] = {
    "mobile_node": Role("mhatool.engine.mobile_node", "MobileNode", "MobileNodeConfiguration"),
    "home_agent": Role("mhatool.engine.home_agent", "HomeAgent", "HomeAgentConfiguration", True, counts_restarts=True),
    "correspondent": Role("mhatool.engine.correspondent", "Correspondent", "CorrespondentConfiguration"),
    "router": Role("mhatool.engine.router", "Router", "RouterConfiguration", True, frozenset({RIPNG_PORT})),
}


def configured(role: str, name: str, scenario: Scenario, path: Path) -> Any:
    """The configuration that a node's table gives this role; None where it hasn't the role."""
    node = scenario.nodes[name]
    table = getattr(node, role)
    if table is None:
        return None
    given = common(name, node, scenario)
    configuration = dataclass_of(table, ROLES[role].configuration_class(), (*path, role), given=given)
    return _connected(configuration, node, path) if role == "router" else configuration


def _connected(configuration: Any, node: NodePlan, path: Path) -> Any:
    """A router's, in which each network of RIPng's has the interface with an address of it, where there is one."""
    if configuration.ripng is None:
        return configuration
    interfaces = {
        (network_of(address, length), length): key
        for key, interface in node.interfaces.items()
        for index, text in enumerate(interface.addresses)
        for address, length in [prefix_of(text, (*path, "interfaces", key, "addresses", index))]
    }
    networks = tuple(
        replace(each, interface=each.interface or interfaces.get((each.prefix, each.prefix_length), ""))
        for each in configuration.ripng.networks
    )
    return replace(configuration, ripng=replace(configuration.ripng, networks=networks))


def common(name: str, node: NodePlan, scenario: Scenario) -> dict[str, Any]:
    """What all configurations have: the node's, or the scenario's."""
    return {
        "name": name,
        "profile": node.profile or scenario.profile,
        "constants": node.constants or scenario.constants,
    }


__all__ = ["ROLES", "Role", "common", "configured"]

"""What a scenario's types can't say: names that have to be there, texts that have to be addresses."""

from __future__ import annotations

from difflib import get_close_matches

from mhatool.network.scenario.attacks import check_attacks
from mhatool.network.scenario.check_flows import check_flows
from mhatool.network.scenario.check_happenings import check_happenings, seconds_of
from mhatool.network.scenario.check_nodes import (
    check_configuration,
    check_own_address,
    check_roles,
    check_uniqueness,
    prefix_of,
)
from mhatool.network.scenario.convert import nanoseconds_of
from mhatool.network.scenario.errors import Path, ScenarioError
from mhatool.network.scenario.left_out import HAPPENINGS
from mhatool.network.scenario.plan import NodePlan, Scenario
from mhatool.network.scenario.references import references
from mhatool.network.scenario.roles import ROLES, configured
from mhatool.protocol.lifetime import nanoseconds

LAST_NS = (1 << 63) - 1


def check(scenario: Scenario, written_s: float = 0.0) -> None:
    """ScenarioError for the first thing that doesn't fit.

    `written_s` is the file's own duration: who lets less of it happen needn't take out what comes later.
    """
    if nanoseconds(scenario.duration_s) <= 0:
        raise ScenarioError("it has to take some time", ("duration_s",))
    start_ns = nanoseconds_of(scenario.start, ("start",))
    if not 0 <= start_ns < LAST_NS - nanoseconds(scenario.duration_s):
        raise ScenarioError("a capture holds times from 1970 to 2262", ("start",))
    for name, node in scenario.nodes.items():
        _check_node(scenario, name, node)
    owners = check_uniqueness(scenario)
    _check_instants(scenario, start_ns, max(written_s, scenario.duration_s))
    for path, name, known in references(scenario):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise ScenarioError(f"there is no {name!r}; {remedy}", path)
    check_flows(scenario, owners, start_ns)
    check_happenings(scenario, start_ns)
    check_attacks(scenario)


def _check_node(scenario: Scenario, name: str, node: NodePlan) -> None:
    path: Path = ("nodes", name)
    if not node.interfaces:
        raise ScenarioError("a node needs an interface", (*path, "interfaces"))
    if node.copies > 1 and node.mobile_node is None:
        raise ScenarioError(f"copies = {node.copies}: only of a mobile node", (*path, "copies"))
    for key, interface in node.interfaces.items():
        place = (*path, "interfaces", key)
        for index, text in enumerate(interface.addresses):
            check_own_address(text, (*place, "addresses", index))
    for index, route in enumerate(node.routes):
        prefix_of(route.prefix, (*path, "routes", index, "prefix"))
    made = {role: configured(role, name, scenario, path) for role in ROLES}
    for role, configuration in made.items():
        check_configuration(configuration, node, (*path, role))
    check_roles(made, scenario, path)


def _check_instants(scenario: Scenario, start_ns: int, longest_s: float) -> None:
    """What is to happen happens during the run."""
    for list_name, key in (*((each, "at") for each in HAPPENINGS), ("expectations", "at"), ("flows", "start")):
        for index, plan in enumerate(getattr(scenario, list_name)):
            path: Path = (list_name, index, key)
            seconds = seconds_of(getattr(plan, key), path, start_ns)
            if not 0 <= seconds <= longest_s:
                raise ScenarioError(f"{seconds:g} s after the start isn't within the run", path)


__all__ = ["check"]

"""What a scenario says of failures and expectations has to be possible: nothing ends that never began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from mhatool.network.scenario.check_nodes import copy_names
from mhatool.network.scenario.convert import nanoseconds_of
from mhatool.network.scenario.errors import Path, ScenarioError
from mhatool.network.scenario.plan import NodePlan, Scenario
from mhatool.network.scenario.plan_expectations import UNDER_WAY_S, ExpectationPlan
from mhatool.network.scenario.plan_failures import FailurePlan
from mhatool.protocol.lifetime import NS_PER_S

_ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "resume": ("hang", "doesn't hang then"),
    "heal": ("partition", "is whole then"),
    "up": ("down", "isn't down then"),
}
"""What ends which failure, and what is wrong where that isn't the last one before."""
_CHANGES_NOTHING: Final = frozenset({"stop"})
"""Of what a resume ends: the machine goes on as it was."""


def check_happenings(scenario: Scenario, start_ns: int) -> None:
    """ScenarioError for the first failure or expectation that can't mean anything; all names in it are known."""
    nodes = {copy: node for name, node in scenario.nodes.items() for copy in copy_names(name, node.copies)}
    _check_ends(scenario, start_ns)
    for index, failure in enumerate(scenario.failures):
        _check_groups(scenario, failure, ("failures", index, "groups"))
    for index in range(len(scenario.expectations)):
        _check_expectation(scenario, index, nodes, start_ns)


def seconds_of(at: object, path: Path, start_ns: int) -> float:
    """An instant, in seconds from the start."""
    if isinstance(at, datetime):
        return (nanoseconds_of(at, path) - start_ns) / NS_PER_S
    assert isinstance(at, float)
    return at


# --- failures ---


def _check_ends(scenario: Scenario, start_ns: int) -> None:
    """By their times, each for whom it befalls: a partition and being down are two things of a link."""
    last: dict[tuple[str, ...], str] = {}
    for failure, path in _in_order(scenario, start_ns):
        aspect = "partition" if failure.how in ("partition", "heal") else ""
        whose = failure.node, failure.interface, failure.link, aspect
        begins, wrong = _ENDS.get(failure.how, ("", ""))
        if begins and last.get(whose) != begins:
            what = failure.interface or failure.node or failure.link
            raise ScenarioError(f"{what} {wrong}: there is no how = {begins!r} before", (*path, "how"))
        if failure.how not in _CHANGES_NOTHING:
            last[whose] = failure.how


def _in_order(scenario: Scenario, start_ns: int) -> Iterator[tuple[FailurePlan, Path]]:
    paths: list[Path] = [("failures", index) for index in range(len(scenario.failures))]
    timed = [
        (seconds_of(failure.at, (*path, "at"), start_ns), failure, path)
        for failure, path in zip(scenario.failures, paths, strict=True)
    ]
    for _, failure, path in sorted(timed, key=lambda each: each[0]):
        yield failure, path


def _check_groups(scenario: Scenario, failure: FailurePlan, path: Path) -> None:
    """Who is parted from others on a link is there, or comes there some time."""
    for number, group in enumerate(failure.groups):
        for position, name in enumerate(group):
            node = next(key for key, plan in scenario.nodes.items() if name in (key, *copy_names(key, plan.copies)))
            if failure.link not in set(_links_of(scenario, node)):
                raise ScenarioError(f"{name!r} is never on {failure.link}", (*path, number, position))


def _links_of(scenario: Scenario, node: str) -> Iterator[str]:
    for interface in scenario.nodes[node].interfaces.values():
        yield interface.link
    for move in scenario.moves:
        if move.node == node:
            yield from move.stations


# --- expectations ---


def _check_expectation(scenario: Scenario, index: int, nodes: Mapping[str, NodePlan], start_ns: int) -> None:
    plan, path = scenario.expectations[index], ("expectations", index)
    at, since = (seconds_of(getattr(plan, key), (*path, key), start_ns) for key in ("at", "since"))
    if since > at:
        raise ScenarioError(f"{since:g} s after the start is behind its at, {at:g} s", (*path, "since"))
    node = nodes[plan.node]
    if plan.cache is not None and node.home_agent is None and node.correspondent is None:
        raise ScenarioError(f"{plan.node} has no binding cache: it's no home agent or correspondent", (*path, "cache"))
    for key in ("updates", "home_agents"):
        if getattr(plan, key) is not None and node.mobile_node is None:
            raise ScenarioError(f"{plan.node} has no Binding Update List: it's no mobile node", (*path, key))
    if plan.care_of_address is not None and not (node.mobile_node or node.home_agent or node.correspondent):
        raise ScenarioError(f"{plan.node} has no bindings in any role", (*path, "care_of_address"))
    if plan.flow and at <= scenario.duration_s:
        _check_flow(scenario, plan, path, start_ns)


def _check_flow(scenario: Scenario, plan: ExpectationPlan, path: Path, start_ns: int) -> None:
    """Something is sent between its instants that must have come before the run ends, or it couldn't fail."""
    flow = next(each for each in scenario.flows if each.name == plan.flow)
    since, begin = (seconds_of(each, path, start_ns) for each in (plan.since, flow.start))
    ends = [seconds_of(each, path, start_ns) for each in (plan.at, flow.stop) if each is not None]
    first, last = max(since, begin), min(ends)
    if first >= last:
        raise ScenarioError(f"{plan.flow} sends nothing from {since:g} s to {ends[0]:g} s", (*path, "flow"))
    if first >= scenario.duration_s - UNDER_WAY_S:
        what = f"what {plan.flow} sends in the run's last {UNDER_WAY_S:g} s may be under way"
        raise ScenarioError(f"{what}: let the run take longer, or give an earlier since", (*path, "lost_at_most"))


__all__ = ["check_happenings", "seconds_of"]

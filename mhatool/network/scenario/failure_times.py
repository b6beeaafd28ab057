"""How long it takes to get over a home agent's failure, in both topologies and with several timers.

Run as a module it prints docs/failure-times.md: with `--crowd` the thousand mobile nodes of `crowd-failure` too, which
takes a minute.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dissectors.ipv6.address import parse
from mhatool.network.scenario.load import load
from mhatool.network.scenario.plan import Scenario
from mhatool.network.scenario.recovery import Recovery
from mhatool.network.scenario.run import Run

ROUTERS, ONE_ARMED, CROWD = "ha-failure", "ha-failure-one-armed", "crowd-failure"
NEW_CORRESPONDENT = "cn3-mn"
SECONDS, FAST = "each second", "each 50 ms"
NEIGHBOUR_DISCOVERY = "RFC 4861's timers"
PROBES: Mapping[str, tuple[float, float]] = {
    SECONDS: (1.0, 1.0),
    FAST: (0.05, 0.05),
    NEIGHBOUR_DISCOVERY: (1.0, 35.0),
}
"""How long an answer is waited for, and from an answer to the next question: REACHABLE_TIME and the first delay."""
THREE_SECONDS, STANDARD = "after 3 s", "RIPng's defaults"
RIPNG_STANDARD = {"update_s": 30, "update_jitter_s": 15, "timeout_s": 180, "garbage_s": 120}
"""RFC 2080, 2.3."""
LENGTHS_S = {THREE_SECONDS: 130, STANDARD: 400}

_COLUMNS = ("topology", "probes", "routers time out", "noticed", "told", "switched", "all agents again", "lost last")
_HEAD = """\
# How long a failing home agent is felt

Printed by `python -m mhatool.network.scenario.failure_times --crowd > docs/failure-times.md`, from the scenarios
`ha-failure` (`routers`) and `ha-failure-one-armed`, seed 1: a mobile node is away from home, registered with two home
agents, and one of them crashes. Seconds after the crash.

"""
_WORDS = """
- *noticed*: the other agent holds the dead one to be unreachable. Probes each second find that within 4 s, those of
  50 ms within 0.2 s. With RFC 4861's timers an agent that answered is asked again after 35 s.
- *told*: the mobile node has the first Home Agent Unreachable message.
- *switched*: the last router has the way to the home link that it keeps. In `one-armed` nothing has to switch: the
  other agent takes over on the link, in the instant in which it notices.
- *all agents again*: the mobile node is registered with as many living agents as it wants.
- *lost last*: when the last packet left that a new correspondent sent in vain; it began as the agent died.

With RIPng's defaults all waits for three minutes: Binding Updates to the surviving agent lead by way of the dead one
too, as in the paper.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with its timers."""

    scenario: str
    probes: str
    routing: str

    def changes(self) -> Iterator[str]:
        """What makes it of the scenario."""
        interval_s, idle_s = PROBES[self.probes]
        length_s = LENGTHS_S[self.routing]
        yield f"constants.probe_interval_s={interval_s}"
        yield f"constants.probe_idle_s={idle_s}"
        yield f"duration_s={length_s}"
        yield "nodes.mn.mobile_node.lifetime_s=420"
        yield "expectations=[]"
        plan = load(self.scenario)
        for index in range(len(plan.flows)):
            yield f"flows.{index}.rate=10"
            yield f"flows.{index}.stop={length_s - 5}"
        if self.routing == STANDARD:
            yield from _slow_routing(plan)


def _slow_routing(plan: Scenario) -> Iterator[str]:
    for name, node in plan.nodes.items():
        if node.router is not None and "ripng" in node.router:
            yield from (f"nodes.{name}.router.ripng.{key}={value}" for key, value in RIPNG_STANDARD.items())


CASES = (
    Case(ROUTERS, SECONDS, THREE_SECONDS),
    Case(ROUTERS, FAST, THREE_SECONDS),
    Case(ROUTERS, NEIGHBOUR_DISCOVERY, THREE_SECONDS),
    Case(ROUTERS, SECONDS, STANDARD),
    Case(ONE_ARMED, SECONDS, THREE_SECONDS),
    Case(ONE_ARMED, FAST, THREE_SECONDS),
    Case(ONE_ARMED, NEIGHBOUR_DISCOVERY, THREE_SECONDS),
)


def row(case: Case) -> str:
    """A line of the table."""
    plan = load(case.scenario, case.changes())
    run = Run(plan)
    home_address = plan.flows[0].destination
    recovery = Recovery("ha1", parse("2001:db8:2::1"), "mn", home_address, parse("2001:db8:2::"), 2)
    run.build.network.listeners.append(recovery.hear)
    run.happen()
    lost = max(run.build.network.flows[NEW_CORRESPONDENT].lost, default=None)
    instants = [
        min(recovery.noticed.values(), default=None),
        recovery.told,
        recovery.routing_switched,
        recovery.complete,
        lost,
    ]
    shown = [_seconds(recovery.after_s(instant)) for instant in instants]
    topology = "routers" if case.scenario == ROUTERS else "one-armed"
    return _line([topology, case.probes, case.routing, *shown])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def crowd(changes: tuple[str, ...] = ()) -> str:
    """What a thousand mobile nodes go through, in words."""
    run = Run(load(CROWD, (*changes, "expectations=[]")))
    run.happen()
    (recovery,) = run.recoveries
    told, complete = recovery.after_s(recovery.told), recovery.after_s(recovery.complete)
    assert told is not None  # everybody is
    assert complete is not None
    carried = "".join(f"| `{name}` | {recovery.octets[name]:,} |\n" for name in run.build.network.links)
    rate, count = run.scenario.constants.unreachable_rate, len(recovery.complete)
    return f"""
## {len(recovery.told):,} mobile nodes at once

`{CROWD}`: all of them lose an agent in the same instant. The first one is told after {told[0]:.3f} s, the last one
after {told[1]:.3f} s, by {rate:g} messages a second at most; {count:,} have all agents again after {complete[1]:.3f} s.
Until then {recovery.alarms:,} Home Agent Unreachable messages were sent.

| link | octets, with Ethernet headers |
| --- | --- |
{carried}"""


def document(*, with_crowd: bool) -> str:
    """The page; without the crowd it ends before its heading."""
    table = [_line(_COLUMNS), _line(["---"] * len(_COLUMNS)), *map(row, CASES)]
    return _HEAD + "".join(table) + _WORDS + (crowd() if with_crowd else "")


if __name__ == "__main__":
    write: Callable[[str], int] = sys.stdout.write
    write(document(with_crowd="--crowd" in sys.argv[1:]))

__all__ = ["CASES", "Case", "crowd", "document", "row"]

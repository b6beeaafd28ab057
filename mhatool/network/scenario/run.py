"""Run a scenario: with a capture, a trace, and a summary of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from dissectors.ipv6.address import text
from mhatool.capture.writer import ByteSink
from mhatool.engine.events import Event
from mhatool.engine.mobile_node import MobileNodeConfiguration
from mhatool.network.scenario.agent_failures import AgentFailures
from mhatool.network.scenario.build import Build
from mhatool.network.scenario.check_nodes import copy_names
from mhatool.network.scenario.chronicle import Chronicle
from mhatool.network.scenario.crowd_recovery import CrowdRecovery
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.expectations import Expectation
from mhatool.network.scenario.failing_agent import FailingAgent
from mhatool.network.scenario.naming import names_of
from mhatool.network.scenario.plan import Scenario
from mhatool.network.scenario.roles import configured
from mhatool.network.vantage import Recorder
from mhatool.protocol.collector import few_collections
from mhatool.trace import Header, NodeNames, TraceWriter

SCHEMA_ID = "mhatool.simulation/1"


@dataclass(slots=True)
class Run:
    """A scenario that is going to happen. `capture` and `trace` are where these are written, None for nowhere.

    `vantage` are links and nodes where packets are captured; none: the scenario's choice, else every link.
    """

    scenario: Scenario
    seed: int | None = None
    capture: ByteSink | None = None
    vantage: tuple[str, ...] = ()
    trace: ByteSink | None = None
    build: Build = field(init=False)
    chronicle: Chronicle = field(init=False, default_factory=Chronicle)
    failures: AgentFailures = field(init=False)
    """Those of home agents."""
    expectations: list[Expectation] = field(init=False, default_factory=list)
    """What the scenario expects."""
    places: tuple[str, ...] = field(init=False)
    """The links and nodes where packets are captured."""
    recorder: Recorder | None = field(init=False, default=None)
    """Who captures them, where they are written."""

    def __post_init__(self) -> None:
        """Build it; ScenarioError where a vantage point is nowhere."""
        self.build = Build(self.scenario, self.seed)
        network = self.build.network
        network.listeners.append(self.chronicle.hear)
        self.failures = AgentFailures(self._failing(), self._mobile_nodes())
        self.failures.watch(network)
        self._watch(self.capture)
        for plan in self.scenario.expectations:
            since, at = self.build.at(plan.since), self.build.at(plan.at)
            expectation = Expectation(plan, since, at, network, self.chronicle)
            network.agenda.at(since, expectation.begin)
            network.agenda.at(at, expectation.judge)
            self.expectations.append(expectation)

    @property
    def recoveries(self) -> list[CrowdRecovery]:
        """What followed for mobile nodes where a home agent failed, each time, in the order of the failures."""
        return self.failures.recoveries

    def _failing(self) -> Iterator[FailingAgent]:
        """Each home agent that fails or restarts; its first address is the one that counts."""
        plans, scenario = self.scenario.nodes, self.scenario
        for name in dict.fromkeys(failure.node for failure in scenario.failures):
            agent = configured("home_agent", name, scenario, ("nodes", name)) if name in plans else None
            if agent is not None:
                yield FailingAgent(name, agent.interface, agent.addresses[0])

    def _mobile_nodes(self) -> dict[str, MobileNodeConfiguration]:
        """What each is configured with, copies too."""
        plans, scenario = self.scenario.nodes, self.scenario
        nodes = {name: configured("mobile_node", name, scenario, ("nodes", name)) for name in plans}
        return {
            copy: node
            for name, node in nodes.items()
            if node is not None
            for copy in copy_names(name, plans[name].copies)
        }

    def _watch(self, sink: ByteSink | None) -> None:
        network, chosen = self.build.network, self.scenario.capture
        self.places = tuple(self.vantage or (*chosen.links, *chosen.nodes) or network.links)
        recorder = self.recorder = Recorder(sink) if sink is not None else None
        for name in self.places:
            if name not in network.links and name not in network.machines:
                known = ", ".join([*network.links, *list(network.machines)[:20]])
                raise ScenarioError(f"there is no link or node {name!r} to capture at; there are {known}")
            if recorder is not None and name in network.links:
                recorder.watch_link(network.links[name])
            elif recorder is not None:
                for interface in network.machines[name].interfaces.values():
                    recorder.watch_interface(interface)

    def happen(self) -> None:
        """Let all of it happen. Errors of the streams are the caller's."""
        with few_collections(), self.traced():
            self.build.run()
        for expectation in self.expectations:
            expectation.conclude(self.build.end_ns)
        self.chronicle.verdicts.sort(key=lambda verdict: verdict.time_ns)

    @contextmanager
    def traced(self) -> Iterator[None]:
        """Write the trace of what happens meanwhile, with what became of traffic at its end."""
        if self.trace is None:
            yield
            return
        writer = TraceWriter(self.trace, self.header())
        self.build.network.listeners.append(writer.write)
        yield
        for flow in self.build.network.flows.values():
            for interval in flow.intervals():
                writer.write(interval)

    def header(self) -> Header:
        """The trace's."""
        return Header(
            title=self.scenario.title,
            vantage_point="network",
            clock_offsets_ns=self.build.clock_offsets_ns,
            profile=self.scenario.profile.name,
            seed=self.build.seed,
            start_ns=self.build.start_ns,
            end_ns=self.build.end_ns,
            names={name: NodeNames(**asdict(plan)) for name, plan in names_of(self.scenario).items()},
        )

    def listen(self, events: list[Event]) -> None:
        """Keep every event in a list, too."""
        self.build.network.listeners.append(events.append)

    def document(self) -> dict[str, Any]:
        """What happened, as one JSON document."""
        network, chronicle = self.build.network, self.chronicle
        return {
            "schema": SCHEMA_ID,
            "title": self.scenario.title,
            "profile": self.scenario.profile.name,
            "seed": self.build.seed,
            "duration_s": self.scenario.duration_s,
            "machines": len(network.machines),
            "links": {name: link.carried for name, link in network.links.items()},
            "written": self._written(),
            "sent": dict(sorted(chronicle.sent.items())),
            "dropped": dict(sorted(chronicle.dropped.items())),
            "refused": dict(sorted(chronicle.refused.items())),
            "lost": dict(sorted(chronicle.lost.items())),
            "moves": [
                {"at_s": self._seconds(move.time_ns), "node": move.node, "link": move.link} for move in chronicle.moves
            ],
            "bindings": [
                {
                    "at_s": self._seconds(entry.time_ns),
                    "node": entry.node,
                    "home_address": text(entry.home_address),
                    "care_of_address": None if entry.gone else text(entry.care_of_address),
                }
                for entry in chronicle.bindings
            ],
            "recoveries": [self._recovery(each) for each in self.recoveries],
            "flows": [_flow(flow) for flow in network.flows.values()],
            "expectations": [
                {
                    "at_s": self._seconds(verdict.time_ns),
                    "node": verdict.node,
                    "expected": verdict.expected,
                    "seen": verdict.seen,
                    "holds": verdict.holds,
                }
                for verdict in chronicle.verdicts
            ],
        }

    def _written(self) -> dict[str, Any] | None:
        return None if self.recorder is None else {"frames": self.recorder.frames, "places": list(self.places)}

    def _seconds(self, instant_ns: int) -> float:
        """Since the start."""
        return (instant_ns - self.build.start_ns) / 1e9

    def _recovery(self, recovery: CrowdRecovery) -> dict[str, Any]:
        told, complete = recovery.after_s(recovery.told), recovery.after_s(recovery.complete)
        return {
            "node": recovery.node,
            "how": recovery.how,
            "at_s": self._seconds(recovery.failed),
            "again_at_s": None if recovery.failed_again is None else self._seconds(recovery.failed_again),
            "mobile_nodes": len(recovery.affected),
            "told": len(recovery.told),
            "told_after_s": list(told) if told is not None else None,
            "recovered": len(recovery.complete),
            "recovered_after_s": list(complete) if complete is not None else None,
            "at_home": len(recovery.at_home),
            "alarms": recovery.alarms,
            "messages": dict(recovery.messages),
            "message_octets": recovery.message_octets,
            "octets": dict(recovery.octets),
        }


def _flow(flow: Any) -> dict[str, Any]:
    whole = flow.intervals(max(1, flow.plan.stop_ns - flow.plan.start_ns))
    sums = [(each.sent, each.received, each.duplicated, each.longest_delay_ns) for each in whole]
    sent, received, duplicated, longest = sums[0] if sums else (0, 0, 0, 0)
    return {
        "name": flow.plan.name,
        "sender": flow.sender.name,
        "receiver": flow.receiver.name,
        "sent": sent,
        "received": received,
        "duplicated": duplicated,
        "longest_delay_s": longest / 1e9,
    }


_COUNTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


_TEXT, _COUNT, _SECONDS = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "number"}
_FIRST_AND_LAST = {"type": ["array", "null"], "items": _SECONDS, "minItems": 2, "maxItems": 2}
_FLOW = _object(
    name=_TEXT, sender=_TEXT, receiver=_TEXT, sent=_COUNT, received=_COUNT, duplicated=_COUNT, longest_delay_s=_SECONDS
)
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "What happened in a simulated network",
    **_object(
        schema={"const": SCHEMA_ID},
        title=_TEXT,
        profile=_TEXT,
        seed={"type": "integer"},
        duration_s=_SECONDS,
        machines=_COUNT,
        links={**_COUNTS, "description": "The frames that each carried, those that got lost among them"},
        written={
            **_object(frames=_COUNT, places={"type": "array", "items": _TEXT}),
            "type": ["object", "null"],
            "description": "What the capture holds, and of which links and nodes; null: none was written",
        },
        sent={
            **_COUNTS,
            "description": "By nodes, by type: neither what their machines send (ICMPv6 errors, neighbour discovery to "
            "resolve addresses) nor traffic",
        },
        dropped=_COUNTS,
        refused=_COUNTS,
        lost=_COUNTS,
        moves={"type": "array", "items": _object(at_s=_SECONDS, node=_TEXT, link=_TEXT)},
        bindings={
            "type": "array",
            "description": "New ones, those with another care-of address, and those that end: null",
            "items": _object(
                at_s=_SECONDS, node=_TEXT, home_address=_TEXT, care_of_address={"type": ["string", "null"]}
            ),
        },
        recoveries={
            "type": "array",
            "description": "Failures of home agents: who of their mobile nodes was told, and had all agents again",
            "items": _object(
                node=_TEXT,
                how=_TEXT,
                at_s=_SECONDS,
                again_at_s={
                    "type": ["number", "null"],
                    "description": "When the next failure of the same home agent began, with which this one is over",
                },
                mobile_nodes=_COUNT,
                told=_COUNT,
                told_after_s=_FIRST_AND_LAST,
                recovered=_COUNT,
                recovered_after_s=_FIRST_AND_LAST,
                at_home={**_COUNT, "description": "Those that went home before, where they need none"},
                alarms=_COUNT,
                messages={**_COUNTS, "description": "Sent until then: alarms, discovery, registrations, by all nodes"},
                message_octets={**_COUNT, "description": "Theirs, from the IPv6 header on, each once on its way"},
                octets={**_COUNTS, "description": "What each link carried until then, data and link headers included"},
            ),
        },
        flows={"type": "array", "items": _FLOW},
        expectations={
            "type": "array",
            "items": _object(at_s=_SECONDS, node=_TEXT, expected=_TEXT, seen=_TEXT, holds={"type": "boolean"}),
        },
    ),
}

__all__ = ["SCHEMA", "Run"]

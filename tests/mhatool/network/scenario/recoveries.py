"""Runs in which a home agent fails, with all events, and the instants of what followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from dissectors.ipv6.address import parse
from mhatool.engine.events import Event, MessageSent
from mhatool.network.scenario import load
from mhatool.network.scenario.recovery import Recovery
from mhatool.network.scenario.run import Run
from mhatool.network.traffic import Flow

E = TypeVar("E", bound=Event)
S = 1_000_000_000
MS = 1_000_000
HOME, AWAY = parse("2001:db8:2:0:0:5eff:fe10:1"), parse("2001:db8:1:0:0:5eff:fe10:1")
HOME_LINK = parse("2001:db8:2::")
AGENT = {f"ha{n}": parse(f"2001:db8:2::{n}") for n in range(1, 5)}
PROBES = 4
"""Failures that are needed, and one interval more in which the failure falls."""


@dataclass
class Failed:
    """A run that is over."""

    run: Run
    recovery: Recovery
    events: list[Event] = field(default_factory=list)

    def told(self, kind: type[E], node: str = "") -> list[E]:
        return [event for event in self.events if isinstance(event, kind) and node in ("", event.node)]

    def s(self, time_ns: int) -> float:
        """Seconds from the start."""
        return (time_ns - self.run.build.start_ns) / S

    def at(self, seconds: float) -> int:
        return self.run.build.start_ns + round(seconds * S)

    def flow(self, name: str) -> Flow:
        return self.run.build.network.flows[name]

    def lost(self, name: str, since_ns: int) -> list[float]:
        """When datagrams of a flow left that never came, in seconds from the start; not those of the last second."""
        until_ns = self.run.build.end_ns - S
        return [self.s(at) for at in self.flow(name).lost if since_ns <= at < until_ns]

    @property
    def broken(self) -> list[str]:
        """What the scenario expected in vain."""
        return [f"{v.node}: {v.expected}, {v.seen}" for v in self.run.chronicle.verdicts if not v.holds]

    @property
    def advertisements(self) -> list[MessageSent]:
        """Neighbour advertisements for the home address, by whomever (RFC 4861, 4.4: the target is at 8)."""
        sent = [event for event in self.told(MessageSent) if event.message == "neighbor_advertisement"]
        return [event for event in sent if event.frame[48:64] == HOME]


@lru_cache(maxsize=16)
def failed(name: str, *changes: str, seed: int = 1, agents: int = 2, node: str = "ha1") -> Failed:
    """Run a scenario in which a node fails whose mobile node wants so many agents."""
    run = Run(load(name, changes), seed)
    recovery = Recovery(node, AGENT[node], "mn", HOME, HOME_LINK, agents)
    found = Failed(run, recovery)
    run.listen(found.events)
    run.build.network.listeners.append(recovery.hear)
    run.happen()
    return found


def probing(interval_s: float) -> Iterable[str]:
    """What makes agents probe each other so often."""
    return f"constants.probe_interval_s={interval_s}", f"constants.probe_idle_s={interval_s}"

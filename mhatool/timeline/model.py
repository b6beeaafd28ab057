"""The model that all renderers share. Times are nanoseconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from mhatool.observe import (
    AdvertisedAgent,
    Agency,
    Binding,
    Correspondence,
    DeliveryError,
    Discovery,
    Evidence,
    Observer,
    PrefixExchange,
    Role,
    RoutabilityRun,
    RoutabilityTest,
    Tunnel,
)
from mhatool.observe.failure import Outage, Recovery
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.events import events_of
from mhatool.timeline.gap import Gap, GapKind, Silence, Step
from mhatool.timeline.gaps import gaps_of, silences_of
from mhatool.validate import Finding


@dataclass(frozen=True)
class Timeline:
    """Everything that some captures tell of Mobile IPv6.

    `first_ns` and `last_ns` bound what was seen, both 0 where nothing was. At home agents: `agencies` (bindings and
    registrations), and what follows from them: `events`, `gaps`, `silences`. At correspondents: `correspondences`
    (bindings, updates, refresh requests), `routability_tests`, and `routability_runs` (which tests led to which
    update). Around them, each in order of first appearance: `discoveries` (DHAAD), `advertised_agents` (router
    advertisements), `prefix_exchanges` (MPS and MPA), `tunnels` (one for each direction), `delivery_errors` (ICMPv6
    errors about signalling and tunnels), and `nodes`: each address's roles with what showed them first. `outages` are
    home agents' failures, `recoveries` what came of each at a mobile node.
    """

    first_ns: int
    last_ns: int
    packets: int
    agencies: tuple[Agency, ...]
    events: tuple[Event, ...]
    gaps: tuple[Gap, ...]
    silences: tuple[Silence, ...]
    findings: tuple[Finding, ...]
    correspondences: tuple[Correspondence, ...]
    routability_tests: tuple[RoutabilityTest, ...]
    routability_runs: tuple[RoutabilityRun, ...]
    discoveries: tuple[Discovery, ...]
    advertised_agents: tuple[AdvertisedAgent, ...]
    prefix_exchanges: tuple[PrefixExchange, ...]
    tunnels: tuple[Tunnel, ...]
    delivery_errors: tuple[DeliveryError, ...]
    outages: tuple[Outage, ...]
    recoveries: tuple[Recovery, ...]
    nodes: Mapping[bytes, Mapping[Role, Evidence]]

    @property
    def home_addresses(self) -> list[bytes]:
        """Those that registered at home agents, in order of first appearance."""
        return list(dict.fromkeys(event.home_address for event in self.events))

    @property
    def mobile_nodes(self) -> list[bytes]:
        """The home addresses, and after them those that were seen at correspondents only."""
        return list(dict.fromkeys([*self.home_addresses, *(c.home_address for c in self.correspondences)]))

    @property
    def bindings(self) -> list[Binding]:
        """By home address, then by time."""
        found = [binding for agency in self.agencies for binding in agency.bindings]
        return sorted(found, key=lambda b: (b.home_address, b.start_ns or b.end_ns or 0))

    def events_of(self, home_address: bytes) -> list[Event]:
        """What happened to a home address at its home agents, in order of time."""
        return self._events.get(home_address, [])

    def gaps_of(self, home_address: bytes) -> list[Gap]:
        """When a mobile node had no binding, in order of time."""
        return self._gaps.get(home_address, [])

    def agencies_of(self, home_address: bytes) -> list[Agency]:
        """The home agents of a home address, in order of first use."""
        mine = self._agencies.get(home_address, [])
        return sorted(mine, key=lambda agency: self._first_used.get(agency.home_agent, 0))

    def recoveries_of(self, outage: Outage) -> list[Recovery]:
        """What came of a home agent's failure, in order of the first alarms."""
        return [recovery for recovery in self.recoveries if recovery.outage is outage]

    def correspondences_of(self, home_address: bytes) -> list[Correspondence]:
        """The correspondents of a home address, in order of the first update or refresh request."""
        return self._correspondences.get(home_address, [])

    # --- by home address ---

    @cached_property
    def _agencies(self) -> dict[bytes, list[Agency]]:
        return _by_home(self.agencies)

    @cached_property
    def _events(self) -> dict[bytes, list[Event]]:
        return _by_home(self.events)

    @cached_property
    def _gaps(self) -> dict[bytes, list[Gap]]:
        return _by_home(self.gaps)

    @cached_property
    def _correspondences(self) -> dict[bytes, list[Correspondence]]:
        return _by_home(sorted(self.correspondences, key=lambda correspondence: correspondence.first_ns))

    @cached_property
    def _first_used(self) -> dict[bytes, int]:
        """When each home agent was used first, by anybody."""
        return {event.home_agent: event.time_ns for event in reversed(self.events)}


class _OfHome(Protocol):
    @property
    def home_address(self) -> bytes: ...


H = TypeVar("H", bound=_OfHome)


def _by_home(found: Iterable[H]) -> dict[bytes, list[H]]:
    """In the order in which they came."""
    homes: dict[bytes, list[H]] = {}
    for each in found:
        homes.setdefault(each.home_address, []).append(each)
    return homes


def build(observer: Observer, findings: Iterable[Finding] = ()) -> Timeline:
    """The timeline of all that an observer has seen so far; findings are shown beside it."""
    agencies, facts = observer.agencies, observer.facts
    last_ns = observer.last_ns
    first_ns = observer.first_ns or 0
    silences = [silence for agency in agencies for silence in silences_of(agency, last_ns)]
    gaps = [gap for mine in _by_home(agencies).values() for gap in gaps_of(mine, first_ns, last_ns)]
    events = [event for agency in agencies for event in events_of(agency, last_ns)]
    return Timeline(
        first_ns,
        last_ns,
        observer.packets,
        tuple(agencies),
        tuple(sorted(events, key=lambda event: (event.time_ns, event.kind is not EventKind.REPLACED))),
        tuple(sorted(gaps, key=lambda gap: gap.start_ns)),
        tuple(silences),
        tuple(findings),
        correspondences=tuple(facts.correspondences(last_ns)),
        routability_tests=tuple(facts.routability_tests),
        routability_runs=tuple(facts.routability_runs),
        discoveries=tuple(facts.discoveries),
        advertised_agents=tuple(facts.advertised_agents),
        prefix_exchanges=tuple(facts.prefix_exchanges),
        tunnels=tuple(facts.tunnels),
        delivery_errors=tuple(facts.delivery_errors),
        outages=tuple(facts.failures.outages),
        recoveries=tuple(facts.failures.recoveries),
        nodes=facts.nodes,
    )


__all__ = ["Event", "EventKind", "Gap", "GapKind", "Silence", "Step", "Timeline", "build"]

"""The model that all renderers share. Times are nanoseconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mhatool.observe import Agency, Binding, Observer
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.events import events_of
from mhatool.timeline.gap import Gap, GapKind, Silence, Step
from mhatool.timeline.gaps import gaps_of, silences_of
from mhatool.validate import Finding


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything about the home registrations of some captures.

    `first_ns` and `last_ns` bound what was seen, both 0 where nothing was.
    """

    first_ns: int
    last_ns: int
    packets: int
    agencies: tuple[Agency, ...]
    events: tuple[Event, ...]
    gaps: tuple[Gap, ...]
    silences: tuple[Silence, ...]
    findings: tuple[Finding, ...]

    @property
    def home_addresses(self) -> list[bytes]:
        """In order of first appearance."""
        return list(dict.fromkeys(event.home_address for event in self.events))

    @property
    def bindings(self) -> list[Binding]:
        """By home address, then by time."""
        found = [binding for agency in self.agencies for binding in agency.bindings]
        return sorted(found, key=lambda b: (b.home_address, b.start_ns or b.end_ns or 0))

    def agencies_of(self, home_address: bytes) -> list[Agency]:
        """The home agents of a home address, in order of first use."""
        mine = [agency for agency in self.agencies if agency.home_address == home_address]
        first = {event.home_agent: event.time_ns for event in reversed(self.events)}
        return sorted(mine, key=lambda agency: first.get(agency.home_agent, 0))


def build(observer: Observer, findings: Iterable[Finding] = ()) -> Timeline:
    """The timeline of all that an observer has seen so far; findings are shown beside it."""
    agencies = observer.agencies
    last_ns = observer.last_ns
    by_home: dict[bytes, list[Agency]] = {}
    for agency in agencies:
        by_home.setdefault(agency.home_address, []).append(agency)
    first_ns = observer.first_ns or 0
    silences = [silence for agency in agencies for silence in silences_of(agency, last_ns)]
    gaps = [gap for mine in by_home.values() for gap in gaps_of(mine, first_ns, last_ns)]
    events = [event for agency in agencies for event in events_of(agency, last_ns)]
    return Timeline(
        first_ns,
        last_ns,
        observer.packets,
        tuple(agencies),
        tuple(sorted(events, key=lambda event: event.time_ns)),
        tuple(sorted(gaps, key=lambda gap: gap.start_ns)),
        tuple(silences),
        tuple(findings),
    )


__all__ = ["Event", "EventKind", "Gap", "GapKind", "Silence", "Step", "Timeline", "build"]

"""Scenarios run in this process, with captures at every vantage point, all events, and what is left at the end."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from dissectors.ipv6.address import text
from mhatool.engine.events import CacheEntry, Event, MessageSent
from mhatool.network.machine import Machine
from mhatool.network.scenario import Scenario, load
from mhatool.network.scenario.run import Run
from mhatool.network.vantage import Recorder

E = TypeVar("E", bound=Event)
S = 1_000_000_000
ALL_LINKS = "all links"


def slow(flows: int) -> tuple[str, ...]:
    """Little traffic, where only signalling matters."""
    return tuple(f"flows.{index}.rate=1" for index in range(flows))


QUIET = slow(4)
CHANGES = {
    "tour": QUIET,
    "lossy": QUIET,
    "plain-mipv6": QUIET,
    "crowd": ("nodes.mn.copies=12", "duration_s=200"),
    "crowd-failure": ("nodes.mn.copies=12", "expectations=[]"),
    "ha-failure": slow(6),
    "ha-failure-one-armed": slow(6),
    "ha-failure-three": slow(2),
    "ha-restart": slow(2),
    "false-alarm": slow(5),
    "forged-unreachable": slow(4),
    "return-during-failure": slow(2),
}


@dataclass
class Happened:
    """A run that is over."""

    scenario: Scenario
    run: Run
    events: list[Event] = field(default_factory=list)
    captures: dict[str, bytes] = field(default_factory=dict)

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def seconds(self, time_ns: int) -> float:
        return (time_ns - self.run.build.start_ns) / S


def happen(name: str, changes: Iterable[str] = (), seed: int | None = None) -> Happened:
    """Run a scenario and keep everything."""
    scenario = load(name, changes)
    run = Run(scenario, seed)
    happened = Happened(scenario, run)
    run.listen(happened.events)
    network = run.build.network
    streams = {place: io.BytesIO() for place in [*network.links, *(f"node {name}" for name in network.machines)]}
    streams[ALL_LINKS] = io.BytesIO()
    everywhere = Recorder(streams[ALL_LINKS])
    for place, link in network.links.items():
        Recorder(streams[place]).watch_link(link)
        everywhere.watch_link(link)
    for place, machine in network.machines.items():
        recorder = Recorder(streams[f"node {place}"])
        for interface in machine.interfaces.values():
            recorder.watch_interface(interface)
    run.happen()
    happened.captures = {place: stream.getvalue() for place, stream in streams.items()}
    return happened


@lru_cache(maxsize=8)
def quiet(name: str) -> Happened:
    """The built-in scenario with little traffic, run once for all tests."""
    return happen(name, CHANGES.get(name, ()))


def left_of(machine: Machine, home_address: bytes) -> list[str]:
    """What a machine still has of a mobile node: tunnels, routes, groups, and both of its home addresses."""
    found = [f"tunnel {tunnel}" for tunnel in machine.detours.tunnels if tunnel.home_address == home_address]
    found += [f"route {route}" for route in machine.detours.optimised_routes if route.home_address == home_address]
    for interface in machine.interfaces.values():
        namesake = b"\xfe\x80" + bytes(6) + home_address[8:]
        found += [
            f"{text(each)} at {interface.name}" for each in (home_address, namesake) if each in interface.addresses
        ]
        if b"\xff\x02" + bytes(9) + b"\x01\xff" + home_address[13:] in interface.groups:
            found.append(f"group at {interface.name}")
    return found


def updates_of(happened: Happened, sender: str) -> list[MessageSent]:
    """The Binding Updates that a node sent."""
    return [e for e in happened.told(MessageSent) if e.message == "binding_update" and e.node == sender]


def accepted(happened: Happened, node: str, since_s: float, care_of_address: bytes | None) -> int:
    """When a node first held this care-of address after an instant; None: when the binding was gone."""
    for entry in happened.told(CacheEntry):
        if entry.node == node and not entry.cloned and happened.seconds(entry.time_ns) >= since_s:
            is_it = entry.gone if care_of_address is None else entry.care_of_address == care_of_address
            if is_it and not entry.pending:
                return entry.time_ns
    raise AssertionError(f"{node} never accepted it after {since_s} s")

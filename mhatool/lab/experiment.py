"""What an experiment says: these dataclasses' fields are the keys of its TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from dissectors import toml_text
from mhatool.lab.hub import Impairment
from mhatool.lab.lab import Lab
from mhatool.lab.topology import Topology, changed, load, text_of
from mhatool.network.scenario import load as load_scenario
from mhatool.network.scenario.convert import dataclass_of
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.lines import key_lines, line_of

EXPERIMENTS: Final = Path(__file__).parent / "experiments"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
How = Literal["crash", "link", "silent", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is changed at `at_s` seconds from the start: nodes move to links, fail, recover, links delay and lose.

    With `settled` it waits until each mobile node has registered where it is; whatever comes later waits as long.
    """

    at_s: float
    settled: bool = False
    move: Mapping[str, str] = field(default_factory=dict)
    fail: Mapping[str, How] = field(default_factory=dict)
    recover: tuple[str, ...] = ()
    impair: Mapping[str, Impairment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """ValueError for one that changes nothing."""
        if not (self.move or self.fail or self.recover or self.impair):
            raise ValueError("nothing is changed: give move, fail, recover or impair")

    @property
    def told(self) -> str:
        """In a few words."""
        return ", ".join(self._told())

    def _told(self) -> Iterator[str]:
        for node, link in self.move.items():
            yield f"{node} moves to {link or 'no link'}"
        for node, how in self.fail.items():
            yield f"{node} fails ({how})"
        for node in self.recover:
            yield f"{node} is back"
        for link, impairment in self.impair.items():
            yield f"{link}: {impairment.told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Traffic between two nodes, both ways, from `from_s` to the end: numbered UDP datagrams, or a TCP connection.

    What begins at 0 flows before anything else is done.
    """

    between: tuple[str, str]
    from_s: float = 0
    per_second: float = 100
    transport: Literal["udp", "tcp"] = "udp"

    def __post_init__(self) -> None:
        """ValueError where no machine can do that."""
        if not 1 <= self.per_second <= 1000:
            raise ValueError(f"per_second {self.per_second:g}: 1 to 1000 are possible")
        if self.between[0] == self.between[1]:
            raise ValueError(f"between {self.between[0]} and itself: give two nodes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The scenario that is to tell the same story, with changes as `simulate --set` takes them."""

    scenario: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment on a topology.

    `live` goes into the configuration of each live node (docs/live.md), `routing` into that of each routing daemon,
    `nodes` into the tables of nodes.
    """

    name: str
    title: str
    topology: str
    duration_s: float
    steps: tuple[Step, ...]
    traffic: tuple[Stream, ...] = ()
    live: Mapping[str, Any] = field(default_factory=dict)
    routing: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Any] = field(default_factory=dict)
    simulation: Simulation | None = None

    def __post_init__(self) -> None:
        """ValueError where times don't follow one another."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r}: letters, digits, - and _ are possible, a letter or digit first")
        times = [step.at_s for step in self.steps]
        if times != sorted(times):
            raise ValueError("steps: each `at_s` comes after the one before")
        if times and times[-1] > self.duration_s:
            raise ValueError(f"duration_s {self.duration_s:g}: the last step is at {times[-1]:g} s")
        for stream in self.traffic:
            if stream.from_s >= self.duration_s:
                raise ValueError(f"duration_s {self.duration_s:g}: traffic begins at {stream.from_s:g} s")

    def deployed(self, name: str) -> Topology:
        """Its topology under this name. ScenarioError where a step or stream has what isn't there."""
        changes = {"live": self.live, "routing": self.routing, "nodes": self.nodes}
        topology = changed(load(self.topology), name, **changes)
        for index, step in enumerate(self.steps):
            for node in (*step.move, *step.fail, *step.recover):
                _known(node, topology.nodes, "node", ("steps", index))
            for link in (*filter(None, step.move.values()), *step.impair):
                _known(link, topology.links, "link", ("steps", index))
        for index, stream in enumerate(self.traffic):
            for node in stream.between:
                _known(node, topology.nodes, "node", ("traffic", index, "between"))
        return topology


def _known(name: str, known: Any, kind: str, path: tuple[str | int, ...]) -> None:
    if name not in known:
        raise ScenarioError(f"there is no {kind} {name!r}; there are {', '.join(known)}", path)


def _check(experiment: Experiment, topology: Topology) -> None:
    """ScenarioError for what would be found only after the lab stands, or when all is over."""
    try:
        Lab(topology).check()
    except ScenarioError as error:
        path = error.path[2:] if error.path[3:4] and error.path[3] in experiment.live else error.path
        raise ScenarioError(error.what, path) from None
    if experiment.simulation is not None:
        try:
            load_scenario(experiment.simulation.scenario, list(experiment.simulation.changes))
        except ScenarioError as error:
            raise ScenarioError(str(error), ("simulation", "scenario")) from None


def names() -> list[str]:
    """The built-in experiments."""
    return sorted(path.stem for path in EXPERIMENTS.glob("*.toml"))


def read(name: str, lab: str = "") -> tuple[Experiment, Topology]:
    """A built-in experiment, or that of a file, and its topology under the name `lab`. ScenarioError if it's wrong."""
    text = text_of(name, EXPERIMENTS, "experiment")
    try:
        made: Experiment = dataclass_of(toml_text.read(text), Experiment, ())
        topology = made.deployed(lab)
        _check(made, topology)
        return made, topology
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"no TOML: {error}", file=name) from None
    except ScenarioError as error:
        if error.file:
            raise
        if lab and error.path == ("name",):  # no file says it
            raise ScenarioError(error.what, file="--lab") from None
        raise ScenarioError(error.what, error.path, file=name, line=line_of(key_lines(text), error.path)) from None


__all__ = ["EXPERIMENTS", "Experiment", "Simulation", "Step", "Stream", "names", "read"]

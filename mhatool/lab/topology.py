"""What a topology says: these dataclasses' fields are the keys of its TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from mhatool.lab.toml import written as written_toml
from mhatool.network.scenario.convert import dataclass_of
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.lines import key_lines, line_of

BUILT_IN: Final = Path(__file__).parent / "topologies"
#: A table of a TOML document.
Table = Mapping[str, Any]
LONGEST_NAME: Final = 8
"""Of links and nodes: names of devices are made of them, and Linux allows 15 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabInterface:
    """A node's interface: on which link, its own link-layer address, its addresses (`ADDRESS/LENGTH`)."""

    link: str
    link_address: bytes = b""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRoute:
    """A route of a node: where to, by which neighbour."""

    prefix: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRouting:
    """BIRD on a router: RIPng on the interfaces `speaks`, which tells of the networks of those and of `stubs`.

    `advertises` are interfaces with router advertisements. `bfd`: a neighbour that is silent for 150 ms is gone.
    `metric` is that of its own networks: of two routers to one network the other ones take the one that tells less.
    """

    speaks: tuple[str, ...]
    stubs: tuple[str, ...] = ()
    advertises: tuple[str, ...] = ()
    bfd: bool = False
    metric: int = 1
    update_s: int = 5
    timeout_s: int = 15
    garbage_s: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LabNode:
    """A namespace. `live` is the configuration of the node that runs in it (docs/live.md) without its name.

    `routing` is its routing daemon's. `forwards`: it is a router.
    """

    interfaces: Mapping[str, LabInterface]
    routes: tuple[LabRoute, ...] = ()
    forwards: bool = False
    routing: LabRouting | None = None
    live: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Links and nodes by name."""

    name: str
    title: str
    links: tuple[str, ...]
    nodes: Mapping[str, LabNode]
    written: str = ""
    """The file's text."""

    def __post_init__(self) -> None:
        """ValueError where names don't fit."""
        for name in (self.name, *self.links, *self.nodes):
            if not 0 < len(name) <= LONGEST_NAME or not name.isalnum():
                raise ValueError(f"{name!r}: a name is 1 to {LONGEST_NAME} letters and digits")
        for node, plan in self.nodes.items():
            for name, interface in plan.interfaces.items():
                if interface.link not in self.links:
                    raise ValueError(f"nodes.{node}.interfaces.{name}: there is no link {interface.link!r}")


def names() -> list[str]:
    """The built-in topologies."""
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def load(name: str) -> Topology:
    """A built-in topology, or that of a file. ScenarioError where it can't be deployed.

    One that `extends` a built-in topology has its links and nodes, too, and what it says itself.
    """
    text = text_of(name, BUILT_IN, "topology")
    try:
        table = tomllib.loads(text)
        base = table.pop("extends", None)
        if base is None:
            return _made(table, text)
        table = merged(tomllib.loads(load(_built_in(base)).written), table)
        return _made(table, written_toml(table))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"no TOML: {error}", file=name) from None
    except ScenarioError as error:
        raise ScenarioError(error.what, error.path, file=name, line=line_of(key_lines(text), error.path)) from None


def changed(topology: Topology, name: str, *, live: Table, routing: Table, nodes: Table) -> Topology:
    """The same under another name; `live` and `routing` go into each node that has such a table, `nodes` into theirs.

    ScenarioError where that can't be.
    """
    table = tomllib.loads(topology.written)
    for node in table["nodes"].values():
        for key, changes in (("live", live), ("routing", routing)):
            if key in node:
                node[key] = merged(node[key], changes)
    table["nodes"] = merged(table["nodes"], nodes)
    table["name"] = name or topology.name
    return _made(table, written_toml(table))


def _made(table: Mapping[str, Any], written: str) -> Topology:
    made: Topology = dataclass_of(table, Topology, (), given={"written": written})
    return made


def _built_in(name: Any) -> str:
    if name not in names():
        raise ScenarioError(f"{name!r} is none of {', '.join(names())}", ("extends",))
    return str(name)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables in each other's place are merged; whatever else `changes` has stands for what `base` has."""
    made = dict(base)
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        made[key] = merged(base[key], value) if both else value
    return made


def text_of(name: str, built_in: Path, kind: str) -> str:
    """The text of a TOML file, or of a built-in one of that name. ScenarioError where there is none."""
    known = sorted(path.stem for path in built_in.glob("*.toml"))
    path = built_in / f"{name}.toml" if name in known else Path(name)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        near = get_close_matches(name, known, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"give a TOML file or one of {', '.join(known)}"
        raise ScenarioError(f"there is no {kind} {name!r}; {remedy}") from None
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise ScenarioError(f"{what}; give a file that you may read", file=name) from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"no TOML: {error}", file=name) from None


__all__ = [
    "BUILT_IN",
    "LabInterface",
    "LabNode",
    "LabRoute",
    "LabRouting",
    "Topology",
    "changed",
    "load",
    "merged",
    "names",
    "text_of",
]

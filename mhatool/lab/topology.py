"""What a topology says: these dataclasses' fields are the keys of its TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path as FilePath
from typing import Any, Final

from dissectors import toml_text
from mhatool.network.scenario.convert import dataclass_of
from mhatool.network.scenario.errors import Path, ScenarioError
from mhatool.network.scenario.lines import key_lines, line_of
from mhatool.protocol.toml import written as written_toml

BUILT_IN: Final = FilePath(__file__).parent / "topologies"
#: A table of a TOML document.
Table = Mapping[str, Any]
LONGEST_NAME: Final = 8
"""Of links and nodes: names of devices are made of them, and Linux allows 15 characters."""
LONGEST_INTERFACE: Final = 15


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
    file: str = ""
    """Where that was read."""

    def __post_init__(self) -> None:
        """ScenarioError where names don't fit, or something is named that isn't there."""
        named: list[tuple[str, Path]] = [(self.name, ("name",))]
        named += [(link, ("links", index)) for index, link in enumerate(self.links)]
        for name, path in (*named, *((node, ("nodes", node)) for node in self.nodes)):
            if not 0 < len(name) <= LONGEST_NAME or not name.isalnum() or not name.isascii():
                raise ScenarioError(f"{name!r}: a name is 1 to {LONGEST_NAME} letters and digits", path)
        for name, node in self.nodes.items():
            _check(node, ("nodes", name), self.links)


def _check(node: LabNode, path: Path, links: tuple[str, ...]) -> None:
    """ScenarioError where a node has no such interfaces, or can't have such routes."""
    for name, interface in node.interfaces.items():
        _check_interface(name, interface, (*path, "interfaces", name), links)
    for index, route in enumerate(node.routes):
        if route.prefix != "default":
            _check_address(route.prefix, IPv6Network, "as 2001:db8::/32", (*path, "routes", index, "prefix"))
        _check_address(route.via, IPv6Address, "a neighbour's", (*path, "routes", index, "via"))
    routing = node.routing
    for key in ("speaks", "stubs", "advertises") if routing is not None else ():
        for index, name in enumerate(getattr(routing, key)):
            if name not in node.interfaces:
                what = f"there is no interface {name!r}; there are {', '.join(node.interfaces) or 'none'}"
                raise ScenarioError(what, (*path, "routing", key, index))


def _check_interface(name: str, interface: LabInterface, path: Path, links: tuple[str, ...]) -> None:
    if not 0 < len(name) <= LONGEST_INTERFACE or set(name) & set("/: \t\n") or name in {".", "..", "lo"}:
        raise ScenarioError(f"an interface's name has 1 to {LONGEST_INTERFACE} characters, no / : or blank", path)
    if interface.link not in links:
        raise ScenarioError(f"there is no link {interface.link!r}; there are {', '.join(links)}", (*path, "link"))
    if len(interface.link_address) not in {0, 6}:
        raise ScenarioError("six octets are needed, as 02:00:00:00:00:01", (*path, "link_address"))
    for index, address in enumerate(interface.addresses):
        _check_address(address, IPv6Interface, "as 2001:db8::1/64", (*path, "addresses", index))


def _check_address(written: str, kind: Callable[[str], object], like: str, path: Path) -> None:
    try:
        kind(written)
    except ValueError:
        raise ScenarioError(f"{written!r}: an IPv6 address is needed, {like}", path) from None


def names() -> list[str]:
    """The built-in topologies."""
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def load(name: str) -> Topology:
    """A built-in topology, or that of a file. ScenarioError where it can't be deployed.

    One that `extends` a built-in topology has its links and nodes, too, and what it says itself.
    """
    text = text_of(name, BUILT_IN, "topology")
    try:
        table = toml_text.read(text)
        base = table.pop("extends", None)
        if base is None:
            return replace(_made(table, text), file=name)
        table = merged(tomllib.loads(load(_built_in(base)).written), table)
        return replace(_made(table, written_toml(table)), file=name)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"no TOML: {error}", file=name) from None
    except ScenarioError as error:
        raise _placed(error, name, text) from None


def placed(topology: Topology, error: ScenarioError) -> ScenarioError:
    """The error, with the file and line of the topology where its key stands, if it was read from one."""
    if not topology.file:
        return error
    return _placed(error, topology.file, text_of(topology.file, BUILT_IN, "topology"))


def _placed(error: ScenarioError, name: str, text: str) -> ScenarioError:
    return ScenarioError(error.what, error.path, file=name, line=line_of(key_lines(text), error.path))


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
    made: Topology = dataclass_of(table, Topology, (), given={"written": written, "file": ""})
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


def text_of(name: str, built_in: FilePath, kind: str) -> str:
    """The text of a TOML file, or of a built-in one of that name. ScenarioError where there is none."""
    known = sorted(path.stem for path in built_in.glob("*.toml"))
    path = built_in / f"{name}.toml" if name in known else FilePath(name)
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
    "placed",
    "text_of",
]

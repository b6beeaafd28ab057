"""What a topology says: these dataclasses' fields are the keys of its TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from mhatool.network.scenario.convert import dataclass_of
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.lines import key_lines, line_of

BUILT_IN: Final = Path(__file__).parent / "topologies"
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
    """

    speaks: tuple[str, ...]
    stubs: tuple[str, ...] = ()
    advertises: tuple[str, ...] = ()
    bfd: bool = False
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
    """A built-in topology, or that of a file. ScenarioError where it can't be deployed."""
    path = BUILT_IN / f"{name}.toml" if name in names() else Path(name)
    try:
        written = path.read_text("utf-8")
        topology: Topology = dataclass_of(tomllib.loads(written), Topology, (), given={"written": written})
    except FileNotFoundError:
        near = get_close_matches(name, names(), n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"give a TOML file or one of {', '.join(names())}"
        raise ScenarioError(f"there is no topology {name!r}; {remedy}") from None
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise ScenarioError(f"{what}; give a file that you may read", file=name) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"no TOML: {error}", file=name) from None
    except ScenarioError as error:
        raise ScenarioError(error.what, error.path, file=name, line=line_of(key_lines(written), error.path)) from None
    return topology


__all__ = ["BUILT_IN", "LabInterface", "LabNode", "LabRoute", "LabRouting", "Topology", "load", "names"]

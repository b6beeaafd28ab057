"""What a scenario says: these dataclasses' fields are its keys.

Times: `_s` are seconds; an `Instant` is a number of seconds from the start, or a date and time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dissectors.profile import Profile
from mhatool.engine.constants import Constants
from mhatool.network.scenario.convert import Instant
from mhatool.network.scenario.plan_attacks import ForgeryPlan, ReplayPlan
from mhatool.network.scenario.plan_expectations import ExpectationPlan
from mhatool.network.scenario.plan_failures import FailurePlan

START = Instant(0.0)
"""The run's beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPlan:
    """A link: `loss`, `duplication` and `reordering` are shares of its frames, from 0 to 1."""

    delay_ms: float = 1.0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    held_back_ms: float = 10.0
    mtu: int = 1500

    def __post_init__(self) -> None:
        """ValueError where a field can't be."""
        for name in ("loss", "duplication", "reordering"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} = {getattr(self, name)}: a share from 0 to 1 is needed")
        if self.delay_ms < 0 or self.held_back_ms < 0:
            raise ValueError("a delay can't be negative")
        if not 1280 <= self.mtu <= 65_535:
            raise ValueError(f"mtu = {self.mtu}: IPv6 needs 1280 to 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfacePlan:
    """An interface. `link` is where it is attached at first ("" for nowhere), `link_address` its own.

    `addresses` are written `ADDRESS/LENGTH`; a link-local one replaces that of EUI-64.
    """

    link_address: bytes
    link: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlan:
    """A route, `PREFIX/LENGTH` by an interface and a neighbour on it."""

    prefix: str
    interface: str
    via: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """A machine and the nodes on it: a table named after its role holds the configuration of each.

    A machine without a role is a host. `copies` makes so many of a mobile node, NAME0 and so on, each with the next
    home address and the next link-layer address. `clock_offset_s` is how far its clock is ahead.
    """

    interfaces: Mapping[str, InterfacePlan]
    routes: tuple[RoutePlan, ...] = ()
    forwards: bool | None = None
    profile: Profile | None = None
    constants: Constants | None = None
    clock_offset_s: float = 0.0
    starts: Instant = START
    copies: int = 1
    mobile_node: Mapping[str, Any] | None = None
    home_agent: Mapping[str, Any] | None = None
    correspondent: Mapping[str, Any] | None = None
    router: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesPlan:
    """How a node is called: the same keys as in a file of names. `host` is its name in its log, `interface` and
    `interface_index` what its kernel calls the interface in question."""

    addresses: tuple[str, ...] = ()
    host: str = ""
    interface: str = ""
    interface_index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan:
    """An interface goes to another link ("": to none) at an instant; or along `links` in turn, `every_s` seconds.

    `node` may name a node with copies: they move one after another, evenly spread over `spread_s`. `silent`: the node
    isn't told that the link changed.
    """

    node: str
    at: Instant
    interface: str = ""
    link: str | None = None
    links: tuple[str, ...] | None = None
    every_s: float | None = None
    spread_s: float = 0.0
    silent: bool = False

    def __post_init__(self) -> None:
        """ValueError where its keys contradict each other."""
        if self.link is not None and self.links is not None:
            raise ValueError("give either link or links")
        if self.links is not None and not self.links:
            raise ValueError("links = []: give one at least, or link")
        if self.links is not None and self.every_s is None:
            raise ValueError("several links need a time between them: give every_s")
        if self.links is None and self.every_s is not None:
            raise ValueError(f"every_s = {self.every_s:g}: that is for links in turn, and there are none")

    @property
    def stations(self) -> tuple[str, ...]:
        """The links to which it goes, the first one at the head; "" is none."""
        return self.links if self.links is not None else (self.link or "",)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPlanTable:
    """Traffic from a node to a node: `rate` datagrams a second of `size` octets of UDP payload."""

    name: str
    sender: str
    receiver: str
    source: bytes
    destination: bytes
    rate: float = 10.0
    size: int = 64
    start: Instant = START
    stop: Instant | None = None

    def __post_init__(self) -> None:
        """ValueError where a field can't be."""
        if not 0 < self.rate <= 1_000_000:
            raise ValueError(f"rate = {self.rate}: more than 0 and at most 1,000,000 a second")
        if not 16 <= self.size <= 65_000:
            raise ValueError(f"size = {self.size}: 16 to 65,000 octets hold number and time")


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPlan:
    """Frames that a link loses for sure: the `first` ones that hold this message, to this destination if one is given.

    `message` is a layer's type as in records: `binding_update`. With `each_destination` the count is for each one.
    """

    link: str
    message: str
    destination: bytes | None = None
    first: int = 1
    each_destination: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePlan:
    """What is captured when nobody asks for another vantage point: links by default, or nodes' interfaces."""

    links: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole scenario. `names` says how nodes are called by those who render what happened (`mhatool timeline`)."""

    title: str
    duration_s: float
    start: datetime
    links: Mapping[str, LinkPlan]
    nodes: Mapping[str, NodePlan]
    description: str = ""
    profile: Profile
    constants: Constants
    seed: int = 1
    names: Mapping[str, NamesPlan] | None = None
    moves: tuple[MovePlan, ...] = ()
    flows: tuple[FlowPlanTable, ...] = ()
    losses: tuple[LossPlan, ...] = ()
    failures: tuple[FailurePlan, ...] = ()
    forgeries: tuple[ForgeryPlan, ...] = ()
    replays: tuple[ReplayPlan, ...] = ()
    expectations: tuple[ExpectationPlan, ...] = ()
    capture: CapturePlan = CapturePlan()


__all__ = [
    "CapturePlan",
    "FlowPlanTable",
    "InterfacePlan",
    "LinkPlan",
    "LossPlan",
    "MovePlan",
    "NamesPlan",
    "NodePlan",
    "RoutePlan",
    "Scenario",
]

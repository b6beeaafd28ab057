"""The network that a seed draws: who is there, and how they are linked."""

from __future__ import annotations

from dataclasses import dataclass

from mhatool.search.dice import Dice

ROUTERS, ONE_ARMED = "routers", "one-armed"
"""Home agents are the next hops to the home link, as in the paper; or hosts there, beside a home router."""
HOME, CORE, PEERS = "home", "core", "peers"
MOST_AGENTS, MOST_MOBILE_NODES, MOST_CORRESPONDENTS, MOST_FOREIGN = 4, 5, 2, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Who is there. `wants` is how many home agents each mobile node asks for, `optimises` whether each correspondent
    takes part in route optimisation. `protected`: mobile nodes and agents share keys. `agent_lifetime_s` is for how
    long an agent's advertisement holds. `squats`: a host on the home link has the first mobile node's home address."""

    topology: str
    agents: int
    foreign: int
    wants: tuple[int, ...]
    optimises: tuple[bool, ...]
    protected: bool
    agent_lifetime_s: int
    squats: bool = False

    @property
    def mobile_nodes(self) -> int:
        """How many there are."""
        return len(self.wants)

    @property
    def correspondents(self) -> int:
        """How many there are."""
        return len(self.optimises)

    # --- names ---

    @property
    def agent_names(self) -> tuple[str, ...]:
        """Of the home agents."""
        return tuple(f"ha{number}" for number in range(1, self.agents + 1))

    @property
    def mobile_names(self) -> tuple[str, ...]:
        """Of the mobile nodes."""
        return tuple(f"mn{number}" for number in range(1, self.mobile_nodes + 1))

    @property
    def correspondent_names(self) -> tuple[str, ...]:
        """Of the correspondents."""
        return tuple(f"cn{number}" for number in range(1, self.correspondents + 1))

    @property
    def foreign_links(self) -> tuple[str, ...]:
        """Where mobile nodes may be, other than at home."""
        return tuple(f"foreign{number}" for number in range(1, self.foreign + 1))

    @property
    def links(self) -> tuple[str, ...]:
        """All of them."""
        return (HOME, *self.foreign_links, CORE, PEERS)

    def __str__(self) -> str:
        keys = "with keys" if self.protected else "without keys"
        host = ", a host with the address of mn1" if self.squats else ""
        return (
            f"{self.topology}, {self.agents} home agents, {self.mobile_nodes} mobile nodes that want "
            f"{', '.join(map(str, self.wants))}, {self.correspondents} correspondents, {keys}{host}"
        )


def draw_shape(dice: Dice) -> Shape:
    """A network of at most four home agents, five mobile nodes and two correspondents; small ones are likelier."""
    agents = dice.count(1, MOST_AGENTS)
    nodes = min(dice.count(1, MOST_MOBILE_NODES), dice.count(1, MOST_MOBILE_NODES))
    return Shape(
        topology=dice.one_of((ROUTERS, ONE_ARMED)),
        agents=agents,
        foreign=dice.count(1, MOST_FOREIGN),
        wants=tuple(dice.count(1, 3) for _ in range(nodes)),
        optimises=tuple(dice.happens(0.7) for _ in range(dice.count(0, MOST_CORRESPONDENTS))),
        protected=dice.happens(0.5),
        agent_lifetime_s=dice.one_of((12, 1800)),
        squats=dice.happens(0.08),
    )


# --- addresses ---


def agent_address(number: int) -> str:
    """A home agent's; they are numbered from 1."""
    return f"2001:db8:2::{number:x}"


def home_address(number: int) -> str:
    """A mobile node's, by its interface identifier."""
    return f"2001:db8:2:0:0:5eff:fe10:{number:x}"


def care_of_address(number: int, foreign: int) -> str:
    """The one that a mobile node forms on a foreign link."""
    return f"2001:db8:{_FOREIGN[foreign - 1]}:0:0:5eff:fe10:{number:x}"


def foreign_prefix(foreign: int) -> str:
    """A foreign link's, without its length."""
    return f"2001:db8:{_FOREIGN[foreign - 1]}::"


def correspondent_address(number: int) -> str:
    """A correspondent's."""
    return f"2001:db8:c::{0xA - 1 + number:x}"


STRANGER = "2001:db8:c::66"
"""The address of one who means harm, on the correspondents' link."""
_FOREIGN = ("1", "3")

__all__ = [
    "CORE",
    "HOME",
    "ONE_ARMED",
    "PEERS",
    "ROUTERS",
    "STRANGER",
    "Shape",
    "agent_address",
    "care_of_address",
    "correspondent_address",
    "draw_shape",
    "foreign_prefix",
    "home_address",
]

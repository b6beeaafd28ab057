"""What the nodes of a network hold at an instant, as invariants ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from mhatool.engine.correspondent import Correspondent
from mhatool.engine.home_agent import HomeAgent
from mhatool.engine.mobile_node import MobileNode
from mhatool.network.machine import Machine
from mhatool.network.network import Network
from mhatool.search.shape import HOME

N = TypeVar("N")


class Tables:
    """The network's nodes that run, by their roles.

    `forgetful` are the machines that were started anew; `is_spoilt`: links doubled packets or held them back.
    """

    def __init__(self, network: Network, forgetful: frozenset[str] = frozenset(), *, is_spoilt: bool = False) -> None:
        self.network = network
        self.forgetful = forgetful
        self.is_spoilt = is_spoilt
        self.now = network.agenda.now
        self.agents = [(machine, node) for machine, node in self._nodes(HomeAgent) if _is_in_service(machine, node)]
        """Home agents that serve: on the home link, and not leaving."""
        self.correspondents = list(self._nodes(Correspondent))
        self.mobile_nodes = [(machine, node) for machine, node in self._nodes(MobileNode) if not node.is_leaving]
        self.taken = [a for m in network.machines.values() if not m.seats and _link(m) == HOME for a in m.addresses]
        """The addresses of hosts on the home link."""

    def _nodes(self, kind: type[N]) -> Iterator[tuple[Machine, N]]:
        for machine in self.network.machines.values():
            for seat in machine.seats if machine.running else ():
                if isinstance(seat.node, kind):
                    yield machine, seat.node

    @property
    def abroad(self) -> list[tuple[Machine, MobileNode]]:
        """Mobile nodes on a foreign link."""
        return [(machine, node) for machine, node in self.mobile_nodes if _link(machine) not in (HOME, "")]

    @property
    def at_home(self) -> list[tuple[Machine, MobileNode]]:
        """Mobile nodes on the home link."""
        return [(machine, node) for machine, node in self.mobile_nodes if _link(machine) == HOME]

    def agent(self, address: bytes) -> HomeAgent | None:
        """The one in service with this address."""
        return next((agent for _, agent in self.agents if address in agent.configuration.addresses), None)

    def name(self, home_address: bytes) -> str:
        """What the mobile node with a home address is called."""
        for machine, node in self.mobile_nodes:
            if node.configuration.home_address == home_address:
                return machine.name
        return home_address.hex()


def _link(machine: Machine) -> str:
    link = next(iter(machine.interfaces.values())).link
    return link.name if link is not None else ""


def _is_in_service(machine: Machine, agent: HomeAgent) -> bool:
    link = machine.interfaces[agent.configuration.interface].link
    return link is not None and link.name == HOME and not agent.failover.has_left


__all__ = ["Tables"]

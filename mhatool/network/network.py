"""A network: its links, machines and flows, on one clock and from one seed."""

from __future__ import annotations

from collections.abc import Callable

from dissectors.profile import RFC6275, Profile
from mhatool.engine.events import Event
from mhatool.network.agenda import Agenda
from mhatool.network.chance import Chance
from mhatool.network.link import Link, Quality
from mhatool.network.machine import Machine
from mhatool.network.traffic import FIRST_PORT, Flow, FlowPlan


class Network:
    """Links and machines by name. `listeners` hear every event, in the order in which it happens."""

    def __init__(self, *, seed: int = 0, start_ns: int = 0) -> None:
        self.agenda = Agenda(start_ns)
        self.chance = Chance(seed)
        self.links: dict[str, Link] = {}
        self.machines: dict[str, Machine] = {}
        self.flows: dict[str, Flow] = {}
        self.listeners: list[Callable[[Event], None]] = []

    def tell(self, event: Event) -> None:
        """Something happened."""
        for listener in self.listeners:
            listener(event)

    def add_link(self, name: str, quality: Quality | None = None) -> Link:
        """A new link, with a stream of chance of its own."""
        stream = self.chance.stream(f"link {name}")
        link = self.links[name] = Link(name, self.agenda, stream, self.tell, quality or Quality())
        return link

    def add_machine(self, name: str, profile: Profile = RFC6275, *, forwards: bool = False) -> Machine:
        """A new machine, which is down until it is started."""
        machine = self.machines[name] = Machine(name, self.agenda, self.tell, profile, forwards=forwards)
        return machine

    def add_flow(self, plan: FlowPlan, sender: str, receiver: str) -> Flow:
        """Traffic from one machine to another. ValueError where a flow has that name already."""
        if plan.name in self.flows:
            raise ValueError(f"there is a flow {plan.name!r} already")
        port = FIRST_PORT + len(self.flows)
        flow = self.flows[plan.name] = Flow(plan, self.machines[sender], self.machines[receiver], port)
        return flow

    def run(self, until_ns: int) -> None:
        """Let happen what happens until this instant."""
        self.agenda.run(until_ns)

    @property
    def carried(self) -> int:
        """Frames that links have carried so far."""
        return sum(link.carried for link in self.links.values())


__all__ = ["Network"]

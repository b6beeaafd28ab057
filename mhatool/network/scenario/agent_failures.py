"""The failures of home agents, one after another, and what followed each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mhatool.engine.events import Event, MessageReceived, MessageSent, UpdateListEntry
from mhatool.engine.link_events import Attached, MachineFailed
from mhatool.engine.mobile_node import MobileNodeConfiguration
from mhatool.engine.nd_events import LocationChanged
from mhatool.network.network import Network
from mhatool.network.scenario.alarm import ALARM, named_in
from mhatool.network.scenario.crowd_recovery import CrowdRecovery
from mhatool.network.scenario.failing_agent import FailingAgent

_REGISTERED = ("BOUND", "WAITAR")
"""States of an entry whose binding holds; in the second one a newer Binding Update waits for its answer."""


class AgentFailures:
    """Hears a run in which these home agents fail, perhaps several of them, perhaps more than once.

    `mobile_nodes` are those that there are, by name. A failure begins where the agent was up: one that crashes while it
    hangs has failed already, and a restart ends that. An agent that is down counts for no mobile node, whichever of
    the failures that one gets over.
    """

    def __init__(self, agents: Iterable[FailingAgent], mobile_nodes: Mapping[str, MobileNodeConfiguration]) -> None:
        self._agents = {agent.address: agent for agent in agents}
        self._by_node = {agent.node: agent for agent in self._agents.values()}
        self._mobile_nodes = mobile_nodes
        self.recoveries: list[CrowdRecovery] = []
        """What followed each failure, the first one at the head."""
        self._latest: dict[bytes, CrowdRecovery] = {}
        """That of each agent's last failure, by the agent's address."""
        self._others: defaultdict[str, set[bytes]] = defaultdict(set)
        """With which agents that never fail each mobile node is registered."""
        self._by_class: Mapping[type[Event], Callable[[Any], None]] = {
            UpdateListEntry: self._entry,
            LocationChanged: self._moved,
            MachineFailed: self._fails,
            Attached: self._attached,
            MessageSent: self._sent,
            MessageReceived: self._received,
        }

    def watch(self, network: Network) -> None:
        """Hear what its nodes tell, and count what its links carry."""
        network.listeners.append(self.hear)
        for link in network.links.values():
            link.taps.append(self._counter(link.name))

    def _counter(self, link: str) -> Callable[[int, bytes, str | None], None]:
        def count(_now: int, frame: bytes, _comment: str | None) -> None:
            for recovery in self._latest.values():
                recovery.carries(link, frame)

        return count

    def hear(self, event: Event) -> None:
        """Something happened."""
        handler = self._by_class.get(type(event))
        if handler is not None:
            handler(event)

    def _fails(self, event: MachineFailed) -> None:
        agent = self._by_node.get(event.node)
        if agent is None:
            return
        if event.how != "resume":
            self._begin(agent, event.how, event.time_ns)
        agent.fails(event.how)
        self._may_be_back(agent, event.time_ns)

    def _attached(self, event: Attached) -> None:
        agent = self._by_node.get(event.node)
        if agent is None or event.interface != agent.interface:
            return
        if not event.link:
            self._begin(agent, f"{event.interface} down", event.time_ns)
        agent.attached(event.link)
        self._may_be_back(agent, event.time_ns)

    def _may_be_back(self, agent: FailingAgent, now: int) -> None:
        """Where it is, who has a binding there is registered with it."""
        for name in agent.holds if agent.is_up else ():
            self._judge(name, now)

    def _begin(self, agent: FailingAgent, how: str, now: int) -> None:
        """A failure, unless it is down already."""
        if not agent.is_up:
            return
        before = self._latest.get(agent.address)
        if before is not None:
            before.failed_again = now
        found = CrowdRecovery(agent.node, how, now, sorted(agent.registered))
        self._latest[agent.address] = found
        self.recoveries.append(found)

    def _sent(self, event: MessageSent) -> None:
        for recovery in self._latest.values():
            recovery.sends(event.message, event.frame)

    def _received(self, event: MessageReceived) -> None:
        node = self._mobile_nodes.get(event.node)
        if node is None or event.message != ALARM or not self._latest:
            return
        for address in named_in(event, node.profile):
            if address in self._latest:
                self._latest[address].is_told(event.node, event.time_ns)

    def _moved(self, event: LocationChanged) -> None:
        if event.location == "home":
            for recovery in self._latest.values():
                recovery.goes_home(event.node)

    def _entry(self, event: UpdateListEntry) -> None:
        if not event.home_registration:
            return
        is_registered = not event.gone and event.state in _REGISTERED
        agent = self._agents.get(event.peer)
        if agent is not None:
            agent.entry(event, is_registered=is_registered)
        elif is_registered:
            self._others[event.node].add(event.peer)
        else:
            self._others[event.node].discard(event.peer)
        self._judge(event.node, event.time_ns)

    def _judge(self, name: str, now: int) -> None:
        """Whether a mobile node is registered with as many agents that are up as it wants."""
        if not self._latest:
            return
        serving = sum(agent.serves(name) for agent in self._agents.values())
        if len(self._others[name]) + serving >= self._mobile_nodes[name].home_agents:
            for recovery in self._latest.values():
                recovery.has_all(name, now)


__all__ = ["AgentFailures"]

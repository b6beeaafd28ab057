"""What a home agent does about the other agents of its mobile nodes: it asks them, takes over, tells, and leaves.

Its parts are the Heartbeats (`heartbeats.py`, `probing.py`), who answers for home addresses (`take_over.py`), and the
messages to mobile nodes (`alarms.py`). This one tells them what happened to bindings and to the agent itself.
"""

from __future__ import annotations

from mhatool.engine.constants import Constants
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.alarms import Alarms
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.heartbeats import Heartbeats
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.peer import Peer, PeerInput, PeerState
from mhatool.engine.home_agent.peers import Peers
from mhatool.engine.home_agent.probing import HASTE_S
from mhatool.engine.home_agent.take_over import TakeOver
from mhatool.engine.node import Output, Randomness
from mhatool.engine.sender import Sender
from mhatool.protocol.lifetime import nanoseconds


class Failover:
    """Home agents that share mobile nodes with this one, and what their failures mean for these."""

    def __init__(
        self,
        configuration: HomeAgentConfiguration,
        agents: HomeAgentsList,
        link: HomeLink,
        defence: Defence,
        sender: Sender,
        output: Output,
        randomness: Randomness,
    ) -> None:
        self._constants: Constants = configuration.constants
        self._agents = agents
        self._defence = defence
        self._randomness = randomness
        self.heartbeats = Heartbeats(configuration, agents, link, self, sender, output, randomness)
        self._peers = self.heartbeats.peers
        self.alarms = Alarms(configuration.constants, self._peers, sender, output)
        self.take_over = TakeOver(configuration.constants, self._peers, defence)
        self._identifier: int | None = None
        self.has_left = False

    @property
    def peers(self) -> Peers:
        """The agents that share mobile nodes with this one."""
        return self._peers

    # --- what happens to bindings ---

    def bound(self, binding: Binding, now: int) -> None:
        """A mobile node has registered."""
        if binding.agents and not self.has_left:
            self.heartbeats.share(binding, binding.agents, now)
            self._judge(binding, now)

    def renewed(self, binding: Binding, listed: tuple[bytes, ...], now: int) -> None:
        """It has registered again; `listed` is the list that it gave before."""
        if self.has_left or not (binding.agents or listed):
            return
        if binding.agents != listed:
            self._relist(binding, listed, now)
        self.alarms.answered(binding, now)
        for peer in self._peers.of(binding):
            self._holds_again(peer, binding, now)
        self._judge(binding, now)
        self._insist(binding, now)

    def gone(self, binding: Binding, now: int) -> None:
        """It has deregistered, or its binding's lifetime is over."""
        if binding.agents:
            self.heartbeats.part(binding, binding.agents, now)
            self.alarms.drop(binding, now)
            self.take_over.drop(binding)

    def _relist(self, binding: Binding, listed: tuple[bytes, ...], now: int) -> None:
        self.heartbeats.part(binding, tuple(address for address in listed if address not in binding.agents), now)
        self.heartbeats.share(binding, tuple(address for address in binding.agents if address not in listed), now)

    def _judge(self, binding: Binding, now: int) -> None:
        """With a list that names an agent which is lost already, the mobile node doesn't know that yet.

        Or it wasn't there to hear so, or asked that agent and was answered: it is told with each of its updates.
        """
        failing, named = self._peers.failing(binding), self.alarms.names(binding)
        if any(address not in named for address in failing):
            self.alarms.begin(binding, self._next_identifier(), now)
            self.take_over.lost(binding, now)
        else:
            self.alarms.review(binding, now)

    def _insist(self, binding: Binding, now: int) -> None:
        """Who answers although an earlier agent lives says so now and then, lest both go on doing so."""
        if binding.agents and binding.agents[0] != binding.agent and self._peers.turn(binding):
            self.take_over.settle(binding, now)

    # --- what is heard on the home link ---

    def heard(self, binding: Binding, link_source: bytes, now: int) -> None:
        """Somebody checked or announced the home address of a binding: one of its agents shows that it has it."""
        address = self._agents.behind(link_source, binding.agents) if len(self._peers) else None
        peer = self._peers.find(binding.agent, address) if address is not None else None
        if peer is None or binding.cloned or self.has_left:
            return
        self._holds_again(peer, binding, now)
        if peer.state is PeerState.UNREACHABLE:
            self.heartbeats.probing.feed(peer, PeerInput.KNOWN, now)
            self._look_again(binding, now)

    def _look_again(self, binding: Binding, now: int) -> None:
        """This agent may have yielded to one that is gone by now: it has so long to answer."""
        if not binding.defends:
            haste_s = min(HASTE_S, self._constants.probe_interval_s)
            rounds = self._constants.probe_failures + 1
            self.take_over.look_again(binding, now + rounds * nanoseconds(haste_s))

    def _holds_again(self, peer: Peer, binding: Binding, now: int) -> None:
        if binding not in peer.lacking:
            return
        del peer.lacking[binding]
        if peer.state is PeerState.EMPTY:
            self.alarms.review(binding, now)
            if not peer.lacking:
                self.heartbeats.probing.feed(peer, PeerInput.RELEARNED, now)

    # --- what becomes of peers ---

    def lost(self, bindings: list[Binding], now: int) -> None:
        """An agent of these bindings' lists can't be relied on for them any more."""
        identifier, size = self._next_identifier(), len(bindings)
        for binding in bindings:
            self.alarms.begin(binding, identifier, now, size)
            self.take_over.lost(binding, now, size)

    def regained(self, bindings: list[Binding], now: int) -> None:
        """It can be relied on again."""
        for binding in bindings:
            self.alarms.review(binding, now)
            self.take_over.settle(binding, now)

    def offers(self, address: bytes) -> bool:
        """Whether mobile nodes that look for home agents shall hear of an agent's address."""
        return self._peers.offers(address)

    def _next_identifier(self) -> int:
        if self._identifier is None:
            self._identifier = self._randomness.getrandbits(16)
        self._identifier = (self._identifier + 1) & 0xFFFF
        return self._identifier

    # --- this agent itself ---

    def link_changed(self, is_up: bool, now: int) -> None:
        """Its interface on the home link went down, or came up: who doesn't hear anybody accuses nobody."""
        probing = self.heartbeats.probing
        if not is_up:
            probing.pause()
            self.alarms.drop_all(now)
            self.take_over.drop_all()
        elif probing.is_paused and not self.has_left:
            probing.go_on(now)
            for peer in self._peers:
                for binding in peer.shared:
                    self.take_over.settle(binding, now)

    def leave(self, now: int) -> None:
        """It leaves: the others shall take over, and mobile nodes find others."""
        self.has_left = True
        self._defence.leave()
        self.alarms.drop_all(now)
        self.take_over.drop_all()
        self.heartbeats.leave(now)

    def next_timer(self) -> int | None:
        """When any part is due."""
        parts = (self.heartbeats.probing, self.alarms, self.take_over)
        timers = (part.next_timer() for part in parts)
        return min((at for at in timers if at is not None), default=None)

    def handle_timer(self, now: int) -> None:
        """Probes first: what they find is told and taken over in the same instant."""
        self.heartbeats.probing.handle_timer(now)
        self.alarms.handle_timer(now)
        self.take_over.handle_timer(now)


__all__ = ["Failover"]

"""Heartbeats between home agents that share mobile nodes: asked, answered, taken (RFC 5847, 3).

An agent that knows no Heartbeats says so by a Binding Error (RFC 6275, 9.2). It lives, then, and is solicited as any
neighbour on the home link (RFC 4861, 7.3): that its machine answers is all that can be known of it.

Only known home agents are answered and asked: a mobile node that lists a stranger can't make this agent talk to it. An
answer is taken for the number that is out, from the address that was asked. That somebody leaves or has restarted is
asked back before it is believed, since anybody could say so in its name.
"""

from __future__ import annotations

from typing import Final

from dissectors.mobility.agent_switch import Heartbeat
from dissectors.options.extensions import RestartCounter
from dissectors.spec import Flags
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.error_reports import UNKNOWN_TYPE
from mhatool.engine.home_agent.acquaintances import Acquaintances
from mhatool.engine.home_agent.agents_list import MOST_AGENTS, HomeAgentsList
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.peer import Peer, PeerInput, PeerState
from mhatool.engine.home_agent.peers import Peers
from mhatool.engine.home_agent.probing import Consequences, Probing
from mhatool.engine.node import Output, Randomness
from mhatool.engine.pacing import TokenBuckets
from mhatool.engine.sender import Sender

_REQUEST, _RESPONSE, _UNSOLICITED = Flags(), Flags("R"), Flags("UR")
_NUMBERS = 1 << 32
ANSWERS_A_SECOND: Final = 100.0
"""To each peer, or four times as many as one of these constants asks, whatever others send in its name."""


class Heartbeats:
    """Asks the peers of this agent, answers them, and knows who is one."""

    def __init__(
        self,
        configuration: HomeAgentConfiguration,
        agents: HomeAgentsList,
        link: HomeLink,
        consequences: Consequences,
        sender: Sender,
        output: Output,
        randomness: Randomness,
    ) -> None:
        self._addresses = tuple(dict.fromkeys(configuration.addresses))
        self._configured = tuple(dict.fromkeys(configuration.peers))
        self._introduced: dict[bytes, None] = {}
        self._counter = configuration.restart_counter
        self._is_active = configuration.constants.probe_failures > 0
        self._was_there = self._is_active and configuration.restart_counter > 0
        self._introduces = self._was_there and not configuration.keeps_bindings
        self._agents = agents
        self._link = link
        self._sender = sender
        self._randomness = randomness
        constants = configuration.constants
        often = 4 / min(constants.probe_interval_s, constants.probe_idle_s)
        self._pace: TokenBuckets[bytes] = TokenBuckets(max(ANSWERS_A_SECOND, often))
        self._acquaintances = Acquaintances(configuration, agents, self._request, randomness)
        self.peers = Peers(configuration.addresses)
        self.probing = Probing(configuration.constants, self.peers, self, consequences, output)

    # --- who is a peer ---

    def share(self, binding: Binding, addresses: tuple[bytes, ...], now: int) -> None:
        """A binding lists these: who isn't asked yet is asked from now on, if it is known."""
        if not self._is_active:
            return
        for address in addresses:
            peer = self.peers.share(binding, address)
            if peer is not None and peer.state is PeerState.UNKNOWN and self._is_known(address):
                self.probing.feed(peer, PeerInput.KNOWN, now)

    def part(self, binding: Binding, addresses: tuple[bytes, ...], now: int) -> None:
        """It lists these no more."""
        for address in addresses:
            peer = self.peers.part(binding, address)
            if peer is None:
                continue
            if not peer.shared:
                peer.resigned |= not self._is_known(address)  # nothing would end the asking of one that stays silent
                self.probing.feed(peer, PeerInput.UNSHARED, now)
            elif peer.state is PeerState.EMPTY and not peer.lacking:
                self.probing.feed(peer, PeerInput.RELEARNED, now)

    def learned(self, address: bytes, now: int) -> None:
        """A home agent advertises this address that did not before."""
        self._introduce(address, now)
        for peer in self.peers.at(address):
            peer.resigned = False
            peer.knows_heartbeats = None  # it may be another one
            self.probing.feed(peer, PeerInput.KNOWN, now)

    def start(self, now: int) -> None:
        """This agent comes up: those of the configuration are known already."""
        if self._was_there:
            self._acquaintances.begin(now)
        for address in self._configured:
            self._introduce(address, now)
            self._acquaintances.ask(self._addresses[0], address, now)

    def _introduce(self, address: bytes, now: int) -> None:
        """Who has lost its bindings says so to each agent that it gets to know, which may share some with it (3.2)."""
        if not self._introduces or address in self._introduced or len(self._introduced) >= MOST_AGENTS:
            return
        self._introduced[address] = None
        for own in self._addresses:
            self._send(_UNSOLICITED, 0, own, address, now)

    def unlearned(self, address: bytes, now: int) -> None:
        """It does no longer: it leaves, or it can't be heard."""
        for peer in self.peers.at(address):
            peer.resigned = address not in self._configured
            if peer.state is PeerState.UNREACHABLE and not peer.shared:
                self.probing.feed(peer, PeerInput.UNSHARED, now)
            elif peer.resigned and peer.knows_heartbeats is False and peer.state is not PeerState.UNKNOWN:
                self.probing.feed(peer, PeerInput.LEFT, now)  # its machine would answer all the same
            else:
                self.probing.doubt(peer, now)

    def _is_known(self, address: bytes) -> bool:
        return self._agents.knows(address)

    # --- messages ---

    def ask(self, peer: Peer, now: int) -> None:
        """Send a Heartbeat: its number begins at random, and counts up. Who knows none is solicited."""
        peer.solicited = peer.knows_heartbeats is False
        if peer.number is None:
            peer.number = self._randomness.getrandbits(32)
        peer.number = (peer.number + 1) % _NUMBERS
        self.repeat(peer, now)

    def repeat(self, peer: Peer, now: int) -> None:
        """Send it again."""
        assert peer.number is not None  # it was sent before
        if peer.solicited:
            listed = self._agents.find(peer.address)
            self._link.probe(peer.own, peer.address, listed.link_address if listed is not None else None, now)
            return
        self._request(peer.number, peer.own, peer.address, now)

    def _request(self, number: int, own: bytes, address: bytes, now: int) -> None:
        message = Heartbeat(flags=_REQUEST, sequence_number=number, options=())
        self._sender.send(message, own, address, now)

    def receive(self, arrival: Arrival) -> Drop | None:
        """A Heartbeat came."""
        message: Heartbeat = arrival.message
        if arrival.destination not in self._addresses:
            return Drop(DropReason.NOT_FOR_US, "none of the home agent's addresses")
        if arrival.home_address is not None or arrival.through is not None:
            return Drop(DropReason.HOME_ADDRESS, "home agents aren't away from home, nor behind a tunnel")
        if message.flags == _REQUEST:
            return self._answer(arrival)
        if message.flags == _RESPONSE:
            return self._take(arrival)
        if message.flags == _UNSOLICITED:
            return self._hear_news(arrival)
        return Drop(DropReason.CODE, "unsolicited, and no response (RFC 5847, 3.3)")

    def _answer(self, arrival: Arrival) -> Drop | None:
        """A request of a known agent: the same number, and this agent's restart counter (RFC 5847, 3.3 and 3.4)."""
        peer = self.peers.find(arrival.destination, arrival.source)
        is_peer = peer is not None and peer.state is not PeerState.UNKNOWN
        is_known = is_peer or self._is_known(arrival.source) or self._acquaintances.may_be_one(arrival)
        if not is_known:
            return Drop(DropReason.NOT_LISTED, "a Heartbeat from no home agent that is known here")
        if not self._pace.take(arrival.source, arrival.now):
            return Drop(DropReason.RATE_LIMIT, "too many Heartbeats a second in its name")
        self._send(_RESPONSE, arrival.message.sequence_number, arrival.destination, arrival.source, arrival.now)
        self._acquaintances.ask(arrival.destination, arrival.source, arrival.now)
        if peer is not None and peer.knows_heartbeats is False:
            peer.knows_heartbeats = None
        if peer is not None and peer.state is PeerState.UNREACHABLE:
            peer.resigned = False
            self.probing.feed(peer, PeerInput.KNOWN, arrival.now)
        return None

    def _take(self, arrival: Arrival) -> Drop | None:
        if self._acquaintances.take(arrival):
            return None
        peer = self.peers.find(arrival.destination, arrival.source)
        if peer is None or not peer.out or peer.number != arrival.message.sequence_number:
            return Drop(DropReason.NOT_ASKED, "an answer to no Heartbeat that is out")
        peer.knows_heartbeats = True
        self.probing.answered(peer, _counter(arrival.message), arrival.now)
        return None

    def hear_error(self, arrival: Arrival) -> Drop | None:
        """A Binding Error: a peer that is asked knows no Heartbeats (status 2). Who has answered one knows them."""
        if arrival.message.status != UNKNOWN_TYPE:
            return Drop(DropReason.NOT_OUR_ROLE, f"a Binding Error with status {arrival.message.status}")
        peer = self.peers.find(arrival.destination, arrival.source)
        if peer is None or not peer.out or peer.solicited or arrival.through is not None:
            return Drop(DropReason.NOT_ASKED, "an error about no Heartbeat that is out")
        if peer.knows_heartbeats:
            return Drop(DropReason.NOT_ASKED, "it has answered Heartbeats")
        peer.knows_heartbeats = False
        self.probing.answered(peer, None, arrival.now)
        return None

    def hear_neighbour(self, arrival: Arrival) -> bool:
        """An advertisement: whether it answers the solicitation of a peer that is out."""
        peer = self.peers.find(arrival.destination, arrival.message.target)
        if peer is None or not peer.out or not peer.solicited or "S" not in arrival.message.flags:
            return False
        self.probing.answered(peer, None, arrival.now)
        return True

    def _hear_news(self, arrival: Arrival) -> Drop | None:
        """It says that it has another counter: it has restarted, or leaves."""
        peer = self.peers.find(arrival.destination, arrival.source)
        if peer is None or peer.state is PeerState.UNKNOWN:
            return Drop(DropReason.NOT_LISTED, "news of no peer")
        if _counter(arrival.message) not in (None, peer.counter):
            self.probing.doubt(peer, arrival.now)
        return None

    def leave(self, now: int) -> None:
        """Tell all peers that what this agent holds is theirs from now on: its counter counts on."""
        self._counter += 1
        self._introduces = False
        self.probing.stop()
        for peer in self.peers:
            if peer.state is not PeerState.UNKNOWN and peer.knows_heartbeats is not False:
                self._send(_UNSOLICITED, 0, peer.own, peer.address, now)

    def _send(self, flags: Flags, number: int, source: bytes, destination: bytes, now: int) -> None:
        options = (RestartCounter(restart_counter=self._counter),)
        message = Heartbeat(flags=flags, sequence_number=number, options=options)
        self._sender.send(message, source, destination, now)


def _counter(message: Heartbeat) -> int | None:
    found = [option.restart_counter for option in message.options if isinstance(option, RestartCounter)]
    return found[0] if found else None


__all__ = ["Heartbeats"]

"""A mobile node and two home agents among valid, stale, forged and malformed packets: nobody crashes, or is deceived.

What authentication should refuse is known from outside: which Binding Updates the mobile node sent, and which
acknowledgements the agents did. Every entry of a cache, and every answer that is believed, has to be one of those.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingRefreshRequest, BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress
from dissectors.options.extensions import RestartCounter
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.spec import Flags, Option
from mhatool.engine.actions import SetTunnel
from mhatool.engine.commands import Stop
from mhatool.engine.events import CacheEntry, Event, UpdateListEntry
from mhatool.engine.mobile_node_events import AcknowledgementReceived
from mhatool.protocol import ntp
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    AGENT3,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    PEER,
)
from tests.mhatool.engine.small_world import AGENTS, SPI, Asked, SmallWorld, UnderWay

PREFIXES = (HOME_PREFIX, ABROAD, ELSEWHERE)
STRANGERS_LINK = bytes.fromhex("0200000000ee")
VICTIM = ABROAD[:8] + bytes.fromhex("00000000000000ee")
LISTS = ((), (AGENT1,), (AGENT2,), AGENTS, (AGENT2, AGENT1), (AGENT1, PEER), (VICTIM, AGENT3))
AUTHENTICATION_FAILED = 146
"""The one refusal that can't carry a proof (RFC 4285, 5.1): without one it is believed for its number alone."""
SETTLED_S = 600
"""Longer than a discovery in vain (93 s), the pause after it (60 s), and the longest pause of retransmissions (32 s)
after one another, three times over."""


class WhateverComes(RuleBasedStateMachine):
    """Each step carries, loses, repeats, changes or invents packets, moves the mobile node, or lets time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.world = SmallWorld()
        self.world.moves(ABROAD)
        self.world.waits(5)
        self.entries: dict[bytes, UpdateListEntry] = {}
        self.remotes: tuple[bytes, ...] = ()

    # --- what the network does ---

    @rule()
    def everything_arrives(self) -> None:
        self.world.carries()

    @rule(index=st.integers(0, 7))
    def one_arrives_before_the_others(self, index: int) -> None:
        self._take(index, deliver=True)

    @rule(index=st.integers(0, 7))
    def one_is_lost(self, index: int) -> None:
        self._take(index, deliver=False)

    def _take(self, index: int, *, deliver: bool) -> None:
        world = self.world
        world.collects()
        if not world.under_way:
            return
        each = world.under_way.pop(index % len(world.under_way))
        if deliver:
            world.delivers(each)

    @rule(seconds=st.sampled_from([0.01, 1.0, 3.0, 11.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.waits(seconds)

    @rule(prefix=st.sampled_from([*PREFIXES, ABROAD, None]))
    def the_node_moves(self, prefix: bytes | None) -> None:
        self.world.moves(prefix)
        self.world.waits(1)

    @rule(agent=st.sampled_from(AGENTS))
    def an_agent_is_cut_off_or_comes_back(self, agent: bytes) -> None:
        self.world.cut ^= {agent}

    @rule(agent=st.sampled_from(AGENTS), cut_s=st.sampled_from([2.0, 5.0, 9.0, 80.0]))
    def an_agent_is_cut_off_until_somebody_tells(self, agent: bytes, cut_s: float) -> None:
        """Four probes of 1 s until the other one notices, 3 s until the mobile node's own check ends."""
        self.world.carries()
        self.world.cut.add(agent)
        self.world.waits(cut_s)

    # --- stale ---

    @precondition(lambda self: self.world.sent)
    @rule(index=st.integers(0, 39))
    def an_old_one_comes_again(self, index: int) -> None:
        self.world.delivers(self._old(index))

    @precondition(lambda self: self.world.sent)
    @rule(index=st.integers(0, 39), agent=st.sampled_from(AGENTS))
    def an_old_one_comes_to_another_or_from_another(self, index: int, agent: bytes) -> None:
        """A Binding Update to agent 1 at agent 2, an acknowledgement of agent 1 as if from agent 2."""
        old = self._old(index)
        to_agent = isinstance(old.message, BindingUpdate | Heartbeat)
        if not to_agent and not isinstance(old.message, BindingAcknowledgement | HomeAgentUnreachable):
            return
        source, destination = (old.source, agent) if to_agent else (agent, old.destination)
        octets = self.world.writer.write(
            old.message, source, destination, routed_to=old.routed_to, home_address=old.home_address
        )
        self.world.reaches(octets, destination, STRANGERS_LINK)

    def _old(self, index: int) -> UnderWay:
        return self.world.sent[index % len(self.world.sent)]

    # --- malformed ---

    @precondition(lambda self: self.world.sent)
    @rule(index=st.integers(0, 39), at=st.integers(0, 400), bit=st.integers(0, 7), cut=st.booleans())
    def one_comes_damaged(self, index: int, at: int, bit: int, cut: bool) -> None:
        old = self._old(index)
        octets = bytearray(old.octets)
        octets[at % len(octets)] ^= 1 << bit
        damaged = bytes(octets[: at % len(octets)]) if cut else bytes(octets)
        destination = AGENT1 if old.destination[0] == 0xFF else old.destination
        self.world.reaches(damaged, destination, STRANGERS_LINK)

    # --- forged ---

    def _forged(self, message: object, source: bytes, destination: bytes, **way: bytes | None) -> None:
        octets = self.world.writer.write(message, source, destination, **way)  # type: ignore[arg-type]
        self.world.reaches(octets, destination, STRANGERS_LINK)

    def _proof(self, octet: int) -> tuple[Option, ...]:
        """None, or a wrong one with a time that is right."""
        if octet == 0:
            return ()
        proof = MobilityMessageAuthentication(subtype=1, spi=SPI, authenticator=bytes([octet]) * 12)
        return MessageIdentification(timestamp=ntp.timestamp(self.world.mobile.now)), proof

    @rule(
        agent=st.sampled_from(AGENTS),
        number=st.integers(0, 65535),
        lifetime_s=st.sampled_from([0, 420]),
        listed=st.sampled_from(LISTS),
        octet=st.integers(0, 2),
    )
    def an_update_is_forged(
        self, agent: bytes, number: int, lifetime_s: int, listed: tuple[bytes, ...], octet: int
    ) -> None:
        """To lead the traffic away, or to end the binding; from where the attacker is."""
        options: tuple[Option, ...] = (AlternateCareOfAddress(care_of_address=VICTIM),)
        if listed:
            options += (MultipleHomeAgents(home_agents=listed),)
        message = BindingUpdate(
            sequence_number=number,
            flags=Flags("AHM" if listed else "AH"),
            lifetime_s=lifetime_s,
            options=(*options, *self._proof(octet)),
        )
        self._forged(message, VICTIM, agent, home_address=HOME)

    @rule(
        agent=st.sampled_from((*AGENTS, PEER)),
        status=st.sampled_from([0, 1, 129, 133, 135, 144, 145, AUTHENTICATION_FAILED]),
        index=st.integers(0, 5),
        octet=st.integers(0, 2),
    )
    def an_acknowledgement_is_forged(self, agent: bytes, status: int, index: int, octet: int) -> None:
        """By who saw the numbers that were used last."""
        last = [entry.sequence_number for entry in self.entries.values()] or [0]
        message = BindingAcknowledgement(
            status=status,
            flags=Flags(),
            sequence_number=last[index % len(last)],
            lifetime_s=420 if status < 128 else 0,
            options=self._proof(octet),
        )
        self._forged(message, agent, self.world.care_of, routed_to=HOME)

    @rule(sender=st.sampled_from((*AGENTS, PEER)), named=st.sampled_from(LISTS[1:]), number=st.integers(0, 65535))
    def an_alarm_is_forged(self, sender: bytes, named: tuple[bytes, ...], number: int) -> None:
        message = HomeAgentUnreachable(identifier=number, unreachable=named)
        self._forged(message, sender, self.world.care_of, routed_to=HOME)

    @rule(
        sender=st.sampled_from((*AGENTS, PEER)),
        agent=st.sampled_from(AGENTS),
        flags=st.sampled_from(["", "R", "UR"]),
        counter=st.integers(0, 3),
    )
    def a_heartbeat_is_forged(self, sender: bytes, agent: bytes, flags: str, counter: int) -> None:
        options = (RestartCounter(restart_counter=counter),)
        message = Heartbeat(flags=Flags(flags), sequence_number=counter, options=options)
        self._forged(message, sender, agent)

    @rule(agent=st.sampled_from((*AGENTS, PEER)), kind=st.integers(0, 4))
    def a_complaint_is_forged(self, agent: bytes, kind: int) -> None:
        """Nobody signs complaints: none of them ends a registration."""
        care_of = self.world.care_of
        node = self.world.mobile.node
        before = {entry.peer for entry in node.update_list.home_registrations()}
        if kind == 0:
            self._forged(BindingRefreshRequest(options=()), agent, care_of, routed_to=HOME)
        elif kind < 3:
            self._forged(BindingError(status=kind, home_address=HOME, options=()), agent, care_of)
        elif self.world.sent:
            quoted = self.world.sent[-1].octets
            self._forged(Icmpv6Error(icmp_type=4, code=kind - 3, parameter=6, quoted=quoted), agent, care_of)
        assert before <= {entry.peer for entry in node.update_list.home_registrations()}

    # --- what holds at every step ---

    @invariant()
    def nobody_is_deceived(self) -> None:
        world = self.world
        world.collects()
        told, world.told = world.told, []
        for event in told:
            _CHECKS.get(type(event), _nothing)(self, event)

    def check_cache(self, event: Event) -> None:
        """A binding is what the mobile node asked this agent for."""
        assert isinstance(event, CacheEntry)
        if event.gone:
            return
        asked = Asked(event.address, event.sequence_number, event.care_of_address, is_deletion=False)
        assert event.cloned or asked in self.world.asked

    def check_answer(self, event: Event) -> None:
        """An answer that is believed is one that the agent gave."""
        assert isinstance(event, AcknowledgementReceived)
        given = (event.peer, event.sequence_number, event.status)
        assert given in self.world.answered

    def check_list(self, event: Event) -> None:
        """Nobody but the agents of discovery is registered with."""
        assert isinstance(event, UpdateListEntry)
        assert event.peer in AGENTS
        if event.gone:
            self.entries.pop(event.peer, None)
        else:
            self.entries[event.peer] = event

    @invariant()
    def the_tables_of_the_mobile_node_agree(self) -> None:
        """Round, trials and lost agents are apart; who is in a round has an entry; the tunnel leads to those alone.

        It comes from those too that were given up and may hold a binding yet.
        """
        rounds = self.world.mobile.node._parts.rounds
        choice = rounds._choice
        assert not set(choice.round) & set(choice.trials)
        assert len(set(choice.all)) == len(choice.all)
        assert set(choice.all) <= self.entries.keys()
        assert not set(choice.lost.agents) & self.entries.keys()
        assert {agent for agent in AGENTS if rounds.checks.doubts(agent)} <= set(choice.round)
        for action in self.world.mobile.actions:
            if isinstance(action, SetTunnel):
                self.remotes = action.remotes
        self.world.mobile.actions.clear()
        assert set(self.remotes) <= {*choice.all, *rounds.holders.agents}
        assert set(self.remotes[:1]) <= set(choice.all)

    @invariant()
    def the_tables_of_the_agents_agree(self) -> None:
        for play in self.world.agents.values():
            for binding in play.node.cache:
                assert not binding.defends or binding.holds
            play.actions.clear()

    # --- afterwards ---

    def teardown(self) -> None:
        """Left alone, the node is registered with both agents, and in the end nothing is left."""
        world = self.world
        world.cut.clear()
        if world.link not in (ABROAD, ELSEWHERE):
            world.moves(ABROAD)
        world.waits(SETTLED_S)
        self.nobody_is_deceived()
        self.the_tables_of_the_mobile_node_agree()
        for agent, play in world.agents.items():
            binding = play.node.binding(HOME)
            assert binding is not None, f"{play.node.name} has no binding"
            assert (binding.holds, binding.care_of_address) == (True, world.care_of)
            assert set(binding.agents) == set(AGENTS)
            assert self.entries[agent].state in ("BOUND", "WAITAR")
        assert [play.node.binding(HOME).defends for play in world.agents.values()].count(True) == 1
        world.mobile.is_told(Stop())
        world.waits(500)
        self.nobody_is_deceived()
        assert self.entries == {}
        assert [len(play.node.cache) for play in world.agents.values()] == [0, 0]


def _nothing(machine: WhateverComes, event: Event) -> None:
    """Other events say nothing about it."""


_CHECKS = {
    CacheEntry: WhateverComes.check_cache,
    AcknowledgementReceived: WhateverComes.check_answer,
    UpdateListEntry: WhateverComes.check_list,
}

TestWhateverComes = WhateverComes.TestCase
TestWhateverComes.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

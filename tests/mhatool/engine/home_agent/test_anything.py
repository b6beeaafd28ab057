"""Whatever comes in whatever order: no input that a state has no row for, and nothing left behind in the end."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.actions import JoinGroup, LeaveGroup, SetTunnel
from mhatool.engine.commands import Command, LinkChanged, Stop
from mhatool.engine.events import CacheEntry
from mhatool.engine.home_agent.binding import BindingState
from mhatool.engine.home_agent.peer import PeerState
from mhatool.protocol.neighbourhood import link_local, solicited_node
from tests.mhatool.engine.home_agent.companions import says
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    SECOND_LINK,
    STRANGER_LINK,
    THIRD,
    agent,
    announces,
    asks,
    checks,
    knows_second,
    update,
)

# The last two share a solicited-node group.
HOMES = [PREFIX[:8] + bytes.fromhex(tail) for tail in ("0200000000000001", "0200000000000002", "0300000000000002")]
CARE_OFS = [bytes.fromhex(f"20010db8000{link}00000000000000000009") for link in (2, 3)]
LISTS = [(), (AGENT, SECOND), (SECOND, AGENT), (THIRD, SECOND, AGENT)]
SPEAKERS = [announces, checks, asks]


class Anything(RuleBasedStateMachine):
    """A home agent, three mobile nodes, another agent and a stranger."""

    def __init__(self) -> None:
        super().__init__()
        self.play = agent(update_rate=0.0)
        self.groups: set[bytes] = set()
        self.tunnels: dict[bytes, tuple[bytes, ...]] = {}
        self.entries: dict[bytes, CacheEntry] = {}

    @rule(
        home=st.sampled_from(HOMES),
        care_of=st.sampled_from(CARE_OFS),
        number=st.integers(0, 65535),
        lifetime_s=st.sampled_from([0, 4, 420]),
        link=st.booleans(),
        agents=st.sampled_from(LISTS),
    )
    def hears_an_update(
        self, home: bytes, care_of: bytes, number: int, lifetime_s: int, link: bool, agents: tuple[bytes, ...]
    ) -> None:
        flags = "AH" + ("L" if link else "") + ("M" if agents else "")
        message = update(number, lifetime_s, flags, agents)
        if lifetime_s:
            self.play.hears(message, care_of, AGENT, home_address=home)
        else:
            self.play.hears(message, home, AGENT, link_source=MOBILE_LINK)

    @rule(
        speaks=st.sampled_from(SPEAKERS),
        home=st.sampled_from(HOMES),
        is_link_local=st.booleans(),
        who=st.sampled_from([SECOND_LINK, STRANGER_LINK, MOBILE_LINK]),
    )
    def hears_a_neighbour(self, speaks: Any, home: bytes, is_link_local: bool, who: bytes) -> None:
        target = link_local(home[8:]) if is_link_local else home
        if speaks is announces:
            announces(self.play, who, target)
        else:
            speaks(self.play, target=target, link_source=who)

    @rule(lifetime_s=st.sampled_from([0, 5, 1800]))
    def hears_the_second_agent(self, lifetime_s: int) -> None:
        knows_second(self.play, lifetime_s=lifetime_s)

    @rule(
        flags=st.sampled_from(["", "R", "UR", "U"]),
        source=st.sampled_from([SECOND, THIRD]),
        is_asked=st.booleans(),
        counter=st.sampled_from([None, 0, 1, 2]),
    )
    def hears_a_heartbeat(self, flags: str, source: bytes, is_asked: bool, counter: int | None) -> None:
        peer = self.play.node.failover.heartbeats.peers.find(AGENT, source)
        number = peer.number if is_asked and peer is not None and peer.number is not None else 1
        says(self.play, source, flags, number, counter)

    @rule(
        command=st.sampled_from(
            [
                LinkChanged("home", True),
                LinkChanged("home", False),
            ]
        )
    )
    def is_told(self, command: Command) -> None:
        self.play.is_told(command)

    @rule(chance=st.integers(0, 19))
    def leaves(self, chance: int) -> None:
        """Seldom, since nothing new happens after it."""
        if not chance:
            self.play.is_told(Stop())

    @invariant()
    def peers_share_what_is_held(self) -> None:
        failover = self.play.node.failover
        held = [binding for binding in self.play.node.cache if binding.holds and not binding.cloned]
        for peer in failover.heartbeats.peers:
            assert all(binding in held and peer.address in binding.agents for binding in peer.shared)
            assert peer.lacking.keys() <= peer.shared.keys()
            assert peer.shared or (peer.state is PeerState.UNREACHABLE and not peer.resigned)
        if not failover.has_left:
            for binding in held:
                assert {peer.address for peer in failover.heartbeats.peers.of(binding)} == {*binding.agents} - {AGENT}
        assert len(failover.alarms) <= len(held)

    @rule(seconds=st.sampled_from([0.3, 1.0, 5.0, 500.0]))
    def waits(self, seconds: float) -> None:
        self.play.waits(seconds)

    @invariant()
    def actions_and_events_tell_what_the_cache_holds(self) -> None:
        for action in self.play.actions:
            if isinstance(action, JoinGroup):
                assert action.group not in self.groups
                self.groups.add(action.group)
            elif isinstance(action, LeaveGroup):
                self.groups.remove(action.group)
            elif isinstance(action, SetTunnel):
                self.tunnels[action.home_address] = action.remotes
        for event in self.play.events:
            if isinstance(event, CacheEntry):
                self.entries[event.home_address] = event
        self.play.forgets()
        held = {binding.home_address: binding for binding in self.play.node.cache}
        assert self.groups == {solicited_node(address) for address in held}
        bound = {
            binding.home_address: (binding.care_of_address,)
            for binding in held.values()
            if binding.holds and not binding.cloned
        }
        assert {home: remotes for home, remotes in self.tunnels.items() if remotes} == bound
        told = {home: entry for home, entry in self.entries.items() if not entry.gone}
        assert told.keys() == held.keys()
        for home, entry in told.items():
            binding = held[home]
            assert entry.care_of_address == binding.care_of_address
            assert entry.sequence_number == binding.sequence_number
            assert entry.pending == (binding.state is BindingState.CHECKING)

    @invariant()
    def only_bound_addresses_are_defended(self) -> None:
        for binding in self.play.node.cache:
            assert not binding.defends or binding.holds

    def teardown(self) -> None:
        """All that was granted ends, and nothing is left that would ring."""
        self.play.waits(3600)
        assert len(self.play.node.cache) == 0
        assert self.play.node.next_timer() is None


TestAnything = Anything.TestCase
TestAnything.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_every_acknowledgement_answers_an_update() -> None:
    """A thousand updates by lot: each is answered once, with its own number or, refused as old, the last one's."""
    random, play = Random(5), agent()
    answers = 0
    for _ in range(1000):
        home, number = random.choice(HOMES), random.getrandbits(16)
        play.hears(update(number, random.choice([0, 420])), CARE_OFS[0], AGENT, home_address=home)
        play.waits(1)
        answers += sum(isinstance(sent.message, BindingAcknowledgement) for sent in play._sent)
        play.forgets()
    assert answers == 1000

"""Whatever comes in whatever order: no machine lacks a row for it, and what is promised of every step holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.icmpv6.home_agents import (
    DhaadReply,
    DhaadRequest,
    MobilePrefixAdvertisement,
    MobilePrefixSolicitation,
)
from dissectors.icmpv6.options import PrefixInformation
from dissectors.mobility.binding import BindingError, BindingRefreshRequest, BindingUpdate
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from dissectors.profile import KAME2003, RFC6275, Profile
from dissectors.spec import Flags
from mhatool.engine.actions import AddAddress, End, RemoveAddress, SetTunnel
from mhatool.engine.commands import LinkChanged, Stop
from mhatool.engine.constants import BUILT_IN
from mhatool.engine.events import UpdateListEntry
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    AGENT3,
    CARE_OF,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    LINK,
    Journey,
)
from tests.mhatool.engine.playbook import S, Sent

AGENTS = (AGENT1, AGENT2, AGENT3)
PREFIXES = (HOME_PREFIX, ABROAD, ELSEWHERE)
STATUSES = (0, 1, 128, 130, 133, 134, 135, 136, 138, 144, 145, 146)


class Wanderer(Journey):
    """A node to which one thing after another happens; what it sends is kept, to be answered or not."""

    def __init__(self, profile: Profile, home_agents: int) -> None:
        super().__init__(profile=profile, constants=BUILT_IN[profile.name], home_agents=home_agents)
        self.sent: list[Sent] = []

    def remembers(self) -> None:
        self.sent += self._sent
        self._sent.clear()

    def last(self, cls: type, number: int) -> Sent | None:
        found = [sent for sent in self.sent if isinstance(sent.message, cls)]
        return found[-1 - number % len(found)] if found else None

    def answers_update(self, number: int, choice: int) -> None:
        update = self.last(BindingUpdate, number)
        if update is None:
            return
        status = STATUSES[choice % len(STATUSES)]
        if "H" in update.message.flags:
            self.is_answered(update, status, number=choice if status == 135 else None)
        else:
            self.is_answered_by_correspondent(update, status)

    def answers_home_test(self, number: int, choice: int) -> None:
        asked = self.last(HomeTestInit, number)
        if asked is not None:
            self.hears_home_test(asked, through=AGENTS[choice % 3])

    def answers_care_of_test(self, number: int, choice: int) -> None:
        asked = self.last(CareOfTestInit, number)
        if asked is not None:
            self.hears_care_of_test(asked)

    def answers_discovery(self, number: int, choice: int) -> None:
        asked = self.last(DhaadRequest, number)
        if asked is not None:
            agents = AGENTS[choice % 3 :]
            reply = DhaadReply(identifier=asked.message.identifier, flags=Flags(), home_agents=agents)
            self.hears(reply, AGENT1, asked.arrival.source)

    def complains(self, number: int, choice: int) -> None:
        sent = self.sent[-1 - number % len(self.sent)] if self.sent else None
        if sent is None or sent.arrival.destination[0] == 0xFF:
            return
        source = sent.arrival.destination
        if choice % 4 == 3:
            quoted = sent.action.datagram
            self.hears(Icmpv6Error(icmp_type=4, code=choice % 3, parameter=6, quoted=quoted), source, CARE_OF)
        elif choice % 4 == 2:
            self.hears(BindingRefreshRequest(options=()), source, CARE_OF, routed_to=HOME)
        else:
            self.hears(BindingError(status=choice % 4 + 1, home_address=HOME, options=()), source, CARE_OF)

    def is_moved(self, number: int, choice: int) -> None:
        self.is_told(LinkChanged("eth0", up=choice % 8 != 0))

    def hears_of_router(self, number: int, choice: int) -> None:
        agent = AGENTS[choice % 3] if number % 3 == 0 else None
        valid_s = (86_400, 86_400, 40, 0xFFFFFFFF)[choice // 3]
        self.hears_router(PREFIXES[number % 3], agent=agent, lifetime_s=(0, 30, 1800)[choice % 3], valid_s=valid_s)

    def hears_of_prefix(self, number: int, choice: int) -> None:
        asked = self.last(MobilePrefixSolicitation, number)
        identifier = asked.message.identifier if asked is not None and choice % 3 else 0
        valid_s = (0, 20, 300, 0xFFFFFFFF)[choice % 4]
        option = PrefixInformation(
            prefix_length=64,
            flags=Flags("LA"),
            valid_lifetime_s=valid_s,
            preferred_lifetime_s=valid_s,
            prefix=HOME_PREFIX,
        )
        message = MobilePrefixAdvertisement(identifier=identifier, flags=Flags(), options=(option,))
        self.hears(message, AGENTS[number % 3], CARE_OF, routed_to=HOME)

    def hears_of_duplicate(self, number: int, choice: int) -> None:
        sent = self.solicitations()
        if sent and choice % 4 == 0:
            self.hears_duplicate(sent[-1].message.target)

    def lets_time_pass(self, number: int, choice: int) -> None:
        self.waits((0.1, 1, 3, 30, 500)[choice % 5])

    def is_used(self, number: int, choice: int) -> None:
        self.uses_peer()

    def is_stopped(self, number: int, choice: int) -> None:
        if number == choice == 0:
            self.is_told(Stop())


STEPS: list[Callable[[Wanderer, int, int], None]] = [
    Wanderer.answers_update,
    Wanderer.answers_update,
    Wanderer.answers_home_test,
    Wanderer.answers_care_of_test,
    Wanderer.answers_discovery,
    Wanderer.complains,
    Wanderer.is_moved,
    Wanderer.hears_of_router,
    Wanderer.hears_of_router,
    Wanderer.hears_of_prefix,
    Wanderer.hears_of_duplicate,
    Wanderer.lets_time_pass,
    Wanderer.lets_time_pass,
    Wanderer.is_used,
    Wanderer.is_stopped,
]


def check_updates(sent: list[Sent], profile: Profile) -> None:
    """Numbers go up to each peer unless it told another one; a second holds three at most; M and list go together."""
    by_peer = defaultdict(list)
    for each in sent:
        if isinstance(each.message, BindingUpdate):
            by_peer[each.arrival.destination].append(each)
            listed = [o for o in each.message.options if o.__declaration__.symbol == "multiple_home_agents"]
            assert ("M" in each.message.flags) == bool(listed)
            if listed:
                assert each.arrival.destination in listed[0].home_agents
                assert len(set(listed[0].home_agents)) == len(listed[0].home_agents) > 1
    for updates in by_peer.values():
        times = [each.at for each in updates]
        assert all(later - earlier >= S for earlier, later in zip(times, times[3:], strict=False))


def check_machine(play: Wanderer) -> None:
    """The home address is on one interface; a tunnel without agents is none."""
    where: set[str] = set()
    for action in play.actions:
        if isinstance(action, AddAddress) and action.address == HOME:
            assert not where
            where.add(action.interface)
        elif isinstance(action, RemoveAddress) and action.address == HOME:
            where.discard(action.interface)
        elif isinstance(action, SetTunnel):
            assert action.end is End.MOBILE_NODE


@pytest.mark.parametrize("profile", [RFC6275, KAME2003], ids=lambda profile: profile.name)
@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.integers(0, 11)), max_size=60),
)
def test_whatever_happens(
    profile: Profile, home_agents: int, steps: list[tuple[Callable[[Wanderer, int, int], None], int, int]]
) -> None:
    play = Wanderer(profile, home_agents)
    play.starts(eth0=LINK)
    for step, number, choice in steps:
        step(play, number, choice)
        play.remembers()
    check_updates(play.sent, profile)
    check_machine(play)
    play.is_told(Stop())
    play.waits(3000)
    alive = {event.peer: event for event in play.events if isinstance(event, UpdateListEntry)}
    if profile is RFC6275:
        assert all(event.gone for event in alive.values())

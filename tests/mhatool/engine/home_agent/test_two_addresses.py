"""A mobile node that registers with both addresses of one agent: two bindings, one home address on the link."""

from random import Random

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.actions import End, ForgetNeighbour, JoinGroup, LeaveGroup, SetTunnel
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    HOME,
    LINK,
    PREFIX,
    SOLICITED,
    STRANGER_LINK,
    announces,
    asks,
    update,
)
from tests.mhatool.engine.playbook import Playbook

OTHER_PREFIX, OTHER_ADDRESS = parse("2001:db8:9::"), parse("2001:db8:9::1")
OTHER_HOME = OTHER_PREFIX[:8] + HOME[8:]
ADDRESSES = (AGENT, OTHER_ADDRESS)


@pytest.fixture
def play() -> Playbook:
    advertising = AdvertisingConfiguration(
        interface="home",
        prefixes=(
            AdvertisedPrefix(prefix=PREFIX, router_address=AGENT),
            AdvertisedPrefix(prefix=OTHER_PREFIX, router_address=OTHER_ADDRESS),
        ),
        home_agent=AdvertisedHomeAgent(),
    )
    configuration = HomeAgentConfiguration(name="ha1", advertising=advertising, advertises=False)
    play = Playbook(HomeAgent(configuration, Random(1)))
    play.starts(home=LINK)
    play.forgets()
    return play


def registers_with_both(play: Playbook) -> None:
    for address in ADDRESSES:
        play.hears(update(1, flags="AHM", agents=ADDRESSES), CARE_OF, address, home_address=HOME)


def answers(play: Playbook) -> list[tuple[bytes, int]]:
    found = [sent for sent in play._sent if isinstance(sent.message, BindingAcknowledgement)]
    return [(sent.arrival.source, sent.message.status) for sent in found]


def test_both_are_checked_and_answered(play: Playbook) -> None:
    registers_with_both(play)
    play.waits(1)
    assert answers(play) == [(AGENT, 0), (OTHER_ADDRESS, 0)]
    assert len(play.node.cache) == 2
    assert [action for action in play.actions if isinstance(action, JoinGroup)] == [JoinGroup("home", SOLICITED)]


def test_a_duplicate_refuses_both(play: Playbook) -> None:
    registers_with_both(play)
    announces(play, STRANGER_LINK)
    assert answers(play) == [(AGENT, 134), (OTHER_ADDRESS, 134)]
    assert len(play.node.cache) == 0


@pytest.mark.parametrize("gone", [0, 1])
def test_what_one_forgets_the_other_goes_on_with(play: Playbook, gone: int) -> None:
    registers_with_both(play)
    play.waits(1)
    play.forgets()
    play.hears(update(2, lifetime_s=0), CARE_OF, ADDRESSES[gone], home_address=HOME)
    play.does(SetTunnel(End.HOME_AGENT, HOME, ADDRESSES[1 - gone], (CARE_OF,)))
    play.forgets()
    asks(play)
    play.sends(NeighborAdvertisement, target=HOME)
    play.hears(update(2, lifetime_s=0), CARE_OF, ADDRESSES[1 - gone], home_address=HOME)
    play.does(
        LeaveGroup("home", SOLICITED),
        SetTunnel(End.HOME_AGENT, HOME, ADDRESSES[1 - gone]),
        ForgetNeighbour("home", HOME),
    )


def test_two_home_addresses_with_one_link_local_namesake(play: Playbook) -> None:
    """The same interface identifier in both prefixes: its link-local address is one, and is answered for once."""
    for home in (HOME, OTHER_HOME):
        play.hears(update(1, flags="AHL"), CARE_OF, AGENT, home_address=home)
    play.waits(1)
    assert [status for _, status in answers(play)] == [0, 0]
    assert len(play.node.cache) == 3
    for home in (HOME, OTHER_HOME):
        play.hears(update(2, lifetime_s=0, flags="AHL"), CARE_OF, AGENT, home_address=home)
    assert len(play.node.cache) == 0

"""L set or cleared by a later Binding Update: the link-local address comes after a check, or goes (10.3.1)."""

from typing import Any

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine import constants
from mhatool.engine.actions import End, ForgetNeighbour, JoinGroup, LeaveGroup, SetTunnel
from mhatool.engine.events import CacheEntry
from mhatool.engine.home_agent.binding import BindingState
from mhatool.engine.home_agent_events import DefenceEnded, DefenceStarted
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    HOME_LINK_LOCAL,
    LINK_LOCAL,
    PREFIX,
    SECOND,
    SECOND_LINK,
    SECOND_LINK_LOCAL,
    SILENT,
    STRANGER_LINK,
    agent,
    announces,
    asks,
    bound,
    knows_second,
    registers,
    update,
)
from tests.mhatool.engine.playbook import Playbook


def asks_for_l(number: int = 2, care_of: bytes = ELSEWHERE, **facts: Any) -> Playbook:
    """Registered without L, the mobile node has just asked for it, from another care-of address."""
    play = bound(facts=facts)
    play.hears(update(number, flags="AHL"), care_of, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation, target=HOME_LINK_LOCAL)  # the home address is its own already
    play.sends_nothing()
    return play


def held(play: Playbook) -> dict[bytes, bool]:
    """The addresses in the cache, and whether packets for them are taken."""
    return {binding.home_address: binding.holds for binding in play.node.cache}


def test_10_3_1_setting_l_is_answered_after_a_check_of_the_link_local_address() -> None:
    play = asks_for_l()
    assert held(play) == {HOME: True, HOME_LINK_LOCAL: False}
    assert play.actions == []  # tunnelled to where it was, until the request is accepted
    asks(play, HOME_LINK_LOCAL)
    play.sends_nothing()
    asks(play)
    play.sends(NeighborAdvertisement, target=HOME)
    play.waits(1)
    play.tells(DefenceStarted, address=HOME_LINK_LOCAL)
    play.sends(NeighborAdvertisement, target=HOME_LINK_LOCAL)
    answer = play.sends(BindingAcknowledgement, status=0, sequence_number=2, lifetime_s=420)
    assert (answer.arrival.destination, answer.arrival.routed_home_address) == (ELSEWHERE, HOME)
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT, (ELSEWHERE,)))
    assert held(play) == {HOME: True, HOME_LINK_LOCAL: True}
    clone = play.node.binding(HOME).clone
    assert (clone.cloned, clone.care_of_address, clone.sequence_number) == (True, ELSEWHERE, 2)
    asks(play, HOME_LINK_LOCAL)
    play.sends(NeighborAdvertisement, target=HOME_LINK_LOCAL)
    play.waits(420)
    assert held(play) == {}
    assert play.node.next_timer() is None


def test_10_3_1_a_link_local_address_that_somebody_has_refuses_the_whole_request() -> None:
    """134, and the binding stays what it was: nothing of the request holds."""
    play = asks_for_l()
    announces(play, STRANGER_LINK, HOME_LINK_LOCAL)
    play.sends(BindingAcknowledgement, status=134, sequence_number=2, lifetime_s=0)
    binding = play.node.binding(HOME)
    assert (binding.state, binding.care_of_address, binding.clone) == (BindingState.BOUND, CARE_OF, None)
    assert held(play) == {HOME: True}
    assert not [action for action in play.actions if isinstance(action, SetTunnel)]
    play.hears(update(3), ELSEWHERE, AGENT, home_address=HOME)
    play.sends(BindingAcknowledgement, status=0, sequence_number=3)
    play.waits(420)
    assert held(play) == {}


def test_10_3_1_clearing_l_ends_the_link_local_entry() -> None:
    play = bound(facts={"flags": "AHL"})
    assert held(play) == {HOME: True, HOME_LINK_LOCAL: True}
    play.hears(update(2), CARE_OF, AGENT, home_address=HOME)
    play.sends(BindingAcknowledgement, status=0)
    assert held(play) == {HOME: True}
    assert play.tells(CacheEntry, home_address=HOME_LINK_LOCAL).cause == "released"
    play.tells(DefenceEnded, address=HOME_LINK_LOCAL, cause="released")
    asks(play, HOME_LINK_LOCAL)
    play.sends_nothing()
    asks(play)
    play.sends(NeighborAdvertisement, target=HOME)
    play.hears(update(3, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation, target=HOME_LINK_LOCAL)
    play.waits(1)
    play.finds(BindingAcknowledgement, status=0, sequence_number=3)
    assert held(play) == {HOME: True, HOME_LINK_LOCAL: True}


def test_an_update_that_moves_on_while_l_is_checked_is_the_one_that_is_answered() -> None:
    play = asks_for_l()
    play.waits(0.5)
    play.hears(update(3, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    play.sends_nothing()
    play.hears(update(3, flags="AHL"), CARE_OF, AGENT, home_address=HOME)  # the network delivers it twice
    play.sends_nothing()
    play.hears(update(2, flags="AHL"), CARE_OF, AGENT, home_address=HOME)  # it was the last one but one
    play.sends(BindingAcknowledgement, status=135, sequence_number=3)
    play.waits(0.5)
    play.sends(NeighborAdvertisement, target=HOME_LINK_LOCAL)
    play.sends(BindingAcknowledgement, status=0, sequence_number=3)
    play.sends_nothing()
    assert play.node.binding(HOME).care_of_address == CARE_OF


def test_an_update_without_l_ends_the_check_and_is_answered_at_once() -> None:
    play = asks_for_l()
    play.hears(update(3), ELSEWHERE, AGENT, home_address=HOME)
    play.sends(BindingAcknowledgement, status=0, sequence_number=3)
    assert held(play) == {HOME: True}
    announces(play, STRANGER_LINK, HOME_LINK_LOCAL)  # nobody asks any more
    play.waits(400)
    play.sends_nothing()
    assert held(play) == {HOME: True}


def test_a_deletion_while_l_is_checked_leaves_nothing() -> None:
    play = asks_for_l()
    play.hears(update(3, lifetime_s=0, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    play.sends(BindingAcknowledgement, status=0, sequence_number=3, lifetime_s=0)
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT), ForgetNeighbour("home", HOME))
    assert (held(play), play.node.next_timer()) == ({}, None)


def test_9_6_a_binding_ends_in_time_even_while_l_is_checked_and_the_request_begins_another_one() -> None:
    """Asked for at 0 s, for 4 s; asked for L at 3.5 s: over at 4 s, then both addresses are looked for until 5 s."""
    play = agent()
    registers(play, lifetime_s=4)
    play.waits(2.5)
    play.forgets()
    play.hears(update(2, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation, target=HOME_LINK_LOCAL)
    play.waits(0.5)
    assert play.tells(CacheEntry, home_address=HOME, gone=True).cause == "expired"
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT))
    assert [play.sends(NeighborSolicitation).message.target for _ in range(2)] == [HOME, HOME_LINK_LOCAL]
    play.waits(0.9)
    play.sends_nothing()
    play.waits(0.1)
    play.finds(BindingAcknowledgement, status=0, sequence_number=2, lifetime_s=420)
    assert held(play) == {HOME: True, HOME_LINK_LOCAL: True}
    play.waits(420)
    assert (held(play), play.node.next_timer()) == ({}, None)


@pytest.mark.parametrize(("before", "after", "addresses"), [("", "L", 2), ("L", "", 1)])
def test_l_may_change_before_the_first_answer(before: str, after: str, addresses: int) -> None:
    """The check begins anew, for what the newer update asks for."""
    play = agent()
    play.hears(update(1, flags="AH" + before), CARE_OF, AGENT, home_address=HOME)
    play.waits(0.5)
    play.forgets()
    play.hears(update(2, flags="AH" + after), CARE_OF, AGENT, home_address=HOME)
    wanted = [HOME, HOME_LINK_LOCAL][:addresses]
    assert [play.sends(NeighborSolicitation).message.target for _ in wanted] == wanted
    play.waits(0.9)
    play.sends_nothing()
    play.waits(0.1)
    play.finds(BindingAcknowledgement, status=0, sequence_number=2)
    assert list(held(play)) == wanted[::-1]
    joined = [action for action in play.actions if isinstance(action, JoinGroup | LeaveGroup)]
    assert [type(action) for action in joined] == [LeaveGroup, JoinGroup]


def test_who_does_not_ask_for_a_check_gets_the_link_local_address_at_once() -> None:
    """Draft 19: only where D asks (KAME of 2003); nobody is solicited."""
    play = agent(constants=constants.KAME2003)
    play.hears(update(1), CARE_OF, AGENT, home_address=HOME)
    play.finds(BindingAcknowledgement, status=0)
    play.hears(update(2, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    play.finds(BindingAcknowledgement, status=0, sequence_number=2)
    assert held(play) == {HOME: True, HOME_LINK_LOCAL: True}
    with pytest.raises(AssertionError, match="no NeighborSolicitation"):
        play.finds(NeighborSolicitation)


def test_an_agent_that_comes_earlier_keeps_the_link_local_address_too() -> None:
    """Its announcement while this one checks is no duplicate, and this one doesn't announce itself afterwards."""
    play = agent(constants=SILENT)
    knows_second(play)
    listed = {"agents": (SECOND, AGENT)}
    play.hears(update(1, flags="AHM", **listed), CARE_OF, AGENT, home_address=HOME)
    play.waits(1)
    play.forgets()
    play.hears(update(2, flags="AHLM", **listed), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation, target=HOME_LINK_LOCAL)
    announces(play, SECOND_LINK, HOME_LINK_LOCAL)
    play.waits(1)
    play.sends(BindingAcknowledgement, status=0, sequence_number=2)
    play.sends_nothing()
    assert play.node.binding(HOME).clone.holder == SECOND


@pytest.mark.parametrize("taken", [LINK_LOCAL, SECOND_LINK_LOCAL], ids=["its own", "another one's"])
def test_134_a_link_local_address_that_an_agent_has(taken: bytes) -> None:
    """No question finds that out: a node doesn't ask itself, and what agents of the list say is exempt."""
    home = PREFIX[:8] + taken[8:]
    play = agent()
    knows_second(play)
    play.hears(update(1, flags="AHLM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=home)
    play.sends(BindingAcknowledgement, status=134, sequence_number=1, lifetime_s=0)
    assert held(play) == {}
    play.hears(update(2, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=home)
    play.waits(1)
    play.finds(BindingAcknowledgement, status=0)  # without L nobody's address is taken
    assert parse("fe80::ff:fe00:1") == LINK_LOCAL  # of 02:00:00:00:00:01

"""Who answers for a home address when the agent that did is lost, and who yields when it is back (PROTOCOL)."""

from typing import Any

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.ipv6.address import UNSPECIFIED
from mhatool.engine.commands import LinkChanged
from mhatool.engine.constants import RFC6275, Constants
from mhatool.engine.home_agent_events import DefenceEnded, DefenceStarted
from tests.mhatool.engine.home_agent.companions import Counters, is_lost, knows, lives, shares
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    ALL_NODES,
    CARE_OF,
    HOME,
    HOME_LINK_LOCAL,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    SECOND_LINK,
    STRANGER_LINK,
    THIRD,
    THIRD_LINK,
    agent,
    announces,
    asks,
    bound,
    update,
)
from tests.mhatool.engine.playbook import Playbook, S

DETECTED_S = RFC6275.probe_idle_s + RFC6275.probe_failures * RFC6275.probe_interval_s
HASTE_S, TURN_S, PATIENCE_S = 0.5, 1.0, 1.0
NOBODY: Counters = {}
FIRST_OF_TWO, SECOND_OF_TWO = (AGENT, SECOND), (SECOND, AGENT)


def yields(agents: tuple[bytes, ...] = SECOND_OF_TWO, to: bytes = SECOND_LINK, **facts: Any) -> Playbook:
    """An agent that another one of the list has told that it answers; all have just answered a Heartbeat."""
    play = shares(agents, **facts)
    announces(play, to)
    play.forgets()
    return play


def crowd(homes: list[bytes], constants: Constants, agents: tuple[bytes, ...] = SECOND_OF_TWO) -> Playbook:
    """An agent with bindings of these home addresses, for which the second one answered until it was lost just now."""
    play = agent(constants=constants, update_rate=0.0)
    knows(play, *(address for address in agents if address != AGENT))
    for home in homes:
        play.hears(update(1, flags="AHM", agents=agents), CARE_OF, AGENT, home_address=home)
    alive = {address: 0 for address in agents if address not in (AGENT, SECOND)}
    lives(play, 1, {**alive, SECOND: 0})
    for home in homes:
        announces(play, SECOND_LINK, home)
    play.forgets()
    is_lost(play, alive)
    return play


def renews(play: Playbook, agents: tuple[bytes, ...]) -> None:
    """The mobile node registers again, with these agents."""
    play.hears(update(2, flags="AHM", agents=agents), CARE_OF, AGENT, home_address=HOME)


def announced(play: Playbook) -> list[tuple[bytes, int]]:
    """What it announced and when, among what was sent and not asked for yet; it is taken out."""
    found = [sent for sent in play._sent if isinstance(sent.message, NeighborAdvertisement)]
    play._sent = [sent for sent in play._sent if sent not in found]
    assert all(sent.arrival.destination == ALL_NODES and sent.message.flags == {"O"} for sent in found)
    return [(sent.message.target, sent.at) for sent in found]


def answers_for(play: Playbook, target: bytes = HOME) -> bool:
    """Whether it says that it has the address."""
    before = len(play._sent)
    asks(play, target)
    return len(play._sent) > before


# --- at once ---


def test_the_next_one_of_the_list_takes_over_at_once() -> None:
    play = yields()
    lives(play, DETECTED_S - 0.001, NOBODY)
    assert announced(play) == []
    lives(play, 0.001, NOBODY)
    assert announced(play) == [(HOME, play.now)]
    play.tells(DefenceStarted, address=HOME, cause="taken_over")
    assert answers_for(play)


def test_for_the_link_local_address_too() -> None:
    play = agent()
    knows(play, SECOND)
    play.hears(update(1, flags="AHLM", agents=SECOND_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    lives(play, 1)
    for address in (HOME, HOME_LINK_LOCAL):
        announces(play, SECOND_LINK, address)
    play.forgets()
    lives(play, DETECTED_S, NOBODY)
    assert [address for address, _ in announced(play)] == [HOME, HOME_LINK_LOCAL]
    assert answers_for(play, HOME_LINK_LOCAL)


def test_a_restarted_one_does_not_answer_for_what_it_lost() -> None:
    play = yields()
    lives(play, RFC6275.probe_idle_s, {SECOND: 1})
    assert announced(play) == [(HOME, play.now)]
    announces(play, SECOND_LINK)  # it has the binding again, and comes first
    assert play.tells(DefenceEnded).cause == "yielded"
    lives(play, 20, {SECOND: 1})
    assert announced(play) == []


def test_who_answers_already_goes_on() -> None:
    play = shares(FIRST_OF_TWO)
    lives(play, DETECTED_S, NOBODY)
    assert announced(play) == []
    assert answers_for(play)


def test_whoever_is_lost_and_did_not_answer_leaves_it_as_it_is() -> None:
    play = yields((SECOND, THIRD, AGENT))
    lives(play, DETECTED_S, {SECOND: 0})
    lives(play, 10, {SECOND: 0})
    assert announced(play) == []


# --- in turn ---


def test_a_later_one_gives_each_before_it_a_second() -> None:
    play = yields((SECOND, THIRD, AGENT))
    lives(play, DETECTED_S + TURN_S - 0.001, {THIRD: 0})
    assert announced(play) == []
    lives(play, 0.001, {THIRD: 0})
    assert announced(play) == [(HOME, play.now)]


def test_and_does_not_take_over_if_one_of_them_has() -> None:
    play = yields((SECOND, THIRD, AGENT))
    lives(play, DETECTED_S + TURN_S - 0.001, {THIRD: 0})
    announces(play, THIRD_LINK)
    lives(play, 20, {THIRD: 0})
    assert announced(play) == []
    assert not answers_for(play)


def test_nor_if_the_lost_one_is_back_before() -> None:
    play = yields((SECOND, THIRD, AGENT))
    lives(play, DETECTED_S, {THIRD: 0})
    lives(play, 20)
    assert announced(play) == []


def test_with_two_lost_it_is_the_last_one_s_turn() -> None:
    play = yields((SECOND, THIRD, AGENT))
    lives(play, DETECTED_S, NOBODY)
    assert announced(play) == [(HOME, play.now)]


# --- giving back ---


def test_whoever_comes_back_is_told_who_answers() -> None:
    """Both may answer for it: each announces what it answers for, and the later one of the list yields."""
    play = yields()
    lives(play, DETECTED_S, NOBODY)
    announced(play)
    lives(play, HASTE_S)
    assert announced(play) == [(HOME, play.now)]
    announces(play, SECOND_LINK)
    assert play.tells(DefenceEnded).cause == "yielded"
    assert not answers_for(play)


def test_the_first_of_the_list_tells_who_took_over_meanwhile() -> None:
    play = shares(FIRST_OF_TWO)
    lives(play, DETECTED_S, NOBODY)
    announced(play)
    lives(play, HASTE_S + 2 * PATIENCE_S - 0.001)
    assert announced(play) == []
    lives(play, 0.001)
    assert announced(play) == [(HOME, play.now)]
    assert answers_for(play)


def is_back(play: Playbook) -> None:
    """The second agent, which was found to be dead, answers again."""
    lives(play, DETECTED_S, NOBODY)
    lives(play, HASTE_S)
    play.forgets()


def test_the_first_of_the_list_asks_who_has_the_address_and_yields_to_who_answers() -> None:
    """Its binding may be an old one: the mobile node may have gone on without it, and its list says nothing of that."""
    play = shares(FIRST_OF_TWO)
    is_back(play)
    lives(play, PATIENCE_S)
    question = play.finds(NeighborSolicitation, target=HOME)
    assert (question.at, question.arrival.source) == (play.now, UNSPECIFIED)
    assert answers_for(play)
    play.forgets()
    announces(play, SECOND_LINK)
    assert play.tells(DefenceEnded).cause == "yielded"
    lives(play, 30)
    assert not answers_for(play)
    assert announced(play) == []


def test_who_yielded_so_takes_over_when_that_one_is_lost_or_the_mobile_node_names_its_agents_anew() -> None:
    """The same list again shows that the binding isn't an old one: the first of it answers (the paper, III)."""
    for change in (
        lambda play: lives(play, DETECTED_S, NOBODY),
        lambda play: renews(play, (AGENT, THIRD)),
        lambda play: renews(play, FIRST_OF_TWO),
    ):
        play = shares(FIRST_OF_TWO)
        is_back(play)
        lives(play, PATIENCE_S)
        announces(play, SECOND_LINK)
        play.forgets()
        change(play)
        lives(play, 0, NOBODY)
        assert play.tells(DefenceStarted).address == HOME


def test_a_stranger_or_somebody_who_says_so_later_is_not_yielded_to() -> None:
    play = shares(FIRST_OF_TWO)
    is_back(play)
    lives(play, PATIENCE_S)
    announces(play, STRANGER_LINK)
    lives(play, PATIENCE_S)
    announces(play, SECOND_LINK)
    assert answers_for(play)


def test_who_has_no_other_agent_asks_nobody() -> None:
    play = bound()
    play.is_told(LinkChanged("home", False))
    play.is_told(LinkChanged("home", True))
    play.waits(30)
    play.sends_nothing()


def test_what_another_one_answers_for_is_not_announced() -> None:
    """Two bindings are taken over one after another; somebody answers for the second one before it is its turn."""
    first, second = (PREFIX[:8] + b"\x02" + number.to_bytes(7, "big") for number in range(2))
    play = crowd([first, second], Constants(unreachable_rate=1.0))
    announces(play, SECOND_LINK, second)
    lives(play, 1)
    assert [home for home, _ in announced(play)] == [first]


def test_who_yields_to_an_unreachable_one_looks_again() -> None:
    """It announced itself, and died: no other failure of it will be found."""
    play = yields()
    lives(play, DETECTED_S + 3, NOBODY)
    announced(play)
    announces(play, SECOND_LINK)
    assert not answers_for(play)
    begin = play.now
    lives(play, 10, NOBODY)
    assert announced(play) == [(HOME, begin + round((RFC6275.probe_failures + 1) * HASTE_S * S))]


def test_who_answers_although_an_earlier_one_lives_says_so_at_each_refresh() -> None:
    """Its first announcement may have been lost: two would answer, and nobody notice."""
    play = shares(SECOND_OF_TWO)
    lives(play, 2)
    play.forgets()
    play.hears(update(2, flags="AHM", agents=SECOND_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    lives(play, 0)
    assert announced(play) == [(HOME, play.now)]
    first = shares(FIRST_OF_TWO)
    first.hears(update(2, flags="AHM", agents=FIRST_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    lives(first, 1)
    assert announced(first) == []


def test_also_where_only_the_announcement_of_the_link_local_address_was_lost() -> None:
    play = agent()
    knows(play, SECOND)
    play.hears(update(1, flags="AHLM", agents=SECOND_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    lives(play, 1)
    announces(play, SECOND_LINK)
    lives(play, 2)
    play.forgets()
    play.hears(update(2, flags="AHLM", agents=SECOND_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    lives(play, 0)
    assert announced(play) == [(HOME_LINK_LOCAL, play.now)]


def test_with_its_link_back_it_announces_what_it_answers_for() -> None:
    play = shares(FIRST_OF_TWO)
    play.is_told(LinkChanged("home", False))
    lives(play, 30, NOBODY)
    assert announced(play) == []
    play.is_told(LinkChanged("home", True))
    lives(play, 2 * PATIENCE_S)
    assert announced(play) == [(HOME, play.now)]


# --- many, and those that are gone ---


def test_a_binding_that_is_gone_is_nobody_s() -> None:
    play = yields((SECOND, THIRD, AGENT))
    lives(play, DETECTED_S, {THIRD: 0})
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    lives(play, 20)
    assert announced(play) == []


@pytest.mark.parametrize("rate", [10.0, 100.0])
def test_many_are_taken_over_one_after_another(rate: float) -> None:
    homes = [PREFIX[:8] + b"\x02" + number.to_bytes(7, "big") for number in range(30)]
    play = crowd(homes, Constants(unreachable_rate=rate))
    begin = play.now
    lives(play, 10, NOBODY)
    assert announced(play) == [(home, begin + round(index / rate * S)) for index, home in enumerate(homes)]


def test_a_later_one_waits_until_the_one_before_it_has_taken_over_all() -> None:
    """30 home addresses, 10 a second: the one before it needs 2.9 s, and has its turn's second then."""
    homes = [PREFIX[:8] + b"\x02" + number.to_bytes(7, "big") for number in range(30)]
    play = crowd(homes, Constants(unreachable_rate=10.0), (SECOND, THIRD, AGENT))
    lives(play, 2.9 + TURN_S - 0.001, {THIRD: 0})
    assert announced(play) == []
    lives(play, 0.001, {THIRD: 0})
    assert announced(play) == [(homes[0], play.now)]

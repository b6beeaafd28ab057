"""A home agent that comes back asks who else is on its link, and holds bindings again at once (PROTOCOL)."""

from random import Random
from typing import Any

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation, RouterSolicitation
from dissectors.ipv6.address import parse
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.spec import Flags
from mhatool.engine.constants import RFC6275
from mhatool.engine.drops import DropReason
from mhatool.engine.home_agent import HomeAgent
from tests.mhatool.engine.home_agent.companions import knows, restart_counter
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    HOME,
    LINK,
    LINK_LOCAL,
    SECOND,
    SECOND_LINK,
    THIRD,
    announces,
    checks,
    configuration,
    update,
)
from tests.mhatool.engine.playbook import BEGIN, Playbook, S

ALL_ROUTERS = parse("ff02::2")
APART_S = RFC6275.router_solicitation_interval_s


def starts(restart_counter: int) -> Playbook:
    play = Playbook(HomeAgent(configuration(restart_counter=restart_counter), Random(1)))
    play.starts(home=LINK)
    return play


def test_it_asks_as_it_comes_up() -> None:
    play = starts(1)
    sent = play.sends(RouterSolicitation)
    assert (sent.at, sent.action.interface, sent.arrival.hop_limit) == (BEGIN, "home", 255)
    assert (sent.arrival.source, sent.arrival.destination) == (LINK_LOCAL, ALL_ROUTERS)
    assert [option.link_layer_address for option in sent.options] == [LINK]


def test_three_times_unless_somebody_answers() -> None:
    play = starts(1)
    play.waits(100)
    times = [play.sends(RouterSolicitation).at for _ in range(RFC6275.max_router_solicitations)]
    assert times == [BEGIN + round(index * APART_S * S) for index in range(len(times))]
    play.sends_nothing()
    answered = starts(1)
    answered.sends(RouterSolicitation)
    answered.waits(0.5)
    knows(answered, SECOND)
    answered.sends(Heartbeat)
    answered.waits(100)
    answered.sends_nothing()


def test_one_that_never_lost_anything_asks_nobody() -> None:
    play = starts(0)
    play.waits(100)
    play.sends_nothing()


def test_it_holds_a_binding_again_once_the_one_that_defends_it_has_answered() -> None:
    play = starts(1)
    knows(play, SECOND)
    play.forgets()
    play.hears(update(9, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation, target=HOME)
    play.waits(0.002)
    announces(play, SECOND_LINK)
    assert play.finds(BindingAcknowledgement, status=0).at == BEGIN + 2_000_000


def test_a_check_that_began_before_ends_as_soon_as_it_knows_who_answered() -> None:
    play = starts(1)
    play.hears(update(9, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    announces(play, SECOND_LINK)
    play.waits(0.3)
    play.forgets()
    knows(play, SECOND)
    assert play.finds(BindingAcknowledgement, status=0).at == BEGIN + 300_000_000


def test_one_that_only_checks_the_address_too_is_no_reason_to_end_it() -> None:
    play = starts(1)
    play.hears(update(9, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    checks(play, SECOND_LINK)
    play.waits(0.3)
    play.forgets()
    knows(play, SECOND)
    play.sends(Heartbeat)
    play.sends_nothing()
    play.waits(0.7)
    play.finds(BindingAcknowledgement, status=0)


def test_it_tells_each_agent_that_it_gets_to_know_that_it_has_restarted() -> None:
    """Unsolicited, with its counter (RFC 5847, 3.2): that one may hold bindings with it."""
    play = starts(3)
    play.sends(RouterSolicitation)
    for _ in range(2):
        knows(play, SECOND)
    sent = play.sends(Heartbeat, flags={"U", "R"})
    assert (sent.arrival.source, sent.arrival.destination, restart_counter(sent)) == (AGENT, SECOND, 3)
    play.sends_nothing()
    knows(play, SECOND, lifetime_s=0)
    knows(play, SECOND)
    play.sends_nothing()


def test_one_whose_bindings_were_kept_says_nothing_of_a_restart() -> None:
    """Its counter is the one of before: what others share with it is still there (RFC 5847, 3.2)."""
    node = HomeAgent(configuration(restart_counter=3, keeps_bindings=True, peers=(SECOND,)), Random(1))
    play = Playbook(node)
    play.starts(home=LINK)
    assert play.sends(Heartbeat).message.flags == Flags()  # asks, as it asks for advertisements
    play.sends(RouterSolicitation)
    knows(play, SECOND)
    play.sends_nothing()


def test_those_of_the_configuration_are_told_at_once() -> None:
    play = Playbook(HomeAgent(configuration(restart_counter=3, peers=(SECOND, SECOND)), Random(1)))
    play.starts(home=LINK)
    told, asked = (play.sends(Heartbeat) for _ in range(2))
    assert [sent.arrival.destination for sent in (told, asked)] == [SECOND, SECOND]
    assert [sent.message.flags for sent in (told, asked)] == [Flags("UR"), Flags()]
    play.sends(RouterSolicitation)
    play.sends_nothing()


# --- those who ask it before they advertise themselves ---


def beats(play: Playbook, flags: str = "", number: int = 7, source: bytes = SECOND, **way: Any) -> None:
    """A Heartbeat from the second agent."""
    message = Heartbeat(flags=Flags(flags), sequence_number=number, options=())
    play.hears(message, source, AGENT, **{"link_source": SECOND_LINK, **way})


def test_one_that_asks_is_answered_and_asked_back_and_its_answer_makes_it_known() -> None:
    """So a check of the home address ends at once, for which an advertisement may take half a second."""
    play = starts(1)
    play.forgets()
    beats(play)
    answer, question = (play.sends(Heartbeat) for _ in range(2))
    assert (answer.message.flags, answer.message.sequence_number) == (Flags("R"), 7)
    assert (question.message.flags, question.arrival.destination) == (Flags(), SECOND)
    beats(play, "R", question.message.sequence_number)
    play.forgets()
    play.hears(update(9, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    announces(play, SECOND_LINK)
    assert play.finds(BindingAcknowledgement, status=0).at == BEGIN


@pytest.mark.parametrize(
    "spoilt",
    [
        {"number": 1},  # whoever asks so hasn't seen the question
        {"interface": "core"},  # its link-layer address is that of another link
        {"source": THIRD},
    ],
    ids=["another number", "another link", "another source"],
)
def test_an_answer_to_something_else_makes_nobody_known(spoilt: dict[str, Any]) -> None:
    play = starts(1)
    play.forgets()
    beats(play)
    play.sends(Heartbeat)
    question = play.sends(Heartbeat)
    beats(play, "R", **{"number": question.message.sequence_number, **spoilt})
    play.drops(DropReason.NOT_ASKED)
    play.hears(update(9, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    announces(play, SECOND_LINK)
    play.waits(0.9)
    with pytest.raises(AssertionError):
        play.finds(BindingAcknowledgement)


def test_strangers_from_elsewhere_are_not_answered_and_after_the_period_nobody() -> None:
    """Three router solicitations, 4 s apart (RFC 4861, 10)."""
    play = starts(1)
    play.forgets()
    beats(play, source=parse("2001:db8:9::9"))
    play.drops(DropReason.NOT_LISTED)
    beats(play, interface="core")
    play.drops(DropReason.NOT_LISTED)
    play.waits(3 * APART_S)
    play.forgets()
    beats(play)
    play.drops(DropReason.NOT_LISTED)
    play.sends_nothing()


def test_who_never_advertises_itself_is_forgotten_with_the_period() -> None:
    play = starts(1)
    play.forgets()
    beats(play)
    play.sends(Heartbeat)
    beats(play, "R", play.sends(Heartbeat).message.sequence_number)
    assert play.node.agents.knows(SECOND)
    play.waits(3 * APART_S)
    assert not play.node.agents.knows(SECOND)


def test_nobody_is_asked_back_twice() -> None:
    play = starts(1)
    play.forgets()
    for number in range(5):
        beats(play, number=number)
    sent = [each.message.flags for each in play._sent if isinstance(each.message, Heartbeat)]
    assert sent.count(Flags("R")) == 5
    assert sent.count(Flags()) == 1


def test_who_has_not_restarted_tells_nobody() -> None:
    play = starts(0)
    knows(play, SECOND)
    play.sends_nothing()

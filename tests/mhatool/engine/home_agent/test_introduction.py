"""A home agent that comes back asks who else is on its link, and holds bindings again at once (PROTOCOL)."""

from random import Random

from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation, RouterSolicitation
from dissectors.ipv6.address import parse
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.constants import RFC6275
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


def test_those_of_the_configuration_are_told_at_once() -> None:
    play = Playbook(HomeAgent(configuration(restart_counter=3, peers=(SECOND, SECOND)), Random(1)))
    play.starts(home=LINK)
    assert play.sends(Heartbeat).arrival.destination == SECOND
    play.sends(RouterSolicitation)
    play.sends_nothing()


def test_who_has_not_restarted_tells_nobody() -> None:
    play = starts(0)
    knows(play, SECOND)
    play.sends_nothing()

"""A home agent that comes back asks who else is on its link, and holds bindings again at once (PROTOCOL)."""

from random import Random

from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation, RouterSolicitation
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.constants import RFC6275
from mhatool.engine.home_agent import HomeAgent
from tests.mhatool.engine.home_agent.companions import knows
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    HOME,
    LINK,
    LINK_LOCAL,
    SECOND,
    SECOND_LINK,
    announces,
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
    answered.waits(100)
    answered.sends_nothing()


def test_one_that_never_lost_anything_asks_nobody() -> None:
    play = starts(0)
    play.waits(100)
    play.sends_nothing()


def test_it_holds_a_binding_again_once_the_one_that_defends_it_has_answered() -> None:
    play = starts(1)
    play.sends(RouterSolicitation)
    knows(play, SECOND)
    play.hears(update(9, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation, target=HOME)
    play.waits(0.002)
    announces(play, SECOND_LINK)
    assert play.finds(BindingAcknowledgement, status=0).at == BEGIN + 2_000_000

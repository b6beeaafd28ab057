"""Bindings for an address that turns out to be another home agent's own: the agent didn't know it yet."""

import pytest

from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.actions import End, ForgetNeighbour, SetTunnel
from mhatool.engine.events import CacheEntry
from mhatool.engine.home_agent.statuses import Status
from mhatool.engine.home_agent_events import DefenceEnded
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    SECOND,
    agent,
    asks,
    knows_second,
    update,
)
from tests.mhatool.engine.playbook import Playbook


def taken(play: Playbook) -> None:
    """A binding for the second agent's address, as that one's link was down during the check."""
    play.hears(update(1), CARE_OF, AGENT, home_address=SECOND)
    play.waits(1)
    play.finds(BindingAcknowledgement, status=0)
    play.forgets()


def test_a_binding_for_an_agent_s_address_is_given_up() -> None:
    play = agent()
    taken(play)
    knows_second(play)
    assert play.tells(DefenceEnded, address=SECOND).cause == "agent"
    assert play.tells(CacheEntry, home_address=SECOND, gone=True).cause == "agent"
    play.does(SetTunnel(End.HOME_AGENT, SECOND, AGENT), ForgetNeighbour("home", SECOND))
    asks(play, SECOND)
    play.sends_nothing()


def test_from_then_on_it_is_refused() -> None:
    play = agent()
    taken(play)
    knows_second(play)
    play.hears(update(2), CARE_OF, AGENT, home_address=SECOND)
    play.finds(BindingAcknowledgement, status=Status.PROHIBITED, sequence_number=2)


def test_a_request_whose_check_goes_on_is_refused() -> None:
    play = agent()
    play.hears(update(1), CARE_OF, AGENT, home_address=SECOND)
    play.waits(0.5)
    knows_second(play)
    play.finds(BindingAcknowledgement, status=Status.PROHIBITED, sequence_number=1)
    assert play.node.binding(SECOND) is None  # type: ignore[attr-defined]
    play.forgets()
    play.waits(5)
    play.sends_nothing()


def test_a_request_for_l_is_refused_with_its_binding() -> None:
    play = agent()
    taken(play)
    play.hears(update(2, flags="AHL"), CARE_OF, AGENT, home_address=SECOND)
    knows_second(play)
    play.finds(BindingAcknowledgement, status=Status.PROHIBITED, sequence_number=2)
    assert list(play.node.cache) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("facts", [{"flags": "H", "lifetime_s": 0}, {"flags": ""}])
def test_who_is_no_home_agent_takes_no_binding_away(facts: dict[str, object]) -> None:
    """A router without H, or an agent that takes leave."""
    play = agent()
    taken(play)
    knows_second(play, **facts)
    assert play.node.binding(SECOND).holds  # type: ignore[attr-defined]

"""A home agent that leaves in an orderly way, and what its peers make of that (RFC 5847, 3.2; PROTOCOL)."""

import pytest

from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.icmpv6.home_agents import DhaadRequest
from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, RouterAdvertisement
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.spec import Flags
from mhatool.engine.commands import LinkChanged, Stop
from mhatool.engine.drops import DropReason
from mhatool.engine.failure_events import AlarmRaised, PeerChanged
from mhatool.engine.home_agent_events import DefenceEnded
from mhatool.protocol.neighbourhood import home_agents_anycast
from tests.mhatool.engine.home_agent.companions import (
    answers,
    knows,
    lives,
    offered,
    requests,
    restart_counter,
    says,
    shares,
)
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    HOME,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    SECOND_LINK,
    THIRD,
    announces,
    asks,
    update,
)
from tests.mhatool.engine.playbook import Playbook

FIRST_OF_TWO, SECOND_OF_TWO = (AGENT, SECOND), (SECOND, AGENT)


def leaves(agents: tuple[bytes, ...] = FIRST_OF_TWO) -> Playbook:
    """An agent that has just been told to leave."""
    play = shares(agents, advertises=True, restart_counter=4)
    lives(play, 3)
    play.forgets()
    play.is_told(Stop())
    return play


def changes(play: Playbook) -> list[tuple[str, str]]:
    found = [event for event in play.events if isinstance(event, PeerChanged)]
    play.events = [event for event in play.events if event not in found]
    return [(event.state, event.cause) for event in found]


# --- who leaves ---


def test_it_tells_each_peer_then_all_on_the_link() -> None:
    play = leaves((AGENT, SECOND, THIRD))
    for peer in (SECOND, THIRD):
        sent = play.sends(Heartbeat, flags={"U", "R"})
        assert (sent.arrival.source, sent.arrival.destination, restart_counter(sent)) == (AGENT, peer, 5)
    play.sends(RouterAdvertisement, router_lifetime_s=0)
    play.sends_nothing()


def test_it_confirms_that_and_asks_nobody_any_more() -> None:
    play = leaves()
    play.forgets()
    says(play, SECOND, "", number=77)
    assert restart_counter(play.sends(Heartbeat, flags={"R"}, sequence_number=77)) == 5
    assert lives(play, 60) == []
    play.is_told(LinkChanged("home", True))
    assert lives(play, 60) == []
    play.sends_nothing()


def test_it_answers_for_addresses_until_another_one_does() -> None:
    play = leaves()
    play.forgets()
    asks(play)
    play.sends(NeighborAdvertisement, target=HOME)
    announces(play, SECOND_LINK)  # a later agent of the list
    assert play.tells(DefenceEnded).cause == "yielded"
    asks(play)
    play.sends_nothing()


def test_it_registers_nobody_but_lets_mobile_nodes_go() -> None:
    play = leaves()
    play.forgets()
    play.hears(update(2, flags="AHM", agents=FIRST_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.LEFT)
    play.hears(DhaadRequest(identifier=1, flags=Flags()), CARE_OF, home_agents_anycast(PREFIX))
    play.drops(DropReason.LEFT)
    play.hears(update(3, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    play.sends(BindingAcknowledgement, status=0)
    assert len(play.node.cache) == 0


def test_a_check_that_is_under_way_still_ends_with_an_answer() -> None:
    play = shares(FIRST_OF_TWO, advertises=True)
    lives(play, 3)
    play.forgets()
    other = PREFIX[:8] + HOME[8:15] + b"\xab"
    play.hears(update(1, flags="AHM", agents=FIRST_OF_TWO), CARE_OF, AGENT, home_address=other)
    play.is_told(Stop())
    play.forgets()
    play.waits(1)
    play.finds(BindingAcknowledgement, status=0)
    assert lives(play, 60) == []  # nobody is asked because of it


# --- its peers ---


def test_a_peer_asks_back_and_takes_over_when_the_answer_confirms_it() -> None:
    play = shares(SECOND_OF_TWO)
    announces(play, SECOND_LINK)
    play.waits(0.5)
    play.forgets()
    says(play, SECOND, "UR", counter=1)
    knows(play, SECOND, lifetime_s=0)
    (request,) = requests(play)
    assert request.at == play.now
    play.sends_nothing()
    answers(play, request, 1)
    play.waits(0)
    assert changes(play) == [("unreachable", "left")]
    play.finds(NeighborAdvertisement, target=HOME, flags={"O"})
    sent = play.finds(HomeAgentUnreachable, unreachable=(SECOND,))
    assert sent.at == play.now
    assert lives(play, 30) == []  # it is asked no more


@pytest.mark.parametrize("counter", [0, 1])
def test_an_advertisement_of_its_end_alone_is_asked_back_too(counter: int) -> None:
    play = shares()
    play.waits(0.5)
    knows(play, SECOND, lifetime_s=0)
    assert changes(play) == []
    answers(play, requests(play)[0], counter)
    assert changes(play) == ([("unreachable", "left")] if counter else [])
    if not counter:  # somebody else said that
        assert lives(play, 10)
        assert changes(play) == []
        assert not [event for event in play.events if isinstance(event, AlarmRaised)]


def test_one_that_is_gone_before_it_confirms_is_found_by_its_silence() -> None:
    """Three Heartbeats half a second apart."""
    play = shares()
    play.waits(0.5)
    knows(play, SECOND, lifetime_s=0)
    play.waits(3 * 0.5 - 0.001)
    assert changes(play) == []
    play.waits(0.001)
    assert changes(play) == [("unreachable", "left")]


def test_it_is_offered_to_nobody_and_when_it_is_back_it_has_to_show_what_it_holds() -> None:
    play = shares()
    play.waits(0.5)
    knows(play, SECOND, lifetime_s=0)
    answers(play, requests(play)[0], 1)
    assert offered(play) == {AGENT}
    lives(play, 5)
    changes(play)
    knows(play, SECOND)
    lives(play, 0, {SECOND: 1})
    assert changes(play) == [("empty", "probed")]
    assert offered(play) == {AGENT}
    announces(play, SECOND_LINK)
    assert changes(play) == [("reachable", "probed")]
    assert offered(play) == {AGENT, SECOND}


def test_a_crash_after_a_forged_leave_is_no_leaving() -> None:
    """Anybody may say by a Heartbeat that it leaves: it answers, and dies later; or dies before its answer."""
    for waits_s in (0.0, 3.0):
        play = shares()
        play.waits(0.5)
        says(play, SECOND, "UR", counter=9)
        lives(play, waits_s, {SECOND: 0} if waits_s else {})
        changes(play)
        lives(play, 10, {})
        assert ("unreachable", "unanswered") in changes(play)

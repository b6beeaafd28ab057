"""A default router that is dead while another one of the link lives (RFC 4861, 6.3.6 and 7.3; RFC 6275, 11.5.1)."""

from __future__ import annotations

from dissectors.icmpv6.home_agents import DhaadRequest
from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation, RouterSolicitation
from dissectors.icmpv6.options import AdvertisementInterval
from dissectors.ipv6.address import parse
from mhatool.engine.actions import SetRoute
from mhatool.engine.commands import LinkChanged
from mhatool.engine.departure import ON_LINK
from mhatool.engine.nd_events import CareOfAddressChanged, LocationChanged, RouterFound, RouterLost
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    ALL_NODES,
    HOME_PREFIX,
    IDENTIFIER,
    LINK_LOCAL,
    ROUTER_LINKS,
    ROUTERS,
    Journey,
    advertisement,
)
from tests.mhatool.engine.playbook import S

FIRST, SECOND = ROUTERS[ABROAD], parse("fe80::22")
ANYWHERE = bytes(16)


def _hears_both(play: Journey, *, gap_s: float = 3) -> None:
    """Both routers of the link advertise themselves; the first silence of the one that is used takes a second more."""
    for _ in range(4):
        play.waits(gap_s)
        play.hears_router(ABROAD)
        play.hears_router(ABROAD, source=SECOND)


def _asked(play: Journey, router: bytes = FIRST) -> list[float]:
    """When the router was asked since the node began, in seconds; what else was sent is forgotten."""
    return [sent.at / S for sent in play.solicitations() if sent.message.target == router]


def _follow(play: Journey, source: bytes, times: int, gap_s: float = 4) -> None:
    """One router goes on advertising itself."""
    for _ in range(times):
        play.hears_router(ABROAD, source=source)
        play.waits(gap_s)


def test_a_router_that_falls_silent_is_asked_three_times_and_left_for_the_other() -> None:
    """Silences of 4 s at most so far: after 12 s it is asked, for MAX_UNICAST_SOLICIT (3) times RETRANS_TIMER (1 s)."""
    play = Journey()
    play.is_registered_with(AGENT1)
    _hears_both(play)
    last = play.now / S
    play.forgets()
    _follow(play, SECOND, 4)
    questions = [sent for sent in play.solicitations() if sent.message.target == FIRST]
    assert [(sent.arrival.source, sent.arrival.destination) for sent in questions] == [(LINK_LOCAL, FIRST)] * 3
    assert {sent.action.link_destination for sent in questions} == {ROUTER_LINKS[ABROAD]}
    assert [round(sent.at / S - last, 6) for sent in questions] == [12, 13, 14]
    lost = play.tells(RouterLost)
    assert (lost.router, lost.cause, round(lost.time_ns / S - last, 6)) == (FIRST, "it doesn't answer", 15)
    play.does(SetRoute(ANYWHERE, 0, "eth0", SECOND))
    assert not [event for event in play.events if isinstance(event, CareOfAddressChanged)]


def test_of_an_announced_interval_three_advertisements_may_be_missing() -> None:
    """RFC 6275, 11.5.1 leaves their number open. Once 3 times 5 s are over the router is asked."""
    play = Journey()
    play.is_registered_with(AGENT1)
    said = advertisement(ABROAD)
    said = said.replace(options=(*said.options, AdvertisementInterval(advertisement_interval_ms=5000)))
    play.hears(said, FIRST, ALL_NODES, link_source=ROUTER_LINKS[ABROAD], hop_limit=ON_LINK)
    play.hears_router(ABROAD, source=SECOND)
    play.forgets()
    began = play.now / S
    play.waits(20)
    assert [round(at - began, 6) for at in _asked(play)] == [15, 16, 17]


def test_a_router_that_answers_is_kept_and_each_silence_that_meant_nothing_makes_patience_longer() -> None:
    """Silences of 4 s at most: asked after 12 s, and it answers. That was one of 12 s: asked after 36 s, then 108 s."""
    play = Journey(lifetime_s=10_000, home_agents=1)
    play.is_registered_with(AGENT1)
    _hears_both(play)
    began = play.now / S
    asked: list[float] = []
    for _ in range(200):
        for at in _asked(play):
            asked.append(round(at - began, 6))
            play.hears_neighbour(FIRST, LINK_LOCAL)
        _follow(play, SECOND, 1, 1)
    assert asked == [12, 12 + 36, 12 + 36 + 108]
    assert not [event for event in play.events if isinstance(event, RouterLost)]


def test_the_first_silences_say_little() -> None:
    """A router that has just come up speaks more often (RFC 4861, 6.2.4): what is longer is no sign of its death."""
    play = Journey(lifetime_s=10_000, home_agents=1)
    play.is_registered_with(AGENT1)
    _follow(play, FIRST, 1, 1)
    play.forgets()
    _follow(play, SECOND, 100, 1)
    assert _asked(play) == []


def test_nobody_asks_the_only_router() -> None:
    play = Journey(lifetime_s=10_000, home_agents=1)
    play.is_registered_with(AGENT1)
    for _ in range(3):
        play.hears_router(ABROAD)
        play.waits(4)
    play.forgets()
    play.waits(1000)
    assert _asked(play) == []


def test_unanswered_updates_are_a_reason_to_ask() -> None:
    """The first registration is sent again after 1.5 s: then the router is asked, 3 s later it is left."""
    play = Journey()
    play.goes_abroad(AGENT1)
    play.hears_router(ABROAD, source=SECOND)
    began = play.now / S
    play.waits(4.5)
    assert [round(at - began, 6) for at in _asked(play)] == [1.5, 2.5, 3.5]
    assert play.tells(RouterLost).router == FIRST
    play.does(SetRoute(ANYWHERE, 0, "eth0", SECOND))


def test_an_unanswered_search_is_a_reason_to_ask() -> None:
    """RFC 6275, 12: INITIAL_DHAAD_TIMEOUT is 3 s."""
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD)
    began = play.finds(DhaadRequest).at / S
    play.hears_router(ABROAD, source=SECOND)
    play.waits(10)
    assert [round(at - began, 6) for at in _asked(play)] == [3, 4, 5]


def test_while_another_agent_answers_the_router_is_not_in_doubt() -> None:
    """RFC 4861, 7.3.1: an acknowledgement of what was sent through it shows that it takes packets."""
    play = Journey()
    first, second = play.goes_abroad(AGENT1, AGENT2)
    play.hears_router(ABROAD, source=SECOND)
    play.is_answered(second)
    assert first.arrival.destination == AGENT1
    play.waits(3)
    assert _asked(play) == []


def test_a_router_that_is_back_is_there_for_when_the_other_one_goes() -> None:
    play = Journey()
    play.goes_abroad(AGENT1)
    play.hears_router(ABROAD, source=SECOND)
    play.waits(5)
    assert play.tells(RouterLost).router == FIRST
    play.forgets()
    play.hears_router(ABROAD)
    assert play.tells(RouterFound).router == FIRST
    assert play.actions == []
    play.waits(60)
    assert play.tells(RouterLost).router == SECOND
    play.does(SetRoute(ANYWHERE, 0, "eth0", FIRST))


def test_on_another_link_the_question_is_over() -> None:
    play = Journey()
    play.goes_abroad(AGENT1)
    play.hears_router(ABROAD, source=SECOND)
    play.waits(2)
    play.is_told(LinkChanged("eth0", up=False))
    play.forgets()
    play.waits(60)
    assert not [sent for sent in play.solicitations() if isinstance(sent.message, NeighborSolicitation)]


# --- at home ---


def _is_told_that_it_is_at_home(play: Journey) -> None:
    """Somebody on the foreign link speaks as the home link's router, twice: no machine of that address is there."""
    play.agents_answer = False
    play.is_registered_with(AGENT1)
    play.hears_router(HOME_PREFIX)
    play.hears_neighbour(FIRST, LINK_LOCAL)
    play.hears_router(HOME_PREFIX)
    assert play.tells(LocationChanged).location == "home"
    play.forgets()


def test_a_home_link_that_nobody_answers_on_is_not_the_home_link() -> None:
    """The deletion is sent again after 1 s: then whoever said that this is home is asked, and 3 s later nobody is."""
    play = Journey()
    _is_told_that_it_is_at_home(play)
    began = play.now / S
    play.waits(1 + 3)
    assert play.finds(RouterSolicitation).arrival.source == LINK_LOCAL
    assert [round(at - began, 6) for at in _asked(play, ROUTERS[HOME_PREFIX])] == [1, 2, 3]
    assert [(event.router, event.cause) for event in play.events if isinstance(event, RouterLost)] == [
        (ROUTERS[HOME_PREFIX], "it doesn't answer"),
        (FIRST, "nobody of the home link answers"),
    ]
    play.forgets()
    play.hears_router(ABROAD)
    play.waits(1)
    care_of_address = play.tells(CareOfAddressChanged).care_of_address
    assert care_of_address == ABROAD[:8] + IDENTIFIER
    play.is_offered(AGENT1)
    assert [(sent.arrival.source, sent.arrival.destination) for sent in play.updates()] == [(care_of_address, AGENT1)]
    play.waits(60)
    assert _asked(play, ROUTERS[HOME_PREFIX]) == []


def test_a_home_link_whose_router_answers_is_one_even_without_agents() -> None:
    play = Journey()
    _is_told_that_it_is_at_home(play)
    for _ in range(60):
        play.waits(1)
        if _asked(play, ROUTERS[HOME_PREFIX]):
            play.hears_neighbour(ROUTERS[HOME_PREFIX], LINK_LOCAL)
        play.hears_router(ABROAD)
    assert not [event for event in play.events if isinstance(event, RouterLost | LocationChanged)]


def test_at_home_nobody_is_asked_where_there_is_no_other_link_to_be_on() -> None:
    """All routers have the home prefix: the node has nowhere else to be."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.returns_home()
    play.hears_router(HOME_PREFIX, source=SECOND)
    play.waits(0.5)
    play.hears_neighbour(SECOND, LINK_LOCAL)
    play.forgets()
    play.waits(60)
    assert len(play.takes_updates()) > 3
    assert _asked(play, ROUTERS[HOME_PREFIX]) == _asked(play, SECOND) == []

"""What a home agent holds of another one: reachable, unreachable, empty; and whom it offers (the paper, III-D)."""

from itertools import product

import pytest

from mhatool.engine.commands import LinkChanged
from mhatool.engine.constants import FAST_LAB, RFC6275, Constants
from mhatool.engine.failure_events import AlarmRaised, PeerChanged
from mhatool.engine.home_agent.peer import PEERS, PeerInput, PeerState
from mhatool.engine.home_agent.probing import Probing
from mhatool.engine.states import IllegalInputError
from tests.mhatool.engine.home_agent.companions import (
    Counters,
    answers,
    knows,
    lives,
    offered,
    requests,
    says,
    shares,
)
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    SECOND_LINK,
    THIRD,
    announces,
    checks,
    update,
)
from tests.mhatool.engine.playbook import Playbook, S

DETECTED_S = RFC6275.probe_idle_s + RFC6275.probe_failures * RFC6275.probe_interval_s
"""From the last answer: the next Heartbeat leaves after an idle second, and each one is waited for a second."""
HASTE_S = 0.5
NOBODY: Counters = {}
OTHER_HOME = PREFIX[:8] + HOME[8:15] + b"\xab"


def changes(play: Playbook) -> list[tuple[bytes, str, str]]:
    """What was told about peers, since the last time."""
    found = [event for event in play.events if isinstance(event, PeerChanged)]
    play.events = [event for event in play.events if event not in found]
    return [(event.address, event.state, event.cause) for event in found]


def loses(agents: tuple[bytes, ...] = (AGENT, SECOND), survivors: Counters | None = None, **facts: object) -> Playbook:
    """The second agent has just been found unreachable."""
    play = shares(agents, **facts)
    lives(play, DETECTED_S, NOBODY if survivors is None else survivors)
    assert changes(play) == [(SECOND, "unreachable", "unanswered")]
    play.forgets()
    return play


# --- unreachable ---


def test_it_is_unreachable_after_three_unanswered_heartbeats() -> None:
    play = shares()
    lives(play, DETECTED_S - 0.001, NOBODY)
    assert changes(play) == []
    play.waits(0.001)
    assert changes(play) == [(SECOND, "unreachable", "unanswered")]


@pytest.mark.parametrize("constants", [RFC6275, FAST_LAB, Constants(probe_failures=1), Constants(probe_idle_s=35.0)])
def test_within_failures_and_one_intervals(constants: Constants) -> None:
    """With an idle time of 35 s, as RFC 4861's timers would have it, that comes on top."""
    play = shares(constants=constants)
    answered_at = lives(play, 40)[-1].at
    play.forgets()
    lives(play, 60, NOBODY)
    event = play.tells(PeerChanged, state="unreachable")
    expected = constants.probe_idle_s + constants.probe_failures * constants.probe_interval_s
    assert (event.time_ns - answered_at) / S == pytest.approx(expected)


@pytest.mark.parametrize("answered", [1, 2])
def test_one_answer_in_between_begins_the_count_anew(answered: int) -> None:
    play = shares()
    lives(play, RFC6275.probe_idle_s + answered * RFC6275.probe_interval_s - 0.5, NOBODY)
    lives(play, 0.5)  # to the next Heartbeat, which is answered
    lives(play, DETECTED_S - 0.001, NOBODY)
    assert changes(play) == []


def test_a_late_answer_is_none() -> None:
    play = shares()
    play.waits(RFC6275.probe_idle_s)
    (late,) = requests(play)
    play.waits(RFC6275.probe_interval_s)
    answers(play, late)
    play.waits(2 * RFC6275.probe_interval_s)
    assert changes(play) == [(SECOND, "unreachable", "unanswered")]


def test_one_that_never_answered_is_unreachable_too() -> None:
    play = shares(counters=NOBODY)
    lives(play, RFC6275.probe_failures * RFC6275.probe_interval_s, NOBODY)
    assert changes(play) == [(SECOND, "unreachable", "unanswered")]


def test_an_unreachable_one_is_asked_twice_a_second() -> None:
    play = loses()
    assert len(lives(play, 10, NOBODY)) == 10 / HASTE_S
    assert changes(play) == []  # told once


def test_with_fast_probes_it_is_asked_as_often_as_before() -> None:
    play = shares(constants=FAST_LAB)
    lives(play, 1, NOBODY)
    assert len(lives(play, 1, NOBODY)) == round(1 / FAST_LAB.probe_interval_s)


def test_the_first_answer_makes_it_reachable_again() -> None:
    play = loses()
    lives(play, HASTE_S)
    assert changes(play) == [(SECOND, "reachable", "probed")]
    lives(play, DETECTED_S - 0.001, NOBODY)
    assert changes(play) == []


def test_its_own_question_proves_nothing_but_is_a_reason_to_ask() -> None:
    play = loses()
    play.waits(0.1)
    requests(play)
    says(play, SECOND, "")
    assert changes(play) == []
    (request,) = requests(play)
    assert request.at == play.now
    answers(play, request)
    assert changes(play) == [(SECOND, "reachable", "probed")]


def test_questions_in_its_name_make_nobody_flood_it() -> None:
    play = loses()
    for _ in range(1000):
        play.waits(0.001)
        says(play, SECOND, "")
    assert len(requests(play)) <= 1 / 0.05 + 1


# --- routes, the own link ---


def test_without_a_home_link_it_accuses_nobody() -> None:
    play = shares()
    lives(play, 3, NOBODY)
    play.is_told(LinkChanged("home", False))
    assert lives(play, 100, NOBODY) == []
    assert changes(play) == []
    play.is_told(LinkChanged("elsewhere", True))
    assert requests(play) == []
    play.is_told(LinkChanged("home", True))
    assert len(lives(play, 0)) == 1
    assert changes(play) == [(SECOND, "reachable", "probed")]


def test_with_the_link_back_it_begins_to_count_anew() -> None:
    play = shares()
    lives(play, 3, NOBODY)
    play.is_told(LinkChanged("home", False))
    play.waits(5)
    play.is_told(LinkChanged("home", True))
    lives(play, RFC6275.probe_failures * RFC6275.probe_interval_s - 0.001, NOBODY)
    assert changes(play) == []
    lives(play, 0.001, NOBODY)
    assert changes(play) == [(SECOND, "unreachable", "unanswered")]


def test_who_restarted_while_the_link_was_down_is_empty() -> None:
    play = shares()
    play.is_told(LinkChanged("home", False))
    play.waits(1)
    play.is_told(LinkChanged("home", True))
    lives(play, 0, {SECOND: 1})
    assert changes(play) == [(SECOND, "empty", "restarted")]


# --- empty ---


def restarted(agents: tuple[bytes, ...] = (AGENT, SECOND)) -> Playbook:
    """The second agent has answered with another counter."""
    play = shares(agents)
    lives(play, RFC6275.probe_idle_s, {SECOND: 1, THIRD: 0})
    assert changes(play) == [(SECOND, "empty", "restarted")]
    play.forgets()
    return play


@pytest.mark.parametrize("counter", [1, 7, 0xFFFFFFFF])
def test_another_counter_means_that_the_bindings_are_gone(counter: int) -> None:
    play = shares()
    lives(play, RFC6275.probe_idle_s, {SECOND: counter})
    assert changes(play) == [(SECOND, "empty", "restarted")]
    lives(play, 10, {SECOND: counter})
    assert changes(play) == []  # it answers, but that isn't what lacks


def test_it_holds_a_binding_again_when_it_checks_or_announces_its_address() -> None:
    for speaks in (checks, announces):
        play = restarted()
        speaks(play, SECOND_LINK)
        assert changes(play) == [(SECOND, "reachable", "probed")]


def test_it_holds_it_again_when_the_mobile_node_lists_it_in_an_accepted_update() -> None:
    play = restarted()
    play.hears(update(1, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)  # an old number
    assert changes(play) == []
    play.hears(update(2, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    assert changes(play) == [(SECOND, "reachable", "probed")]


def test_each_binding_counts_by_itself() -> None:
    play = shares()
    play.hears(update(1, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=OTHER_HOME)
    lives(play, 2)
    play.forgets()
    lives(play, RFC6275.probe_idle_s, {SECOND: 1})
    assert {event.home_address for event in play.events if isinstance(event, AlarmRaised)} == {HOME, OTHER_HOME}
    assert changes(play) == [(SECOND, "empty", "restarted")]
    checks(play, SECOND_LINK, OTHER_HOME)
    assert changes(play) == []
    checks(play, SECOND_LINK)
    assert changes(play) == [(SECOND, "reachable", "probed")]


def test_what_is_no_longer_shared_does_not_lack() -> None:
    play = shares()
    play.hears(update(1, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=OTHER_HOME)
    lives(play, 2)
    lives(play, RFC6275.probe_idle_s, {SECOND: 1})
    checks(play, SECOND_LINK, OTHER_HOME)
    changes(play)
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    assert changes(play) == [(SECOND, "reachable", "probed")]


def test_a_crash_that_is_noticed_before_the_restart() -> None:
    play = loses()
    lives(play, HASTE_S, {SECOND: 1})
    assert changes(play) == [(SECOND, "empty", "restarted")]
    lives(play, DETECTED_S, NOBODY)
    assert changes(play) == [(SECOND, "unreachable", "unanswered")]
    lives(play, HASTE_S, {SECOND: 1})
    assert changes(play) == [(SECOND, "empty", "probed")]  # back, but without what it lost before
    checks(play, SECOND_LINK)
    assert changes(play) == [(SECOND, "reachable", "probed")]


def test_forged_news_of_a_restart_are_asked_back_and_believed_to_nobody() -> None:
    play = shares()
    play.waits(0.5)
    says(play, SECOND, "UR", counter=1)
    assert changes(play) == []
    (request,) = requests(play)
    assert request.at == play.now
    answers(play, request, 0)
    lives(play, 10)
    assert changes(play) == []
    assert not [event for event in play.events if isinstance(event, AlarmRaised)]


def test_news_of_a_restart_that_its_answer_confirms() -> None:
    play = shares()
    play.waits(0.5)
    says(play, SECOND, "UR", counter=1)
    answers(play, requests(play)[0], 1)
    assert changes(play) == [(SECOND, "empty", "restarted")]


def test_an_answer_that_was_on_its_way_confirms_nothing() -> None:
    """The question left before the news: it may have been answered before the restart."""
    play = shares()
    play.waits(RFC6275.probe_idle_s)
    (before,) = requests(play)
    play.waits(0.06)
    says(play, SECOND, "UR", counter=1)
    (repeated,) = requests(play)
    assert repeated.message == before.message  # it may have been lost
    answers(play, before, 0)
    assert changes(play) == []
    play.waits(0.05)
    (request,) = requests(play)
    assert request.message.sequence_number == (before.message.sequence_number + 1) % 2**32
    answers(play, request, 1)
    assert changes(play) == [(SECOND, "empty", "restarted")]


def test_news_of_the_same_counter_are_none() -> None:
    play = shares()
    play.waits(0.5)
    says(play, SECOND, "UR", counter=0)
    says(play, SECOND, "UR")
    play.sends_nothing()


def test_forged_news_hide_no_death() -> None:
    """However often somebody asks for attention, what isn't answered is counted."""
    play = shares()
    begin = play.now
    for _ in range(500):
        play.waits(0.01)
        says(play, SECOND, "UR", counter=1)
    event = play.tells(PeerChanged, state="unreachable")
    assert (event.time_ns - begin) / S <= DETECTED_S
    assert len(requests(play)) <= 500 * 0.01 / 0.05


# --- whom a mobile node is offered ---


def test_who_does_not_answer_is_offered_to_nobody() -> None:
    play = shares((AGENT, SECOND, THIRD))
    assert offered(play) == {AGENT, SECOND, THIRD}
    lives(play, DETECTED_S, {THIRD: 0})
    assert offered(play) == {AGENT, THIRD}
    lives(play, HASTE_S)
    assert offered(play) == {AGENT, SECOND, THIRD}


def test_nor_when_no_list_names_it_any_more_until_it_answers() -> None:
    play = loses((AGENT, SECOND, THIRD), {THIRD: 0})
    play.hears(update(2, flags="AHM", agents=(AGENT, THIRD)), CARE_OF, AGENT, home_address=HOME)
    lives(play, 60, {THIRD: 0})
    assert offered(play) == {AGENT, THIRD}
    lives(play, HASTE_S)
    assert changes(play) == [(SECOND, "reachable", "probed")]
    assert offered(play) == {AGENT, SECOND, THIRD}
    assert {request.arrival.destination for request in lives(play, 5)} == {THIRD}  # nothing is shared with it


def unlisted() -> Playbook:
    """The second one is unreachable, and no binding lists it any more."""
    play = loses()
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    play.forgets()
    return play


def test_one_that_has_restarted_holds_nothing_that_would_lack() -> None:
    play = unlisted()
    assert offered(play) == {AGENT}
    lives(play, HASTE_S, {SECOND: 1})
    assert changes(play) == [(SECOND, "reachable", "probed")]
    assert offered(play) == {AGENT, SECOND}
    assert lives(play, 10) == []


def test_with_the_link_back_nothing_old_is_held_against_it() -> None:
    play = unlisted()
    play.is_told(LinkChanged("home", False))
    play.is_told(LinkChanged("home", True))
    assert changes(play) == [(SECOND, "unreachable", "unshared")]
    assert offered(play) == {AGENT, SECOND}
    assert lives(play, 10) == []


def test_nobody_is_asked_by_an_agent_whose_link_is_down() -> None:
    play = shares()
    play.is_told(LinkChanged("home", False))
    says(play, SECOND, "UR", counter=1)
    knows(play, THIRD)
    play.hears(update(2, flags="AHM", agents=(AGENT, SECOND, THIRD)), CARE_OF, AGENT, home_address=HOME)
    assert lives(play, 30, NOBODY) == []
    assert changes(play) == []
    assert not [event for event in play.events if isinstance(event, AlarmRaised)]
    play.is_told(LinkChanged("home", True))
    assert {request.arrival.destination for request in requests(play)} == {SECOND, THIRD}


def test_it_is_forgotten_when_its_advertised_lifetime_is_over() -> None:
    play = loses()
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    assert lives(play, 2000, NOBODY)
    assert lives(play, 2000, NOBODY) == []
    assert play.node.next_timer() is None


def test_an_empty_one_is_offered_once_it_holds_a_binding_again() -> None:
    play = shares()
    play.hears(update(1, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=OTHER_HOME)
    lives(play, 2)
    lives(play, RFC6275.probe_idle_s, {SECOND: 1})
    assert offered(play) == {AGENT}
    checks(play, SECOND_LINK, OTHER_HOME)
    assert offered(play) == {AGENT, SECOND}


def test_or_when_nothing_is_shared_with_it() -> None:
    play = restarted()
    assert offered(play) == {AGENT}
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    assert changes(play) == [(SECOND, "empty", "unshared")]
    assert offered(play) == {AGENT, SECOND}


# --- the table ---

LEGAL = {
    *product(
        ("ASKED", "REACHABLE", "EMPTY", "UNREACHABLE"),
        ("KNOWN", "ANSWERED", "RESTARTED", "UNANSWERED", "LEFT", "ROUTE_LOST", "LINK_BACK", "UNSHARED"),
    ),
    ("UNKNOWN", "KNOWN"),  # nobody asks who isn't known, so that nothing else can happen
    ("UNKNOWN", "UNSHARED"),
    ("EMPTY", "RELEARNED"),  # only who has lost something
}


@pytest.mark.parametrize(("state", "given"), list(product(PeerState, PeerInput)))
def test_the_table_of_peers(state: PeerState, given: PeerInput) -> None:
    row = PEERS.rows.get((state, given))
    if (state.name, given.name) not in LEGAL:
        assert row is None
        with pytest.raises(IllegalInputError, match=f"{given.name} in state {state.name}"):
            PEERS.feed(state, given, object())
        return
    assert row is not None
    assert not row.handler or callable(getattr(Probing, row.handler))
    assert row.clause.startswith(("the paper, III-D", "RFC 5847, 3."))


def test_a_moved_mobile_node_changes_nothing() -> None:
    play = shares()
    play.hears(update(2, flags="AHM", agents=(AGENT, SECOND)), ELSEWHERE, AGENT, home_address=HOME)
    lives(play, 5)
    assert changes(play) == []

"""Heartbeats: who is asked and when, who is answered, which answers count (RFC 5847, 3; PROTOCOL's decisions)."""

import pytest

from dissectors.ipv6.address import parse
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.spec import Flags
from mhatool.engine.actions import Send
from mhatool.engine.constants import KAME2003, RFC6275, Constants
from mhatool.engine.drops import DropReason
from mhatool.engine.failure_events import PeerChanged
from tests.mhatool.engine.home_agent.companions import answers, knows, lives, requests, restart_counter, says, shares
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    THIRD,
    agent,
    knows_second,
    registers,
    update,
)
from tests.mhatool.engine.playbook import BEGIN, Playbook, S

INTERVAL_S, IDLE_S = RFC6275.probe_interval_s, RFC6275.probe_idle_s
OTHER_HOME = PREFIX[:8] + HOME[8:15] + b"\xab"


def registered(agents: tuple[bytes, ...], **changes: object) -> Playbook:
    """Just registered, after one second of duplicate address detection."""
    play = agent(**changes)
    knows(play, SECOND)
    registers(play, flags="AHM", agents=agents)
    return play


# --- who is asked, and when ---


def test_who_shares_a_mobile_node_is_asked_from_the_registration_on() -> None:
    play = registered((AGENT, SECOND))
    (request,) = requests(play)
    assert request.at == BEGIN + 1 * S
    assert (request.arrival.source, request.arrival.destination) == (AGENT, SECOND)
    assert (request.message.flags, request.options) == (Flags(), [])


def test_the_next_one_leaves_an_idle_time_after_the_answer_and_counts_on() -> None:
    play = registered((AGENT, SECOND))
    (first,) = requests(play)
    play.waits(0.25)
    answers(play, first)
    play.waits(IDLE_S - 0.001)
    assert requests(play) == []
    play.waits(0.001)
    (second,) = requests(play)
    assert second.message.sequence_number == (first.message.sequence_number + 1) % 2**32


def test_without_an_answer_it_leaves_after_the_interval() -> None:
    play = registered((AGENT, SECOND))
    play.waits(2 * INTERVAL_S)
    assert [(request.at - BEGIN) / S for request in requests(play)] == [1, 1 + INTERVAL_S, 1 + 2 * INTERVAL_S]


def test_numbers_begin_at_random_for_each_pair() -> None:
    numbers = [requests(registered((AGENT, SECOND), seed=seed))[0].message.sequence_number for seed in (1, 2)]
    assert numbers[0] != numbers[1]
    play = shares((AGENT, SECOND, THIRD))
    second, third = lives(play, IDLE_S)
    assert (second.arrival.destination, third.arrival.destination) == (SECOND, THIRD)
    assert second.message.sequence_number != third.message.sequence_number


def test_one_stream_serves_all_bindings_of_a_pair() -> None:
    play = shares()
    play.hears(update(1, flags="AHM", agents=(SECOND, AGENT)), CARE_OF, AGENT, home_address=OTHER_HOME)
    asked = lives(play, 10)
    assert len(asked) == 10 / IDLE_S
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    assert len(lives(play, 10)) == 10 / IDLE_S
    play.hears(update(2, lifetime_s=0), OTHER_HOME, AGENT, link_source=MOBILE_LINK)
    assert lives(play, 10) == []
    play.tells(PeerChanged, address=SECOND, state="reachable", cause="unshared")


@pytest.mark.parametrize("agents", [(), (AGENT, THIRD)])
def test_who_is_not_listed_or_not_known_is_not_asked(agents: tuple[bytes, ...]) -> None:
    """A list of strangers makes this agent talk to none of them."""
    play = agent()
    knows(play, SECOND)
    registers(play, flags="AHM" if agents else "AH", agents=agents)
    assert lives(play, 10) == []
    says(play, THIRD, "")
    play.forgets()
    says(play, THIRD, "R")
    play.drops(DropReason.NOT_ASKED)


def test_one_that_becomes_known_is_asked_then() -> None:
    play = agent()
    registers(play, flags="AHM", agents=(AGENT, SECOND))
    assert lives(play, 3) == []
    knows(play, SECOND)
    assert [request.at for request in requests(play)] == [play.now]


def test_one_of_the_configuration_needs_no_advertisement() -> None:
    play = agent(peers=(SECOND,))
    registers(play, flags="AHM", agents=(AGENT, SECOND))
    assert len(requests(play)) == 1


def test_a_new_list_adds_and_removes() -> None:
    play = shares()
    knows(play, THIRD)
    play.hears(update(2, flags="AHM", agents=(AGENT, THIRD)), ELSEWHERE, AGENT, home_address=HOME)
    assert {request.arrival.destination for request in lives(play, 5)} == {THIRD}


@pytest.mark.parametrize("lifetime_s", [100, 4])
def test_it_ends_with_the_binding(lifetime_s: int) -> None:
    play = agent()
    knows(play, SECOND)
    registers(play, flags="AHM", agents=(AGENT, SECOND), lifetime_s=lifetime_s)
    # From the acceptance a second after the update, its instant included, to the end, which isn't: one a second.
    assert len(lives(play, lifetime_s + 10)) == (lifetime_s - 1) / IDLE_S
    assert play.node.next_timer() is not None  # the other one's advertised lifetime


def test_a_silent_one_that_nobody_advertises_is_given_up_with_the_binding() -> None:
    """Its advertisement ends at 5 s; then it asks, once: from then on it is asked, but not after the binding's end."""
    play = agent()
    knows_second(play, lifetime_s=5)
    registers(play, flags="AHM", agents=(AGENT, SECOND), lifetime_s=100)
    play.waits(10)
    requests(play)
    says(play, SECOND, "")
    play.waits(80)
    assert requests(play) != []
    play.waits(20)
    requests(play)
    play.waits(3600)
    assert (requests(play), play.node.next_timer()) == ([], None)


def test_with_no_failures_allowed_nobody_is_asked() -> None:
    """As in 2003."""
    play = registered((AGENT, SECOND), constants=KAME2003)
    assert lives(play, 20) == []
    says(play, SECOND, "", number=3)
    play.finds(Heartbeat, flags={"R"}, sequence_number=3)


# --- who is answered ---


def test_a_known_agent_is_answered_with_its_number_and_the_restart_counter() -> None:
    play = agent(restart_counter=9)
    knows(play, SECOND)
    play.forgets()
    says(play, SECOND, "", number=0xFFFFFFFF)
    sent = play.sends(Heartbeat, flags={"R"}, sequence_number=0xFFFFFFFF)
    assert (sent.at, sent.arrival.source, sent.arrival.destination) == (play.now, AGENT, SECOND)
    assert restart_counter(sent) == 9
    play.sends_nothing()


def test_a_stranger_is_not_answered() -> None:
    play = agent()
    says(play, THIRD, "")
    play.drops(DropReason.NOT_LISTED)
    registers(play, flags="AHM", agents=(AGENT, THIRD))  # a mobile node's word doesn't make it a home agent
    play.forgets()
    says(play, THIRD, "")
    play.drops(DropReason.NOT_LISTED)


def test_what_is_no_heartbeat_between_agents_is_dropped() -> None:
    play = shares()
    request = Heartbeat(flags=Flags(), sequence_number=1, options=())
    says(play, SECOND, "", to=HOME)
    play.drops(DropReason.NOT_FOR_US)
    play.hears(request, CARE_OF, AGENT, home_address=SECOND)
    play.drops(DropReason.HOME_ADDRESS)
    play.hears(request, SECOND, AGENT, tunnel=(CARE_OF, AGENT))
    play.drops(DropReason.HOME_ADDRESS)
    says(play, SECOND, "U")
    play.drops(DropReason.CODE)


# --- which answers count ---


def test_only_the_number_that_is_out_counts_and_only_once() -> None:
    play = registered((AGENT, SECOND))
    (request,) = requests(play)
    play.forgets()
    number = request.message.sequence_number
    for wrong in (number - 1, number + 1):
        says(play, SECOND, "R", wrong % 2**32, 0)
        play.drops(DropReason.NOT_ASKED)
    for stranger in (THIRD, parse("2001:db8:dead::2")):
        says(play, stranger, "R", number, 0)
        play.drops(DropReason.NOT_ASKED)
    says(play, SECOND, "R", number, 0)
    play.tells(PeerChanged, address=SECOND, state="reachable", cause="probed")
    says(play, SECOND, "R", number, 0)
    play.drops(DropReason.NOT_ASKED)


def test_an_answer_without_a_counter_is_a_sign_of_life_too() -> None:
    play = registered((AGENT, SECOND))
    (request,) = requests(play)
    answers(play, request, None)
    play.tells(PeerChanged, state="reachable")
    play.waits(IDLE_S)
    answers(play, requests(play)[0], 5)  # the first one that is told: nothing has changed
    play.waits(IDLE_S)
    answers(play, requests(play)[0], None)
    assert [event for event in play.events if isinstance(event, PeerChanged)] == []


def test_everything_it_does_is_sending() -> None:
    play = shares()
    lives(play, 30)
    assert [action for action in play.actions if not isinstance(action, Send)] == []


def test_in_one_agent_s_name_so_many_are_answered_a_second() -> None:
    """A hundred at once, then one each hundredth of a second; another agent's are answered meanwhile."""
    play = shares((AGENT, SECOND, THIRD))
    play.forgets()
    for number in range(150):
        says(play, SECOND, "", number)
    assert len([each for each in play._sent if isinstance(each.message, Heartbeat)]) == 100
    play.forgets()
    says(play, SECOND, "", 150)
    assert play.drops(DropReason.RATE_LIMIT).detail == "too many Heartbeats a second in its name"
    says(play, THIRD, "", 7)
    play.sends(Heartbeat, sequence_number=7)
    play.waits(0.1)
    play.forgets()
    for number in range(50):
        says(play, SECOND, "", number)
    assert len([each for each in play._sent if isinstance(each.message, Heartbeat)]) == 10


def test_who_probes_more_often_is_answered_more_often() -> None:
    """Four times as many as the constants ask: 2,000 a second where probes are 2 ms apart."""
    play = shares(constants=Constants(probe_interval_s=0.002, probe_idle_s=0.002))
    play.forgets()
    for number in range(2_100):
        says(play, SECOND, "", number)
    answers_sent = [each for each in play._sent if isinstance(each.message, Heartbeat) and "R" in each.message.flags]
    assert len(answers_sent) == 2_000

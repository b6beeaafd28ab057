"""Home Agent Unreachable: who tells which mobile node, when, how often, and what ends it (the paper, III-D, Fig. 9)."""

from itertools import pairwise
from typing import Any

import pytest

from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from mhatool.engine.commands import LinkChanged
from mhatool.engine.constants import RFC6275, Constants
from mhatool.engine.failure_events import AlarmEnded, AlarmRaised
from tests.mhatool.engine.home_agent.companions import Counters, is_lost, knows, lives, shares
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
    agent,
    checks,
    registers,
    update,
)
from tests.mhatool.engine.playbook import Playbook, S, Sent

DETECTED_S = RFC6275.probe_idle_s + RFC6275.probe_failures * RFC6275.probe_interval_s
HASTE_S = 0.5
INTERVAL_S, TRANSMITS = RFC6275.unreachable_interval_s, RFC6275.unreachable_transmits
TURN_S = RFC6275.unreachable_turn_s
NOBODY: Counters = {}
ALL_THREE = (AGENT, SECOND, THIRD)


def loses(agents: tuple[bytes, ...] = (AGENT, SECOND), alive: Counters | None = None, **facts: Any) -> Playbook:
    """The agents that aren't `alive` were found unreachable in this instant."""
    play = shares(agents, **facts)
    play.forgets()
    lives(play, DETECTED_S, NOBODY if alive is None else alive)
    return play


def alarms(play: Playbook) -> list[Sent]:
    """The messages among what was sent and not asked for yet; they are taken out."""
    found = [sent for sent in play._sent if isinstance(sent.message, HomeAgentUnreachable)]
    play._sent = [sent for sent in play._sent if sent not in found]
    return found


def seconds(play: Playbook, sent: list[Sent], since_s: float = 0.0) -> list[float]:
    """When they left, from an instant so long ago on."""
    return [round((each.at - play.now) / S + since_s, 9) for each in sent]


def renews(play: Playbook, number: int = 2, agents: tuple[bytes, ...] = (), care_of: bytes = CARE_OF) -> None:
    """The mobile node registers again, with this list."""
    play.hears(update(number, flags="AHM" if agents else "AH", agents=agents), care_of, AGENT, home_address=HOME)


# --- the message ---


def test_who_missed_it_is_told_again_with_its_next_update() -> None:
    """It was off the air while it was told, and refreshes the list that names the dead agent."""
    play = loses()
    lives(play, 20, NOBODY)
    (first, *_) = alarms(play)
    renews(play, agents=(AGENT, SECOND))
    play.waits(0)
    (sent,) = alarms(play)
    assert sent.message.unreachable == (SECOND,)
    assert sent.message.identifier != first.message.identifier
    renews(play, 3, agents=(AGENT, SECOND))  # it is being told already: one alarm is enough
    play.waits(0)
    assert alarms(play) == []


def test_it_goes_to_the_care_of_address_with_the_home_address_in_a_routing_header() -> None:
    play = loses()
    (sent,) = alarms(play)
    assert sent.at == play.now
    arrival = sent.arrival
    assert (arrival.source, arrival.destination, arrival.routed_home_address) == (AGENT, CARE_OF, HOME)
    assert sent.message.unreachable == (SECOND,)
    event = play.tells(AlarmRaised)
    assert (event.home_address, event.unreachable, event.turn) == (HOME, (SECOND,), 0)
    assert event.identifier == sent.message.identifier


def test_it_is_told_three_times_a_second_apart_under_one_identifier() -> None:
    play = loses()
    lives(play, 20, NOBODY)
    sent = alarms(play)
    assert seconds(play, sent, 20) == [0, INTERVAL_S, 2 * INTERVAL_S]
    assert len(sent) == TRANSMITS
    assert len({each.message.identifier for each in sent}) == 1
    event = play.tells(AlarmEnded, cause="told", identifier=sent[0].message.identifier)
    assert (event.time_ns - play.now) / S + 20 == TRANSMITS * INTERVAL_S


def test_it_follows_the_mobile_node_when_it_moves() -> None:
    play = loses()
    renews(play, agents=(AGENT, SECOND), care_of=ELSEWHERE)
    lives(play, INTERVAL_S, NOBODY)
    assert [sent.arrival.destination for sent in alarms(play)] == [CARE_OF, ELSEWHERE]


def test_all_that_are_lost_are_named_in_the_order_of_the_list() -> None:
    play = loses((THIRD, AGENT, SECOND))
    # Both in one instant, one after the other: the second failure makes another alarm of it before any was sent.
    (sent,) = alarms(play)
    assert sent.message.unreachable == (THIRD, SECOND)


# --- whose turn it is ---


@pytest.mark.parametrize(
    ("agents", "alive", "turn"),
    [
        ((AGENT, SECOND, THIRD), (THIRD,), 0),
        ((SECOND, AGENT, THIRD), (THIRD,), 0),  # the lost one doesn't count
        ((SECOND, THIRD, AGENT), (THIRD,), 1),
        ((THIRD, SECOND, AGENT), (THIRD,), 1),
        ((SECOND, THIRD, AGENT), (), 0),
    ],
)
def test_an_agent_waits_for_those_that_live_before_it(
    agents: tuple[bytes, ...], alive: tuple[bytes, ...], turn: int
) -> None:
    play = loses(agents, dict.fromkeys(alive, 0))
    lives(play, 20, dict.fromkeys(alive, 0))
    assert seconds(play, alarms(play), 20)[0] == turn * TURN_S
    assert play.tells(AlarmRaised, turn=turn)


def test_who_is_not_known_is_not_waited_for() -> None:
    """A list with strangers before this agent would keep it silent."""
    play = agent()
    knows(play, SECOND)
    registers(play, flags="AHM", agents=(THIRD, AGENT, SECOND))
    lives(play, DETECTED_S, NOBODY)
    (sent, *_) = alarms(play)
    assert sent.message.unreachable == (SECOND,)


def test_a_later_agent_is_silent_if_the_mobile_node_answers_in_time() -> None:
    play = loses((SECOND, THIRD, AGENT), {THIRD: 0})
    lives(play, TURN_S - 0.001, {THIRD: 0})
    renews(play, agents=(THIRD, AGENT))
    lives(play, 20, {THIRD: 0})
    assert alarms(play) == []
    play.tells(AlarmEnded, cause="answered")


def test_if_the_one_before_it_dies_too_it_tells_of_both() -> None:
    play = loses((SECOND, THIRD, AGENT), {THIRD: 0})
    first = play.tells(AlarmRaised, turn=1, unreachable=(SECOND,))
    lives(play, 1, {THIRD: 0})
    is_lost(play, NOBODY)
    (sent,) = alarms(play)
    assert sent.message.unreachable == (SECOND, THIRD)
    assert sent.message.identifier != first.identifier
    play.tells(AlarmEnded, identifier=first.identifier, cause="renewed")
    play.tells(AlarmRaised, identifier=sent.message.identifier, turn=0)


# --- what ends it ---


@pytest.mark.parametrize("agents", [(), (AGENT, THIRD)])
def test_an_update_without_the_lost_one_is_the_answer(agents: tuple[bytes, ...]) -> None:
    play = loses()
    alarms(play)
    knows(play, THIRD)
    renews(play, agents=agents)
    event = play.tells(AlarmEnded, cause="answered")
    assert (event.home_address, event.time_ns) == (HOME, play.now)
    lives(play, 20, {THIRD: 0})
    assert alarms(play) == []


def test_one_that_still_lists_it_is_none_and_begins_no_other_beside_it() -> None:
    """One while it is being told changes nothing; the next, after the last message, begins another three."""
    play = loses()
    renews(play, agents=(AGENT, SECOND))
    lives(play, 20, NOBODY)
    assert len(alarms(play)) == TRANSMITS
    renews(play, 3, agents=(AGENT, SECOND))
    lives(play, 20, NOBODY)
    assert len(alarms(play)) == TRANSMITS


def test_a_refused_one_is_none() -> None:
    play = loses()
    renews(play, number=1)  # an old number
    lives(play, 20, NOBODY)
    assert len(alarms(play)) == TRANSMITS


def test_one_that_omits_one_of_two_is_told_of_the_other() -> None:
    play = loses(ALL_THREE, NOBODY)
    (sent,) = alarms(play)
    renews(play, agents=(AGENT, THIRD))
    lives(play, INTERVAL_S, NOBODY)
    (again,) = alarms(play)
    assert again.message.unreachable == (THIRD,)
    assert again.message.identifier == sent.message.identifier


def test_the_peer_that_answers_again_ends_it() -> None:
    play = loses()
    alarms(play)
    lives(play, HASTE_S)
    play.tells(AlarmEnded, cause="recovered")
    lives(play, 20)
    assert alarms(play) == []


def test_of_two_the_one_that_is_back_is_named_no_more() -> None:
    play = loses(ALL_THREE, NOBODY)
    (sent,) = alarms(play)
    lives(play, INTERVAL_S, {THIRD: 0})
    (again,) = alarms(play)
    assert again.message.unreachable == (SECOND,)
    assert again.message.identifier == sent.message.identifier


def test_the_next_failure_is_another_one() -> None:
    play = loses()
    first = play.tells(AlarmRaised)
    lives(play, HASTE_S)
    lives(play, DETECTED_S, NOBODY)
    second = play.tells(AlarmRaised)
    assert second.identifier != first.identifier
    lives(play, 20, NOBODY)
    assert [sent.message.identifier for sent in alarms(play)] == [first.identifier] + TRANSMITS * [second.identifier]


def test_a_mobile_node_that_is_home_is_told_nothing() -> None:
    play = loses()
    alarms(play)
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    play.tells(AlarmEnded, cause="gone")
    lives(play, 20, NOBODY)
    assert alarms(play) == []


def test_nor_one_whose_binding_ends() -> None:
    play = shares()
    lifetime_s = 8
    play.hears(update(2, lifetime_s, "AHM", (AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    lives(play, lifetime_s - DETECTED_S - 1)
    lives(play, DETECTED_S, NOBODY)  # a second before the end
    lives(play, 20, NOBODY)
    assert seconds(play, alarms(play), 20) == [0]
    play.tells(AlarmEnded, cause="gone")


def test_nobody_is_told_while_the_home_address_is_checked() -> None:
    play = loses()
    alarms(play)
    other = PREFIX[:8] + HOME[8:15] + b"\xab"
    play.hears(update(1, flags="AHM", agents=(AGENT, SECOND)), ELSEWHERE, AGENT, home_address=other)
    lives(play, 1 - 0.001, NOBODY)
    assert {sent.arrival.routed_home_address for sent in alarms(play)} <= {HOME}
    lives(play, 0.002, NOBODY)
    # Now it is bound, with a list that names an agent which is lost already.
    assert other in {sent.arrival.routed_home_address for sent in alarms(play)}


def test_a_list_that_adds_a_lost_agent_is_told() -> None:
    play = loses(ALL_THREE, {THIRD: 0})
    renews(play, agents=(AGENT, THIRD))
    lives(play, 5, {THIRD: 0})
    alarms(play)
    renews(play, 3, agents=ALL_THREE)
    lives(play, 0, {THIRD: 0})
    (sent,) = alarms(play)
    assert sent.message.unreachable == (SECOND,)


# --- a peer that is empty ---


def test_bindings_that_a_peer_lost_are_told_until_it_holds_them_again() -> None:
    play = shares()
    lives(play, RFC6275.probe_idle_s, {SECOND: 1})
    (sent,) = alarms(play)
    assert sent.message.unreachable == (SECOND,)
    lives(play, 0.5, {SECOND: 1})
    checks(play, SECOND_LINK)
    play.tells(AlarmEnded, cause="recovered")
    lives(play, 20, {SECOND: 1})
    assert alarms(play) == []


# --- this agent itself, and many mobile nodes ---


def test_without_a_home_link_nothing_is_told() -> None:
    play = loses()
    alarms(play)
    play.is_told(LinkChanged("home", False))
    play.tells(AlarmEnded, cause="withdrawn")
    lives(play, 20, NOBODY)
    assert alarms(play) == []


def crowd(size: int, constants: Constants, agents: tuple[bytes, ...] = (AGENT, SECOND)) -> Playbook:
    """So many mobile nodes have lost the second agent in this instant; the other ones live."""
    play = agent(constants=constants, update_rate=0.0)
    knows(play, *(address for address in agents if address != AGENT))
    for number in range(size):
        home = PREFIX[:8] + b"\x02" + number.to_bytes(7, "big")
        play.hears(update(1, flags="AHM", agents=agents), CARE_OF, AGENT, home_address=home)
    alive = {address: 0 for address in agents if address != SECOND}
    lives(play, 1, {**alive, SECOND: 0})
    play.forgets()
    is_lost(play, alive)
    return play


def test_a_later_agent_waits_until_the_one_before_it_has_told_all() -> None:
    """50 mobile nodes, 4 a second: the last one is told after 12.25 s, and has its turn's time then."""
    play = crowd(50, Constants(unreachable_rate=4.0), (SECOND, THIRD, AGENT))
    begin = play.now
    lives(play, TURN_S + 12.2, {THIRD: 0})
    assert alarms(play) == []
    lives(play, 1, {THIRD: 0})
    assert alarms(play)[0].at <= begin + round((TURN_S + 12.25) * S)


def test_many_are_told_one_after_another() -> None:
    rate, size = 100.0, 50
    play = crowd(size, Constants(unreachable_rate=rate))
    begin = play.now
    lives(play, 10, NOBODY)
    sent = alarms(play)
    gaps = [(after.at - before.at) / S for before, after in pairwise(sent)]
    assert len(sent) == TRANSMITS * size
    assert sent[0].at == begin
    assert min(gaps) >= 1 / rate
    assert max(each.at for each in sent[:size]) == begin + round((size - 1) / rate * S)
    assert len({each.arrival.routed_home_address for each in sent[:size]}) == size
    assert len({each.message.identifier for each in sent}) == 1  # one failure


def test_who_is_answered_in_the_queue_takes_no_turn() -> None:
    play = crowd(50, Constants(unreachable_rate=1.0))
    lives(play, 2, NOBODY)
    told = {sent.arrival.routed_home_address for sent in alarms(play)}
    last = PREFIX[:8] + b"\x02" + (49).to_bytes(7, "big")
    assert last not in told
    play.hears(update(2), CARE_OF, AGENT, home_address=last)
    lives(play, 300, NOBODY)
    assert last not in {sent.arrival.routed_home_address for sent in alarms(play)}


def test_alarms_leave_nothing_behind() -> None:
    play = crowd(20, RFC6275)
    lives(play, 20, NOBODY)
    assert len(play.node.failover.alarms) == 0
    assert play.node.failover.alarms.next_timer() is None

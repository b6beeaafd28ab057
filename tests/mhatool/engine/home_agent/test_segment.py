"""Several home agents on one link, with failures of all kinds: who answers for the home address, and how it ends."""

from itertools import pairwise
from random import Random

import pytest

from mhatool.engine.constants import RFC6275, Constants
from mhatool.engine.failure_events import AlarmRaised, PeerChanged
from mhatool.engine.home_agent.peer import PeerState
from tests.mhatool.engine.home_agent.segment import BEGIN, DELAY_NS, REFRESH_S, Segment, address_of
from tests.mhatool.engine.home_agent.stage import HOME_LINK_LOCAL
from tests.mhatool.engine.playbook import S

ROUND_TRIP_NS = 2 * DELAY_NS
DETECTED_S = RFC6275.probe_idle_s + RFC6275.probe_failures * RFC6275.probe_interval_s
"""From the last answer; a failure comes at some time after it."""
HASTE_S = 0.5
BOUND_S = 2 * REFRESH_S + DETECTED_S + RFC6275.probe_failures * RFC6275.unreachable_turn_s
"""From the end of all failures: a refresh brings back what is lost, another one whose announcement was lost."""


def settled(
    size: int = 3, seed: int = 1, constants: Constants = RFC6275, order: tuple[int, ...] | None = None
) -> Segment:
    """The mobile node is registered with all of them."""
    segment = Segment(size, seed, constants, order)
    segment.waits(5, refreshing=False)
    segment.refresh()
    segment.waits(4)
    assert segment.holders() == list(range(1, size + 1))
    segment.events.clear()
    return segment


def first_time(segment: Segment, kind: type, node: str) -> int:
    return next(event.time_ns for event in segment.events if isinstance(event, kind) and event.node == node)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_the_first_of_the_list_answers_and_when_it_dies_the_next(order: tuple[int, ...]) -> None:
    segment = settled(order=order)
    for dead, heir in pairwise(order):
        assert segment.defenders() == segment.defenders(HOME_LINK_LOCAL) == [dead]
        segment.crash(dead)
        died_at = segment.now
        segment.waits(DETECTED_S + 0.01)
        assert segment.defenders() == segment.defenders(HOME_LINK_LOCAL) == [heir]
        told = [(when, who) for when, who, message in segment.told if address_of(dead) in message.unreachable]
        assert told[0][0] - died_at <= DETECTED_S * S
        assert {who for _, who in told} == {heir}


def test_one_agent_tells_and_if_it_dies_the_next_one_does() -> None:
    segment = settled()
    segment.crash(1)
    segment.waits(DETECTED_S)
    segment.crash(2)
    died_at = segment.now
    segment.waits(DETECTED_S, refreshing=False)
    told = [(who, message.unreachable) for when, who, message in segment.told if when > died_at]
    assert (3, (address_of(1), address_of(2))) in told
    assert {who for who, _ in told} == {3}


def test_a_restarted_one_holds_the_binding_a_round_trip_after_the_update() -> None:
    segment = settled()
    segment.crash(1)
    segment.restart(1)
    segment.waits(3, refreshing=False)
    assert (segment.holders(), segment.defenders()) == ([2, 3], [2])
    segment.refresh()
    begin = segment.now
    segment.waits(ROUND_TRIP_NS / S)
    assert segment.now - begin == ROUND_TRIP_NS
    assert segment.holders() == [1, 2, 3]
    segment.waits(0.01)
    assert segment.defenders() == [1]


def test_what_restarted_is_noticed_within_an_idle_time_and_trusted_with_nothing() -> None:
    segment = settled()
    segment.crash(1)
    segment.restart(1)
    begin = segment.now
    # Its answer to whom it doesn't know yet waits for an advertisement: half a second at most, and the next Heartbeat.
    segment.waits(HASTE_S + RFC6275.probe_idle_s + ROUND_TRIP_NS / S, refreshing=False)
    assert segment.defenders() == [2]
    assert first_time(segment, AlarmRaised, "ha2") - begin <= (HASTE_S + RFC6275.probe_idle_s) * S + ROUND_TRIP_NS


@pytest.mark.parametrize("alone", [1, 2, 3])
def test_cut_off_and_back_no_two_answer_for_longer_than_a_second(alone: int) -> None:
    segment = settled()
    segment.groups[alone] = 1
    segment.waits(DETECTED_S + 5)
    assert segment.defenders() == [1, 3 if alone == 3 else 2]
    segment.groups[alone] = 0
    segment.waits(1)
    assert segment.defenders() == segment.defenders(HOME_LINK_LOCAL) == [1]
    segment.waits(30)
    assert segment.defenders() == [1]


def test_who_leaves_is_replaced_within_two_round_trips() -> None:
    segment = settled()
    segment.waits(0.3)
    segment.leaves(1)
    begin = segment.now
    segment.waits(2 * ROUND_TRIP_NS / S + 0.05)
    assert segment.defenders() == [2]
    assert first_time(segment, PeerChanged, "ha2") - begin <= 2 * ROUND_TRIP_NS + 50_000_000
    assert segment.told[0][1] == 2


# --- everything by lot ---


def disturb(segment: Segment, random: Random) -> None:
    """One thing happens, and some time passes."""
    number = random.randrange(len(segment.places)) + 1
    what = random.randrange(5)
    if what == 0:
        segment.crash(number)
    elif what == 1:
        segment.restart(number)
    elif what == 2:
        segment.groups = {each: random.randrange(2) for each in segment.groups}
    elif what == 3:
        segment.places[number - 1].runs = not segment.places[number - 1].runs  # it hangs, or goes on
    else:
        segment.loss = random.choice((0, 0, 10, 30))
    segment.waits(random.choice((0.01, 0.3, 1.0, 4.5, 15.0)))


def heal(segment: Segment) -> None:
    """Everybody runs, and hears everybody."""
    segment.loss = 0
    segment.groups = dict.fromkeys(segment.groups, 0)
    for place in segment.places:
        if not place.runs:
            segment.restart(place.number)


SEEDS = [pytest.param(range(begin, begin + 10)) for begin in range(0, 40, 10)]
SOAK = [pytest.param(range(begin, begin + 100), marks=pytest.mark.soak) for begin in range(40, 1040, 100)]


@pytest.mark.parametrize("seeds", [*SEEDS, *SOAK])
def test_when_all_is_well_again_one_answers_and_all_hold_the_binding(seeds: range) -> None:
    for seed in seeds:
        random = Random(seed)
        size = random.randrange(2, 5)
        order = tuple(random.sample(range(1, size + 1), size))
        segment = settled(size, seed, order=order)
        for _ in range(random.randrange(1, 8)):
            disturb(segment, random)
        heal(segment)
        segment.waits(BOUND_S)
        segment.told.clear()
        segment.events.clear()
        segment.waits(30)
        assert (seed, segment.holders()) == (seed, list(range(1, size + 1)))
        assert (seed, segment.defenders(), segment.defenders(HOME_LINK_LOCAL)) == (seed, [order[0]], [order[0]])
        assert (seed, segment.told) == (seed, [])
        for place in segment.places:
            assert place.node is not None
            peers = place.node.failover.heartbeats.peers
            assert [(peer.state, peer.lacking) for peer in peers] == (size - 1) * [(PeerState.REACHABLE, {})]
            assert len(place.node.failover.alarms) == 0
    assert segment.now > BEGIN

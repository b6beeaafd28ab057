"""Many mobile nodes lose an agent at once: all are told at a pace, and all recover."""

from collections import Counter

import pytest

from mhatool.engine.events import MessageSent
from mhatool.engine.failure_events import AlarmRaised
from mhatool.engine.link_events import MachineFailed
from tests.mhatool.network.scenario.recoveries import Failed, S, failed

CROWD, RATE = 60, 20
"""So that the pace matters: sixty alarms take three seconds."""
EXPECTED = [
    '{at=89, node="ha1", cache=60}',
    '{at=89, node="ha2", cache=60}',
    '{at=118, node="ha2", cache=60}',
    '{at=118, node="ha3", cache=60}',
    *(f'{{at=118, node="mn{index}", home_agents=["2001:db8:2::2", "2001:db8:2::3"]}}' for index in range(CROWD)),
]


@pytest.fixture(scope="module")
def crowd() -> Failed:
    changes = (f"nodes.mn.copies={CROWD}", f"constants.unreachable_rate={RATE}")
    return failed("crowd-failure", *changes, f"expectations=[{', '.join(EXPECTED)}]")


def alarms(found: Failed) -> list[MessageSent]:
    return [event for event in found.told(MessageSent) if event.message == "home_agent_unreachable"]


def busiest_second(instants: list[int]) -> int:
    """The most of them within any second."""
    return max(sum(begin <= at < begin + S for at in instants) for begin in instants)


def test_all_of_them_recover(crowd: Failed) -> None:
    assert crowd.broken == []
    assert len(crowd.run.chronicle.verdicts) == len(EXPECTED)


def test_every_mobile_node_is_told_by_one_agent(crowd: Failed) -> None:
    told = alarms(crowd)
    assert {event.node for event in told} == {"ha2"}
    each = Counter(event.destination for event in told)
    assert len(each) == CROWD
    assert max(each.values()) <= 3
    assert len({event.identifier for event in crowd.told(AlarmRaised)}) == 1


def test_no_second_has_more_alarms_than_the_rate(crowd: Failed) -> None:
    """A second that begins with one holds at most that one and a second's worth."""
    instants = [event.time_ns for event in alarms(crowd)]
    assert RATE / 2 < busiest_second(instants) <= RATE + 1


def test_announcements_are_paced_too(crowd: Failed) -> None:
    failure = crowd.told(MachineFailed)[0].time_ns
    announced = [
        event.time_ns
        for event in crowd.told(MessageSent, "ha2")
        if event.message == "neighbor_advertisement" and event.time_ns > failure
    ]
    assert len(announced) >= CROWD
    assert busiest_second(announced) <= 2 * RATE + 2  # taken over, and answered to the third agent's check

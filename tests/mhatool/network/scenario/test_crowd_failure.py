"""Many mobile nodes lose an agent at once: all are told at a pace, and all recover."""

from collections import Counter
from pathlib import Path

import pytest

from mhatool.capture import open_capture
from mhatool.engine.events import CacheEntry, MessageReceived, MessageSent
from mhatool.engine.failure_events import AlarmRaised
from mhatool.engine.link_events import MachineFailed
from mhatool.network.scenario import load
from mhatool.network.scenario.run import Run
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


# --- what the summary says of it ---


def test_the_summary_tells_the_time_and_the_octets(crowd: Failed) -> None:
    """All of them, by the events; octets by the frames of a capture: those until the last one had its agents again."""
    (told,) = crowd.run.document()["recoveries"]
    failure = crowd.told(MachineFailed)[0].time_ns
    alarmed = [event.time_ns for event in crowd.told(MessageReceived) if event.message == "home_agent_unreachable"]
    last = failure + round(told["recovered_after_s"][1] * S)
    assert (told["node"], told["how"], told["at_s"]) == ("ha1", "crash", 90)
    assert (told["mobile_nodes"], told["told"], told["recovered"]) == (CROWD, CROWD, CROWD)
    assert told["told_after_s"][0] == (min(alarmed) - failure) / S
    assert told["alarms"] == sum(failure < event.time_ns <= last for event in alarms(crowd))
    before = [event for event in crowd.told(CacheEntry, "ha3") if not event.pending and event.time_ns <= last]
    assert len({event.home_address for event in before}) == CROWD
    assert set(told["octets"]) == {"home", "core", "foreign1", "foreign2", "foreign3", "foreign4"}
    kinds = ("home_agent_unreachable", "binding_update", "binding_acknowledgement", "dhaad_request", "dhaad_reply")
    sent = [e for e in crowd.told(MessageSent) if e.message in kinds and failure < e.time_ns <= last]
    assert told["messages"] == Counter(event.message for event in sent)
    assert told["message_octets"] == sum(len(event.frame) for event in sent)


def test_what_it_cost_has_nothing_to_do_with_the_data() -> None:
    """An alarm, three Binding Updates at most, an answer, a search: the mobile node's traffic is none of it."""
    costs = []
    for changes in (("expectations=[]",), ("expectations=[]", "flows=[]")):
        run = Run(load("ha-failure", changes))
        run.happen()
        (told,) = run.document()["recoveries"]
        costs.append((told["messages"], told["message_octets"]))
    assert costs[0] == costs[1]
    assert costs[0][0]["home_agent_unreachable"] == 1


def test_octets_are_those_of_frames_until_all_have_recovered(tmp_path: Path) -> None:
    """Those of a capture of all links, from the failure to the instant in which the last one had its agents again."""
    path = tmp_path / "crowd.pcapng"
    with path.open("wb") as sink:
        plan = load("crowd-failure", ("nodes.mn.copies=3", "expectations=[]"))
        run = Run(plan, capture=sink, vantage=tuple(plan.links))
        run.happen()
    (recovery,) = run.recoveries
    assert recovery.failed is not None
    last = max(recovery.complete.values())
    with open_capture(path) as reader:
        sizes = [len(record.captured) for record in reader if recovery.failed <= record.time_ns < last]
    assert 0 < sum(recovery.octets.values()) == sum(sizes)


def test_a_failure_that_concerns_nobody_and_one_that_nobody_gets_over() -> None:
    changes = ("nodes.mn.copies=2", "expectations=[]")
    unknown = Run(load("crowd-failure", (*changes, 'failures=[{at=1, node="ha1", how="crash"}]')))
    unknown.happen()
    (told,) = unknown.document()["recoveries"]
    assert (told["mobile_nodes"], told["recovered"], told["recovered_after_s"], told["octets"]) == (0, 0, None, {})
    both = ", ".join(f'{{at=90, node="{name}", how="crash"}}' for name in ("ha1", "ha2", "ha3"))
    alone = Run(load("crowd-failure", (*changes, f"failures=[{both}]")))
    alone.happen()
    assert [(each["mobile_nodes"], each["recovered"]) for each in alone.document()["recoveries"]] == [
        (2, 0),
        (2, 0),
        (0, 0),
    ]


def test_one_that_comes_back_counts_again_and_who_went_home_needs_none() -> None:
    """A restarted agent is one of the two again as soon as it has accepted: within a probe round and a round trip."""
    back, home = Run(load("ha-restart", ())), Run(load("return-during-failure", ()))
    back.happen()
    home.happen()
    (restarted,), (crashed,) = back.document()["recoveries"], home.document()["recoveries"]
    assert (restarted["mobile_nodes"], restarted["recovered"], restarted["at_home"]) == (1, 1, 0)
    assert restarted["recovered_after_s"][1] < 1.1
    assert (crashed["mobile_nodes"], crashed["recovered"], crashed["at_home"]) == (1, 0, 1)

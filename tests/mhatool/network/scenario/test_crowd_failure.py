"""Many mobile nodes lose an agent at once: all are told at a pace, and all recover."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mhatool.capture import open_capture
from mhatool.engine.events import CacheEntry, Event, MessageReceived, MessageSent
from mhatool.engine.failure_events import AlarmRaised
from mhatool.engine.link_events import MachineFailed
from mhatool.engine.route_events import RouteChanged
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


# --- one that fails more than once, or not for long ---

NOT_FOR_LONG, LONG_ENOUGH = 1.5, 10
"""Seconds: less than four probes, one a second, and more than they and the search for other agents take."""


def recoveries(scenario: str, *failures: tuple[float, str], more: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What `ha1` fails, by how and when, in place of what the scenario has."""
    planned = ", ".join(f'{{at={at}, node="ha1", how="{how}"}}' for at, how in failures)
    run = Run(load(scenario, (f"failures=[{planned}]", "expectations=[]", "flows=[]", *more)))
    run.happen()
    found: list[dict[str, Any]] = run.document()["recoveries"]
    return found


def test_each_failure_of_an_agent_is_told_with_what_followed_it() -> None:
    """As one that fails once, in the same instant, would be told: the second restart follows a minute of rest."""
    found = recoveries("ha-restart", (30, "restart"), (60, "restart"), (75, "crash"))
    assert [(each["how"], each["at_s"], each["again_at_s"]) for each in found] == [
        ("restart", 30, 60),
        ("restart", 60, 75),
        ("crash", 75, None),
    ]
    assert [(each["mobile_nodes"], each["told"], each["recovered"]) for each in found] == [
        (1, 1, 1),
        (1, 1, 1),
        (1, 1, 0),  # there are two agents, and it wants two
    ]
    assert found[0] == recoveries("ha-restart", (30, "restart"))[0] | {"again_at_s": 60}


def test_an_agent_that_hangs_and_goes_on_kept_its_bindings() -> None:
    """Nobody noticed, and nobody had to do anything: all is as it was once it goes on."""
    (hung,) = recoveries("ha-failure", (30, "hang"), (30 + NOT_FOR_LONG, "resume"))
    assert (hung["mobile_nodes"], hung["told"], hung["recovered"]) == (1, 0, 1)
    assert hung["recovered_after_s"] == [NOT_FOR_LONG, NOT_FOR_LONG]
    assert (hung["messages"], hung["message_octets"]) == ({}, 0)


def test_one_that_hangs_long_enough_is_replaced_before_it_goes_on() -> None:
    hung, crashed = (
        recoveries("ha-failure", (30, how), *rest)[0]
        for how, rest in (
            ("hang", [(30 + LONG_ENOUGH, "resume")]),
            ("crash", []),
        )
    )
    assert 0 < hung["recovered_after_s"][1] < LONG_ENOUGH
    assert hung == crashed | {"how": "hang"}


def test_a_move_while_the_agent_hangs_is_not_what_it_holds() -> None:
    """Its binding leads to where the mobile node was: it counts again when it has accepted where that is now."""
    moves = 'moves=[{node="mn", at=10, link="foreign1"}, {node="mn", at=30.1, link="foreign3"}]'
    (hung,) = recoveries("tour", (30, "hang"), (32, "resume"), more=(moves,))
    assert (hung["mobile_nodes"], hung["recovered"]) == (1, 1)
    assert hung["recovered_after_s"][0] > 2
    assert hung["messages"]["binding_update"] > 0


@pytest.mark.parametrize("silent", [False, True])
def test_an_agent_without_its_home_link_fails_too(silent: bool) -> None:
    """It is none then. Told of it, it withdraws the home link by RIPng, and others are reached by who is there.

    One that carries nothing, though up, goes on attracting what is for the home link.
    """
    happens = ", ".join(
        f'{{at={at}, node="ha1", interface="home", how="{how}", silent={str(silent).lower()}}}'
        for at, how in ((30, "down"), (60, "up"))
    )
    run = Run(load("ha-failure", (f"failures=[{happens}]", "expectations=[]", "flows=[]")))
    events: list[Event] = []
    run.listen(events)
    run.happen()
    (told,) = run.document()["recoveries"]
    assert (told["how"], told["at_s"], told["again_at_s"]) == ("home down", 30, None)
    assert (told["mobile_nodes"], told["told"], told["recovered"]) == (1, 1, 0 if silent else 1)
    withdrawn = [
        (event.time_ns - run.build.start_ns, event.metric)
        for event in events
        if isinstance(event, RouteChanged) and event.node == "ha1" and event.cause == "interface"
    ]
    assert withdrawn == ([] if silent else [(30 * S, 16)])


def test_a_mobile_node_keeps_the_agent_whose_peer_has_lost_the_home_link() -> None:
    """It is registered with it all the time: its Binding Updates go by who is on the home link."""
    failures = 'failures=[{at=30, node="ha1", interface="home", how="down"}]'
    run = Run(load("ha-failure", (failures, "expectations=[]", "flows=[]")))
    events: list[Event] = []
    run.listen(events)
    run.happen()
    gone = [event for event in events if isinstance(event, CacheEntry) and event.gone and event.node == "ha2"]
    assert gone == []


def test_what_happens_to_one_that_is_down_already_is_the_same_failure() -> None:
    (hung,) = recoveries("ha-restart", (30, "hang"), (31, "crash"), (32, "restart"))
    assert (hung["how"], hung["at_s"], hung["again_at_s"], hung["mobile_nodes"]) == ("hang", 30, None, 1)
    assert hung["recovered_after_s"][0] > 2  # its bindings went with the crash

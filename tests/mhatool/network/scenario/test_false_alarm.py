"""Two agents that don't hear each other for 20 s: alarms are false, nothing is lost, one proxy is left afterwards."""

import pytest

from mhatool.engine.events import CacheEntry, UpdateListEntry
from mhatool.engine.failure_events import AgentChecked, AgentSuspected, PeerChanged
from mhatool.engine.link_events import LinkPartitioned
from tests.mhatool.network.scenario.recoveries import AGENT, HOME, MS, Failed, S, failed

LINK_MS = 1
"""From any machine of the home link to any other."""
BOTH = {"ha1", "ha2"}


def question(at: float) -> str:
    """The host asks the group who has the home address (RFC 4861, 4.3)."""
    keys = 'node="host", message="neighbor_solicitation", source="2001:db8:2::aa", destination="ff02::1:ff10:1"'
    options = "source_link_layer_address:link_layer_address=02:00:00:00:02:aa"
    fields = '{target="2001:db8:2:0:0:5eff:fe10:1"}'
    return f'{{at={at}, interface="eth0", {keys}, fields={fields}, options=["{options}"]}}'


WHILE_S, AFTER_S = (50.0, 58.0), (61.0, 62.0, 70.0, 110.0)
ASKED = f"forgeries=[{', '.join(question(at) for at in (*WHILE_S, *AFTER_S))}]"


@pytest.fixture(scope="module")
def alarm() -> Failed:
    return failed("false-alarm", ASKED, "flows.0.rate=10", "flows.1.rate=10")


def test_what_the_scenario_expects_holds(alarm: Failed) -> None:
    assert alarm.broken == []


def test_no_binding_is_lost(alarm: Failed) -> None:
    entries: list[CacheEntry | UpdateListEntry] = [*alarm.told(CacheEntry), *alarm.told(UpdateListEntry)]
    assert [event for event in entries if event.gone and event.home_address == HOME] == []


def test_no_packet_is_lost_by_anybody(alarm: Failed) -> None:
    flows = alarm.run.build.network.flows
    assert len(flows) == 5
    assert {name: at for name in flows if (at := alarm.lost(name, alarm.at(20)))} == {}
    assert all(len(flow.datagrams) > 900 for flow in flows.values())


def test_each_of_them_is_suspected_asked_and_found_alive(alarm: Failed) -> None:
    suspected = [event.home_agent for event in alarm.told(AgentSuspected, "mn")]
    assert set(suspected) == {AGENT["ha1"], AGENT["ha2"]}
    checked = [(event.home_agent, event.alive) for event in alarm.told(AgentChecked, "mn")]
    assert checked == [(agent, True) for agent in suspected]


def test_both_sides_agree_again_within_a_probe_after_it_heals(alarm: Failed) -> None:
    """Who is unreachable is asked each half second: the answer comes within that, and two milliseconds."""
    parted, healed = (event.time_ns for event in alarm.told(LinkPartitioned))
    for node in BOTH:
        changes = [event for event in alarm.told(PeerChanged, node) if event.time_ns > parted]
        assert [event.state for event in changes] == ["unreachable", "reachable"]
        assert healed < changes[1].time_ns <= healed + 0.5 * S + 2 * LINK_MS * MS


def test_two_answer_while_they_are_parted_and_one_a_second_after(alarm: Failed) -> None:
    def answering(at: float) -> set[str]:
        asked = alarm.at(at)
        soon = [event for event in alarm.advertisements if asked <= event.time_ns <= asked + 10 * MS]
        return {event.node for event in soon}

    assert [answering(at) for at in WHILE_S] == [BOTH] * len(WHILE_S)
    after = [answering(at) for at in AFTER_S]
    assert after == [{"ha1"}] * len(AFTER_S)


def test_the_later_one_says_nothing_more_from_a_second_after_on(alarm: Failed) -> None:
    healed = alarm.told(LinkPartitioned)[1].time_ns
    late = [event.node for event in alarm.advertisements if event.time_ns > healed + S]
    assert set(late) == {"ha1"}

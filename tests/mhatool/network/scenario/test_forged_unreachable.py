"""Forgeries of every kind: what becomes of each, that no binding changes, and that no packet is lost."""

from collections import Counter

import pytest

from dissectors.ipv6.address import parse, text
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.profile import RFC6275
from dissectors.walk import Dissector
from mhatool.engine.drops import DropReason
from mhatool.engine.events import (
    CacheEntry,
    MessageDropped,
    MessageSent,
    UpdateListEntry,
    UpdateRefused,
)
from mhatool.engine.failure_events import AgentChecked, AgentSuspected, AlarmRaised, PeerChanged
from mhatool.engine.home_agent.heartbeats import Heartbeats
from mhatool.engine.home_agent_events import UnknownAgentListed
from mhatool.engine.packet_events import PacketDropped, PacketForged
from tests.mhatool.network.scenario.recoveries import AGENT, AWAY, HOME, MS, Failed, S, failed

MALLORY = parse("2001:db8:c::66")
AUTHENTICATION, IDENTIFICATION = 146, 144
"""MIPV6-AUTH-FAIL and MIPV6-ID-MISMATCH: RFC 4285, 8."""

DROPPED = {
    "forgeries[0]": ("mn", DropReason.NOT_LISTED),
    "forgeries[1]": ("mn", DropReason.NOT_FOR_US),
    "forgeries[2]": ("mn", DropReason.NOT_LISTED),
    "forgeries[3]": ("mn", DropReason.NOT_LISTED),
    "forgeries[5]": ("mn", DropReason.PACED),
    "forgeries[10]": ("mn", DropReason.NOT_AUTHENTICATED),
    "forgeries[11]": ("mn", DropReason.NOT_AUTHENTICATED),
    "forgeries[12]": ("ha1", DropReason.NOT_LISTED),
    "forgeries[13]": ("ha1", DropReason.NOT_ASKED),
    "replays[2]": ("mn", DropReason.SEQUENCE_NUMBER),
    "replays[3]": ("mn", DropReason.NOT_AUTHENTICATED),
}
"""Who drops it, and why."""
REFUSED = {
    "forgeries[7]": ("ha1", AUTHENTICATION),
    "forgeries[8]": ("ha1", AUTHENTICATION),
    "forgeries[9]": ("ha1", AUTHENTICATION),
    "replays[0]": ("ha2", AUTHENTICATION),
    "replays[1]": ("ha1", IDENTIFICATION),
}
"""Who refuses it, with which status."""
ASKED_BACK = {"forgeries[4]": "mn", "forgeries[6]": "mn", "forgeries[14]": "ha1", "forgeries[16]": "ha1"}
"""Whom it makes ask the agent that it is about: nobody could tell it from a true one."""
ANSWERED = {"forgeries[15]": ("ha1", "ha2")}
"""Who answers it, and who drops the answer, for which it didn't ask."""


@pytest.fixture(scope="module")
def run() -> Failed:
    return failed("forged-unreachable")


def packets(found: Failed) -> dict[str, PacketForged]:
    return {event.forgery: event for event in found.told(PacketForged)}


def dropped(found: Failed) -> list[MessageDropped | PacketDropped]:
    return [*found.told(MessageDropped), *found.told(PacketDropped)]


def test_what_the_scenario_expects_holds(run: Failed) -> None:
    assert run.broken == []


def test_each_forgery_is_accounted_for(run: Failed) -> None:
    assert set(packets(run)) == {*DROPPED, *REFUSED, *ASKED_BACK, *ANSWERED}


@pytest.mark.parametrize("name", DROPPED)
def test_it_is_dropped_and_the_trace_says_why(run: Failed, name: str) -> None:
    """Routers change the hop limit alone: the rest of the packet tells it."""
    forged = packets(run)[name]
    found = [event for event in dropped(run) if event.frame[8:] == forged.frame[8:] and event.time_ns >= forged.time_ns]
    assert [(event.node, event.reason) for event in found if event.time_ns < forged.time_ns + S] == [DROPPED[name]]


def answer_to(found: Failed, forged: PacketForged, message: str, node: str) -> MessageSent:
    sent = [event for event in found.told(MessageSent, node) if event.message == message]
    return next(event for event in sent if forged.time_ns <= event.time_ns < forged.time_ns + 50 * MS)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_its_status(run: Failed, name: str) -> None:
    node, status = REFUSED[name]
    sent = answer_to(run, packets(run)[name], "binding_acknowledgement", node)
    upper = Dissector().dissect(sent.frame, IPV6_ONLY).datagrams[0].upper
    assert upper is not None
    assert upper.message().status == status


@pytest.mark.parametrize("name", ASKED_BACK)
def test_it_makes_somebody_ask_and_that_is_all(run: Failed, name: str) -> None:
    node, forged = ASKED_BACK[name], packets(run)[name]
    asked = answer_to(run, forged, "binding_update" if node == "mn" else "heartbeat", node)
    about = AGENT["ha1"] if node == "mn" else AGENT["ha2"]
    assert asked.destination == about
    if node == "mn":
        suspected = [event for event in run.told(AgentSuspected) if 0 <= event.time_ns - forged.time_ns < S]
        checked = [event for event in run.told(AgentChecked) if 0 <= event.time_ns - forged.time_ns < S]
        assert [event.home_agent for event in suspected] == [about]
        assert [(event.home_agent, event.alive) for event in checked] == [(about, True)]


@pytest.mark.parametrize("name", ANSWERED)
def test_an_answer_goes_to_the_one_in_whose_name_was_asked_and_is_dropped_there(run: Failed, name: str) -> None:
    answering, victim = ANSWERED[name]
    forged = packets(run)[name]
    answer = answer_to(run, forged, "heartbeat", answering)
    found = [event for event in dropped(run) if event.node == victim and event.frame[8:] == answer.frame[8:]]
    assert [event.reason for event in found] == [DropReason.NOT_ASKED]
    assert len(answer.frame) <= len(forged.frame) + 8  # the restart counter: nobody gets flooded by it


def test_refused_binding_updates_are_counted(run: Failed) -> None:
    """By status, beside what was dropped: four of 146, one of 144, and the victim's address (134)."""
    refused = run.run.document()["refused"]
    statuses = Counter(REFUSED[name][1] for name in REFUSED)
    assert refused["auth_fail"] == statuses[AUTHENTICATION]
    assert refused["id_mismatch"] == statuses[IDENTIFICATION]
    told = [event.reason for event in run.told(UpdateRefused)]
    assert {name: refused[name] for name in set(told)} == Counter(told)
    assert "duplicate_address_detection_failed" in told


def test_no_agent_accuses_another_one(run: Failed) -> None:
    assert run.told(AlarmRaised) == []
    assert {event.state for event in run.told(PeerChanged)} == {"reachable"}


def test_no_binding_of_the_mobile_node_changes(run: Failed) -> None:
    """From its registration on: the same care-of address everywhere, and nothing is ever gone."""
    entries: list[CacheEntry | UpdateListEntry] = [*run.told(CacheEntry), *run.told(UpdateListEntry, "mn")]
    after = [event for event in entries if event.home_address == HOME and event.time_ns > run.at(20)]
    assert after
    assert {event.care_of_address for event in after} == {AWAY}
    assert not any(event.gone for event in after)


def test_no_packet_is_lost(run: Failed) -> None:
    flows = run.run.build.network.flows
    assert {name: at for name in flows if (at := run.lost(name, run.at(20)))} == {}
    assert {name: len(flow.datagrams) for name, flow in flows.items()} == dict.fromkeys(flows, 95 * 20)


def test_strangers_in_a_list_are_told(run: Failed) -> None:
    """A stranger, somebody's host, another mobile node."""
    listed = Counter((event.node, text(event.address)) for event in run.told(UnknownAgentListed))
    assert set(listed) == {("ha1", text(each)) for each in (MALLORY, HOME, parse("2001:db8:2::ab"))}


STRANGER, HOST = parse("2001:db8:c::66"), parse("2001:db8:2::f")


def listing_strangers() -> Failed:
    """A network without keys, where a forged Binding Update of the mobile node, with the next number but some, lists a
    stranger, a host of the home link and the other agent: the first one takes it."""
    before = failed("ha-restart", "failures=[]", "expectations=[]", "duration_s=40")
    held = [event for event in before.told(CacheEntry, "ha1") if event.home_address == HOME and not event.cloned]
    agents = ",".join(map(text, (AGENT["ha1"], AGENT["ha2"], STRANGER, HOST)))
    fields = f'{{sequence_number={(held[-1].sequence_number + 9) % 65536}, lifetime_s=60, flags="AHLM"}}'
    ends = f'source="{text(AWAY)}", destination="{text(AGENT["ha1"])}", home_address="{text(HOME)}"'
    options = f'options=["multiple_home_agents:home_agents={agents}"]'
    forged = f'forgeries=[{{at=30, node="cn1", message="binding_update", {ends}, fields={fields}, {options}}}]'
    return failed.__wrapped__("ha-restart", "failures=[]", "expectations=[]", "duration_s=40", forged)


def probed(found: Failed) -> set[bytes]:
    return {event.destination for event in found.told(MessageSent) if event.message == "heartbeat"}


def test_strangers_in_a_list_that_is_taken_are_not_probed() -> None:
    found = listing_strangers()
    taken = [event for event in found.told(UnknownAgentListed, "ha1") if found.at(30) <= event.time_ns < found.at(31)]
    assert {event.address for event in taken} == {STRANGER, HOST}
    assert probed(found) == {AGENT["ha1"], AGENT["ha2"]}


def test_if_an_agent_asked_strangers_it_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heartbeats, "_is_known", lambda self, address: True)
    assert probed(listing_strangers()) == {AGENT["ha1"], AGENT["ha2"], STRANGER, HOST}


def test_a_list_that_names_a_victim_does_not_get_its_address(run: Failed) -> None:
    """134: duplicate address detection heard the victim, which is in no Home Agents List (RFC 6275, 6.1.8)."""
    victim = parse("2001:db8:2::aa")
    answers = [event for event in run.told(MessageSent, "ha1") if event.message == "binding_acknowledgement"]
    seen = [Dissector(RFC6275).dissect(event.frame, IPV6_ONLY).datagrams[0] for event in answers]
    statuses = [each.upper.message().status for each in seen if each.final_destination == victim and each.upper]
    assert 134 in statuses
    assert all(status >= 128 for status in statuses)

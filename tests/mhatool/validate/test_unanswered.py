"""Binding Updates without an answer: what a capture has to show before anybody is blamed."""

import pytest

from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, HOME, PEER, echo, recording, scene, tunnel
from tests.recipes.binding_answers import FLOW, LOST
from tests.recipes.correspondent import peer_bu
from tests.recipes.example import Packet
from tests.recipes.packets import (
    ba,
    bu,
    home_bu,
    icmp_packet,
    prefix_information,
    router_advertisement,
    unreachable,
)

REGISTERED: tuple[Packet, ...] = ((0.0, home_bu()), (1.1, ba()))
REFRESHES: tuple[Packet, ...] = (
    (30.0, home_bu(seq=2)),
    (31.0, home_bu(seq=3)),
    (33.0, home_bu(seq=4)),
    (37.0, home_bu(seq=5)),
)
DATA = FLOW[0][1]
ADVERTISED: tuple[Packet, ...] = tuple((at, router_advertisement(prefix_information())) for at in (29.0, 36.0, 44.0))
"""The capture is on the home agent's link: all updates between them were seen there."""
ELSEWHERE: Packet = (43.0, tunnel(AGENT2, CARE1, echo(PEER, HOME)))


def judged(*packets: Packet) -> list[Finding]:
    return validate([scene(*packets)], select=["MIP6-BA-001"])


def on_its_link(*packets: Packet) -> list[Finding]:
    return judged(*sorted((*packets, *ADVERTISED)))


def severities(*packets: Packet) -> list[Severity]:
    return [finding.severity for finding in on_its_link(*packets)]


def test_an_agent_that_speaks_but_does_not_answer() -> None:
    (finding,) = on_its_link(*REGISTERED, *REFRESHES, *FLOW)
    assert finding.severity is Severity.ERROR
    assert [frame.number for frame in finding.frames] == [4, 6, 9, 15]  # 3, 13 and 22 are advertisements
    assert finding.node == AGENT
    assert finding.home_address == HOME


FAR = [
    (),  # nobody knows where the capture is
    ADVERTISED[:1],  # the capture was there before: it may have moved with its node
    ADVERTISED[2:],  # or came there afterwards
    ((19.9, ADVERTISED[0][1]), (47.1, ADVERTISED[0][1])),  # too long before and after
    tuple((at, octets[:7] + b"\xfe" + octets[8:]) for at, octets in ADVERTISED),  # hop limit 254: from elsewhere
    tuple((at, router_advertisement(prefix_information(AGENT2))) for at, _ in ADVERTISED),  # another agent's link
    tuple((at, router_advertisement(prefix_information(flags=0xC0))) for at, _ in ADVERTISED),  # R not set
]


@pytest.mark.parametrize("advertisements", FAR)
def test_updates_may_be_lost_behind_the_capture(advertisements: tuple[Packet, ...]) -> None:
    """Only on the home agent's own link they have certainly arrived."""
    (finding,) = judged(*sorted((*REGISTERED, *REFRESHES, *FLOW, *advertisements)))
    assert finding.severity is Severity.NOTE
    assert finding.inconclusive


def test_the_link_is_that_of_one_interface() -> None:
    """Advertisements of the home link, updates as seen elsewhere: a file with several interfaces is several places."""
    packets = sorted((*REGISTERED, *REFRESHES, *FLOW, *ADVERTISED))
    elsewhere = {octets for _, octets in ADVERTISED}
    source = scene(*packets)
    records = [record._replace(interface=int(record.captured in elsewhere)) for record in source.records]
    (finding,) = validate([source._replace(records=records)], select=["MIP6-BA-001"])
    assert finding.inconclusive


def test_less_than_four_may_be_lost() -> None:
    """Two answers on their way, the third to the capture."""
    assert severities(*REGISTERED, *REFRESHES[:3], *FLOW) == [Severity.NOTE]


def test_who_never_accepted_one_may_have_reasons() -> None:
    """Wrong keys are answered by silence."""
    assert severities(*REFRESHES, *FLOW) == [Severity.NOTE]


def test_an_agent_without_a_sign_of_life() -> None:
    (finding,) = on_its_link(*REGISTERED, *REFRESHES, ELSEWHERE)
    assert finding.inconclusive
    assert finding.seen == "none to 4 updates in 14 s, and no other sign of life from the receiver"


def test_a_capture_that_ends_too_early() -> None:
    assert judged(*REGISTERED, *REFRESHES[:3], (34.0, DATA)) == []
    assert judged(*REGISTERED, (30.0, home_bu(seq=2)), (34.9, DATA)) == []


@pytest.mark.parametrize(
    "sign", [echo(AGENT, CARE1), icmp_packet(1, bytes((0, 0, 0, 0)) + echo(CARE1, PEER), AGENT, CARE1)]
)
def test_what_the_agent_says_itself_is_a_sign_of_life(sign: bytes) -> None:
    """An echo to the care-of address, an ICMPv6 error about the mobile node's packet."""
    assert severities(*REGISTERED, *REFRESHES, *((at, sign) for at, _ in FLOW)) == [Severity.ERROR]


def test_the_agent_has_time_to_answer_the_fourth() -> None:
    assert severities(*REGISTERED, *REFRESHES, *FLOW[:-1], (41.9, DATA)) == [Severity.NOTE]
    assert severities(*REGISTERED, *REFRESHES, *FLOW[:-1], (42.1, DATA)) == [Severity.ERROR]


@pytest.mark.parametrize("spoken", [FLOW[-1:], FLOW[8:], FLOW[2:], (*FLOW[:5], *FLOW[6:])])
def test_an_agent_that_pauses_may_have_been_started_anew(spoken: tuple[Packet, ...]) -> None:
    """Down from before 30 s to after 38 s, it heard none of the updates; then it answers discovery, or forwards."""
    assert severities(*REGISTERED, *REFRESHES, *spoken) == [Severity.NOTE]


def test_only_the_mobile_nodes_own_packets() -> None:
    assert judged(*REGISTERED, *REFRESHES, (60.0, tunnel(CARE1, AGENT, echo(HOME, PEER)))) == []


def test_an_answer_to_the_last_one_is_enough() -> None:
    assert judged(*LOST) == []


def test_an_answer_with_a_wrong_number_is_another_rules_matter() -> None:
    assert on_its_link(*REGISTERED, *REFRESHES, (37.1, ba(seq=4711)), *FLOW) == []


def test_correspondents_answer_only_if_asked() -> None:
    speaks = (39.0, echo(PEER, CARE1))
    quiet = [(float(i), peer_bu(seq=i, flags="")) for i in range(1, 4)]
    assert judged(*quiet, speaks) == []


def test_series_are_told_apart_by_agent() -> None:
    second = [(at, bu(to=AGENT2, seq=seq)) for at, seq in ((30.5, 7), (31.5, 8), (33.5, 9), (37.5, 10))]
    alarm = (45.0, unreachable(AGENT, source=AGENT2))
    packets = sorted([*REGISTERED, *REFRESHES, *second, *FLOW, alarm, *ADVERTISED])
    assert {f.node: f.severity for f in judged(*packets)} == {AGENT: Severity.ERROR, AGENT2: Severity.NOTE}


@pytest.mark.parametrize("name", ["failover60-mn.pcap", "failover60-core.pcap"])
def test_the_killed_agent_of_the_recording(name: str) -> None:
    """Six updates from 09:55:12.044 to 09:55:43.048 to an agent that was killed at 09:54:28 (captures/README.md)."""
    (finding,) = validate([recording(name)], select=["MIP6-BA-001"])
    assert finding.severity is Severity.NOTE
    assert len(finding.frames) == 6
    assert "6 updates" in finding.seen
    assert "no other sign of life" in finding.seen


@pytest.mark.parametrize("name", ["tour-mn.pcap", "tour-home.pcap", "ro-mn.pcap", "ro-cn.pcap", "ro-core.pcap"])
def test_recordings_in_which_everything_was_answered(name: str) -> None:
    assert validate([recording(name)], select=["MIP6-BA-001"]) == []

"""Home agent discovery: edges of the rules, and requests whose reply the capture could not show."""

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, validate
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, S, echo, ip, ipv6, record, recording, scene
from tests.recipes.example import Packet
from tests.recipes.packets import (
    ANYCAST,
    LINK_LOCAL,
    ba,
    dhaad_reply,
    dhaad_request,
    home_bu,
    icmp_packet,
    prefix_information,
    router_advertisement,
)

Short = tuple[str, int, bool]


def short(findings: list[Finding]) -> list[Short]:
    return [(f.rule, f.frames[-1].number, f.inconclusive) for f in findings]


def found(*packets: Packet) -> list[Short]:
    return short(validate([scene(*packets)], select=["MIP6-DHAAD"], ignore=ELSEWHERE))


def existing(names: tuple[str, ...]) -> list[str]:
    """Those of the rules that others keep their own tests for, as far as there are any."""
    from mhatool.validate import RULES

    return [name for name in names if name in RULES]


ELSEWHERE = existing(("MIP6-DHAAD-004", "MIP6-DHAAD-006", "MIP6-DHAAD-007"))


@pytest.mark.parametrize("name", ["tour-mn.pcap", "tour-core.pcap", "tour-all.pcapng", "failover60-mn.pcap"])
def test_umip_keeps_them(name: str) -> None:
    assert validate([recording(name)], select=["MIP6-DHAAD"], ignore=ELSEWHERE) == []


# RFC 2526, 2: EUI-64 interface identifiers, and others.
ANYCASTS = [ANYCAST, AGENT[:8] + bytes.fromhex("fffffffffffffffe"), AGENT[:12] + bytes.fromhex("fffffffe")]


@pytest.mark.parametrize("to", ANYCASTS)
def test_anycast_addresses(to: bytes) -> None:
    assert found((0, dhaad_request(to=to))) == []


# The wrong group bit, another number than 0x7e, one octet off.
@pytest.mark.parametrize("identifier", ["fffffffffffffffd", "fdffffffffffffff", "fdfffffffffffeff", "0000000000000001"])
def test_other_addresses(identifier: str) -> None:
    findings = validate([scene((0, dhaad_request(to=AGENT[:8] + bytes.fromhex(identifier))))], select=["MIP6-DHAAD"])
    assert [(f.rule, f.offset) for f in findings] == [("MIP6-DHAAD-001", 24)]


@pytest.mark.parametrize(("kind", "rule"), [(144, "MIP6-DHAAD-001"), (145, "MIP6-DHAAD-002")])
@pytest.mark.parametrize(("reserved", "breaks"), [(0x8000, False), (0x4000, True), (0x0001, True), (0xFFFF, True)])
def test_one_reserved_bit_is_in_use_by_now(kind: int, rule: str, reserved: int, breaks: bool) -> None:
    source, to = (CARE1, ANYCAST) if kind == 144 else (AGENT, CARE1)
    packet = icmp_packet(kind, b"\0\x07" + reserved.to_bytes(2), source, to)
    findings = validate([scene((0, packet))], select=[rule])
    assert [(f.rule, f.offset) for f in findings] == ([(rule, 46)] if breaks else [])


@pytest.mark.parametrize(("kind", "rule"), [(144, "MIP6-DHAAD-001"), (145, "MIP6-DHAAD-002")])
def test_the_code_is_0(kind: int, rule: str) -> None:
    source, to = (CARE1, ANYCAST) if kind == 144 else (AGENT, CARE1)
    findings = validate([scene((0, icmp_packet(kind, bytes(4), source, to, code=1)))], select=[rule])
    assert [(f.rule, f.offset, f.seen) for f in findings] == [(rule, 41, "1")]


@pytest.mark.parametrize("source", [ANYCAST, LINK_LOCAL, ip("ff05::1"), bytes(16)])
def test_replies_come_from_global_unicast_addresses(source: bytes) -> None:
    assert found((0, dhaad_reply(source=source))) == [("MIP6-DHAAD-002", 1, False)]


def test_a_strange_identifier() -> None:
    start: Packet = (1.0, echo(PEER, HOME))
    request, reply = dhaad_request(identifier=7), dhaad_reply(identifier=8)
    again = (8.0, dhaad_request(identifier=9)), (8.1, dhaad_reply(identifier=9))
    assert ("MIP6-DHAAD-002", 3, False) in found(start, (5.0, request), (5.1, reply), *again)
    assert ("MIP6-DHAAD-002", 3, False) in found(start, (5.0, request), (7.9, reply), *again)
    assert ("MIP6-DHAAD-002", 2, True) in found((5.0, request), (5.1, reply), *again)
    late = (5.0, request), (8.05, reply)  # to one that went another way?
    assert ("MIP6-DHAAD-002", 3, True) in found(start, *late, (8.1, dhaad_request(identifier=9)))
    assert found(start, (5.1, reply)) == []
    assert found(start, (5.0, request), (5.1, reply), (5.2, dhaad_reply(identifier=7))) == []
    assert found(start, (5.0, reply), (5.05, dhaad_request(identifier=8))) == []


@pytest.mark.parametrize(("after", "inconclusive"), [(2.89, True), (2.9, False), (3.1, False), (3.11, True)])
def test_a_search_that_ends_may_have_been_answered_out_of_sight(after: float, inconclusive: bool) -> None:
    """The next request comes 3 s after the first one (INITIAL_DHAAD_TIMEOUT), each stamp off by 50 ms: no answer came.

    Else the capture may have lost the reply, and the request that the other reply answers.
    """
    packets = (1.0, echo(PEER, HOME)), (5.0, dhaad_request(identifier=7)), (5.1, dhaad_reply(identifier=8))
    unsure = ("MIP6-DHAAD-002", 3, True)
    assert unsure in found(*packets)
    assert ("MIP6-DHAAD-002", 3, inconclusive) in found(*packets, (5.0 + after, dhaad_request(identifier=9)))


def test_the_list() -> None:
    empty = icmp_packet(145, b"\0\x07\0\0", AGENT, CARE1)
    assert found((0, empty)) == []
    for wrong in (LINK_LOCAL, ANYCAST, ip("ff02::1"), bytes(16)):
        findings = validate([scene((0, dhaad_reply(AGENT, wrong)))], select=["MIP6-DHAAD-003"])
        assert [f.offset for f in findings] == [40 + 8 + 16]
    half = dhaad_reply(AGENT, AGENT[:8])
    assert [f.offset for f in validate([scene((0, half))], select=["MIP6-DHAAD-003"])] == [64]


def test_a_cut_list_is_not_judged() -> None:
    octets = dhaad_reply(AGENT, AGENT)
    for snap in range(40, len(octets)):
        assert validate([Source("cut", [record(1, 0, octets, snap=snap)])], select=["MIP6-DHAAD-003"]) == []


def test_a_reply_in_fragments() -> None:
    agents = [AGENT[:8] + number.to_bytes(8) for number in range(1, 79)]
    whole = dhaad_reply(*agents)[40:]
    head = b"\x3a\0\0\x01\0\0\0\x09" + whole[:640]
    tail = b"\x3a\0" + (640).to_bytes(2) + b"\0\0\0\x09" + whole[640:]
    packets = [ipv6(AGENT, CARE1, 44, head), ipv6(AGENT, CARE1, 44, tail)]
    findings = validate([scene(*enumerate(packets))], select=["MIP6-DHAAD-005"])
    assert [(f.frames[-1].number, f.seen) for f in findings] == [(2, "1296")]


def test_damaged_messages_are_not_judged() -> None:
    for packet in (dhaad_request(to=AGENT), dhaad_reply(AGENT, AGENT, source=ANYCAST)):
        damaged = packet[:42] + bytes((packet[42] ^ 1,)) + packet[43:]
        assert found((0, damaged)) == []


# --- requests without reply ---

ALIVE: tuple[Packet, ...] = ((1.0, home_bu()), (1.1, ba()))
END: Packet = (60.0, echo(PEER, HOME))


def at_home(*packets: Packet) -> list[Packet]:
    """The same on the home link: a home agent is heard there right before and after each of them."""
    advertisement = router_advertisement(prefix_information())
    around = [(time, advertisement) for time, _ in packets for time in (time - 0.4, time + 0.4)]
    return sorted([*packets, *around])


def unreplied(*packets: Packet) -> list[tuple[str, bool]]:
    """What is found there."""
    return [(f.rule, f.inconclusive) for f in validate([scene(*packets)], select=["MIP6-DHAAD-008"])]


def test_without_other_answers_it_is_inconclusive() -> None:
    assert found((0.0, dhaad_request()), END) == [("MIP6-DHAAD-008", 1, True)]
    assert found((0.0, dhaad_request()), (1.0, home_bu()), END) == [("MIP6-DHAAD-008", 1, True)]
    elsewhere = ((1.0, home_bu(source=CARE2)), (1.1, ba(to=CARE2)))
    assert found(*elsewhere, (5.0, dhaad_request()), END) == [("MIP6-DHAAD-008", 3, True)]


def test_whoever_registers_afterwards_may_have_had_a_reply() -> None:
    assert found((0.0, dhaad_request()), *ALIVE, END) == [("MIP6-DHAAD-008", 1, True)]
    assert unreplied(*ALIVE, *at_home((5.0, dhaad_request())), END) == [("MIP6-DHAAD-008", False)]
    packets = (*ALIVE, *at_home((5.0, dhaad_request())), (6.0, home_bu(seq=2)), END)
    assert unreplied(*packets) == [("MIP6-DHAAD-008", True)]


def test_elsewhere_than_on_the_home_link_requests_may_have_been_lost_behind_the_capture() -> None:
    """Home agents' advertisements are never forwarded, so both before and after a request they show where that was."""
    request = (5.0, dhaad_request())
    before, _, after = at_home(request)
    for packets in ((request,), (before, request), (request, after)):
        assert unreplied(*ALIVE, *packets, END) == [("MIP6-DHAAD-008", True)]
    assert unreplied(*ALIVE, before, request, after, END) == [("MIP6-DHAAD-008", False)]
    other = router_advertisement(prefix_information(CARE1))
    assert unreplied(*ALIVE, (4.6, other), request, (5.4, other), END) == [("MIP6-DHAAD-008", True)]
    forwarded = (4.6, before[1][:7] + b"\xfe" + before[1][8:])
    assert unreplied(*ALIVE, forwarded, request, after, END) == [("MIP6-DHAAD-008", True)]


def test_once_for_all_requests_of_one_search() -> None:
    requests = [(time, dhaad_request(identifier=i)) for i, time in enumerate((20.0, 23.0, 29.0))]
    findings = validate([scene(*ALIVE, *at_home(*requests), END)], select=["MIP6-DHAAD-008"])
    assert [[frame.number for frame in f.frames] for f in findings] == [[4, 7, 10]]
    assert findings[0].seen == "no reply to 3 requests"
    assert findings[0].node == ANYCAST
    assert not findings[0].inconclusive


def test_another_reply_shows_that_the_link_answers() -> None:
    packets = ((0.0, dhaad_request(identifier=1)), (0.1, dhaad_reply(identifier=1)), (9.0, dhaad_request(identifier=2)))
    assert unreplied(*at_home(*packets), END) == [("MIP6-DHAAD-008", False)]


def test_the_reply_may_still_come() -> None:
    assert found(*ALIVE, (20.0, dhaad_request()), (22.9, echo(PEER, HOME))) == []
    assert unreplied(*ALIVE, *at_home((20.0, dhaad_request())), (23.1, echo(PEER, HOME))) == [("MIP6-DHAAD-008", False)]


def test_a_request_to_nobody_needs_no_reply() -> None:
    findings = validate([scene(*ALIVE, (5.0, dhaad_request(to=AGENT)), END)], select=["MIP6-DHAAD-008"])
    assert findings == []


def test_replies_seen_by_another_vantage_point_count() -> None:
    requests = Source("one", [record(1, 0, dhaad_request()), record(2, 60 * S, echo(PEER, HOME))])
    replies = Source("two", [record(1, S // 10, dhaad_reply())])
    assert validate([requests, replies], select=["MIP6-DHAAD-008"]) == []


def test_copies_of_a_request_are_one() -> None:
    packet = dhaad_request()
    forwarded = packet[:7] + b"\x3f" + packet[8:]
    packets = ((0.0, packet), (0.01, forwarded), (0.05, dhaad_reply()), (0.06, dhaad_reply()))
    assert found(*packets, END) == []

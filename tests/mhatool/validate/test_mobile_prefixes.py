"""Mobile prefix discovery: edges of the rules."""

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, validate
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, PEER, echo, record, recording, scene
from tests.recipes.example import Packet
from tests.recipes.packets import (
    ANYCAST,
    ba,
    bu,
    home_bu,
    icmp_packet,
    prefix_advertisement,
    prefix_information,
    prefix_solicitation,
)

RULES = ["MIP6-MPD-001", "MIP6-MPD-002", "MIP6-MPD-003"]
REGISTERED: tuple[Packet, ...] = ((0.0, home_bu()), (0.1, ba()))
Short = tuple[str, int, bool]


def short(findings: list[Finding]) -> list[Short]:
    return [(f.rule, f.frames[-1].number, f.inconclusive) for f in findings]


def found(*packets: Packet) -> list[Short]:
    return short(validate([scene(*packets)], select=RULES))


@pytest.mark.parametrize("name", ["tour-mn.pcap", "tour-core.pcap", "failover60-mn.pcap", "ro-mn.pcap"])
def test_umip_keeps_them(name: str) -> None:
    assert validate([recording(name)], select=RULES) == []


@pytest.mark.parametrize("to", [ANYCAST, bytes.fromhex("ff02") + bytes(13) + b"\x01"])
def test_a_solicitation_goes_to_one_home_agent(to: bytes) -> None:
    findings = validate([scene((0, prefix_solicitation(to=to)))], select=RULES)
    assert [(f.rule, f.offset) for f in findings] == [("MIP6-MPD-001", 24)]


def test_code_and_reserved_field_of_a_solicitation() -> None:
    code = icmp_packet(146, b"\0\x09\0\0", CARE1, AGENT, code=3, home_option=HOME)
    reserved = icmp_packet(146, b"\0\x09\x80\0", CARE1, AGENT, home_option=HOME)
    findings = validate([scene((0, code), (5, reserved))], select=RULES)
    assert [(f.frames[-1].number, f.offset) for f in findings] == [(1, 65), (2, 70)]


def test_a_solicitation_after_the_deletion() -> None:
    gone = (*REGISTERED, (5.0, bu(source=HOME, home=None, seq=2, life=0)), (5.1, ba(to=HOME, home=None, seq=2, life=0)))
    assert found(*gone, (5.5, prefix_solicitation())) == [("MIP6-MPD-001", 5, False)]
    assert found(*gone, (9.5, prefix_solicitation())) == [("MIP6-MPD-001", 5, True)]
    assert found(*gone[:3], (5.5, prefix_solicitation())) == []
    again = ((6.0, home_bu(seq=3)), (6.1, ba(seq=3)))
    assert found(*gone, *again, (6.5, prefix_solicitation())) == []


def test_a_solicitation_after_a_refusal() -> None:
    refused = ((0.0, home_bu()), (0.1, ba(status=130, life=0)))
    assert found(*refused, (0.5, prefix_solicitation())) == [("MIP6-MPD-001", 3, False)]
    refresh = (*REGISTERED, (1.0, home_bu(seq=2)), (1.1, ba(seq=2, status=130, life=0)))
    assert found(*refresh, (1.5, prefix_solicitation())) == []  # the old binding lives on


def test_without_updates_the_registration_is_not_known() -> None:
    assert found((0, prefix_solicitation())) == []
    assert found((0.0, home_bu()), (0.5, prefix_solicitation())) == []


def test_the_answer_of_another_agent() -> None:
    asked = (*REGISTERED, (5.0, prefix_solicitation()))
    findings = validate([scene(*asked, (5.1, prefix_advertisement(source=AGENT2)))], select=RULES)
    assert short(findings) == [("MIP6-MPD-002", 4, False)]
    assert findings[0].offset == 8
    assert found(*asked, (5.1, prefix_advertisement()), (5.2, prefix_advertisement(source=AGENT2))) == []
    assert found(*asked, (5.1, prefix_advertisement(source=AGENT2, identifier=1))) == []
    assert found((5.1, prefix_advertisement(source=AGENT2))) == []
    assert found(*asked, (5.1, prefix_advertisement(source=AGENT2, to=CARE2))) == []


def test_another_identifier_may_be_unsolicited() -> None:
    asked = (*REGISTERED, (5.0, prefix_solicitation(identifier=9)))
    assert found(*asked, (5.1, prefix_advertisement(identifier=10))) == [("MIP6-MPD-002", 4, True)]
    assert found(*asked, (5.1, prefix_advertisement(identifier=10)), (5.2, prefix_advertisement())) == []
    assert found((0.0, prefix_advertisement(identifier=10))) == []


def test_code_and_reserved_bits_of_an_advertisement() -> None:
    for flags, breaks in ((0x0000, 0), (0x8000, 0), (0x4000, 0), (0xC000, 0), (0x2000, 1), (0x0001, 1)):
        findings = validate([scene((0, prefix_advertisement(flags=flags)))], select=RULES)
        assert [(f.rule, f.offset) for f in findings] == [("MIP6-MPD-003", 70)] * breaks
    body = b"\0\x09\0\0" + prefix_information()
    code = icmp_packet(147, body, AGENT, CARE1, code=1, routed=HOME)
    assert found((0, code)) == [("MIP6-MPD-002", 1, False)]


def test_several_prefixes_and_other_options_are_fine() -> None:
    link_layer = bytes((1, 1, 2, 0, 0, 0, 2, 1))
    assert found((0, prefix_advertisement(prefix_information(), prefix_information(PEER)))) == []
    assert found((0, prefix_advertisement(link_layer, prefix_information()))) == []
    assert found((0, prefix_advertisement(link_layer))) == [("MIP6-MPD-003", 1, False)]


def test_a_cut_advertisement_is_not_judged() -> None:
    octets = prefix_advertisement()
    for snap in range(64, len(octets)):
        source = Source("cut", [record(1, 0, octets, snap=snap)])
        assert validate([source], select=["MIP6-MPD-003"]) == []


def test_damaged_messages_are_not_judged() -> None:
    for packet in (prefix_solicitation(to=ANYCAST), prefix_advertisement(flags=1)):
        assert found((0, packet[:68] + bytes((packet[68] ^ 1,)) + packet[69:])) == []


def test_other_messages_are_none() -> None:
    assert found((0, echo(CARE1, AGENT))) == []

"""The Mobility Header as such: its reserved octet, the headers it may come with, fragments."""

import struct

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, validate
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, home_address_option, ipv6, record, routing_header, scene
from tests.recipes.mobility_header import UPDATE_BODY, answer, fragments, header
from tests.recipes.packets import agent_switch, ba, bu, carried, home_bu


def found(rule: str, *packets: bytes) -> list[Finding]:
    findings = validate([scene(*((number / 10, octets) for number, octets in enumerate(packets)))])
    return [finding for finding in findings if finding.rule == rule]


# RFC 6275, 6.1: type and a body of the least size for it.
BODIES = {
    0: bytes(2),
    1: bytes(10),
    2: bytes(10),
    3: bytes(18),
    4: bytes(18),
    5: UPDATE_BODY,
    6: bytes(6) + b"\x01\x02\x00\x00",
    7: b"\x01\x00" + HOME,
}


@pytest.mark.parametrize("kind", BODIES)
def test_only_an_acknowledgement_is_routed(kind: int) -> None:
    findings = found("MIP6-MH-009", carried(kind, BODIES[kind], PEER, CARE1, routed=HOME))
    assert [finding.seen for finding in findings] == ([] if kind == 6 else ["one with 2001:db8:1::100"])


@pytest.mark.parametrize("kind", BODIES)
def test_only_an_update_names_its_home_address(kind: int) -> None:
    findings = found("MIP6-MH-009", carried(kind, BODIES[kind], CARE1, PEER, home_option=HOME))
    assert [finding.expected for finding in findings] == ([] if kind == 5 else ["no Home Address option"])


@pytest.mark.parametrize("kind", [8, 9, 11, 16, 19, 21])
def test_other_standards_messages_are_left_alone(kind: int) -> None:
    """RFC 5568 wants the option in a Fast Binding Update, RFC 5846 both headers in revocations."""
    assert found("MIP6-MH-009", carried(kind, bytes(10), CARE1, PEER, home_option=HOME)) == []
    assert found("MIP6-MH-009", carried(kind, bytes(10), PEER, CARE1, routed=HOME)) == []


def test_a_home_agent_switch_may_be_routed() -> None:
    assert found("MIP6-MH-009", agent_switch(AGENT)) == []


def test_both_headers_are_two_breaches() -> None:
    message = header(0, bytes(2), HOME, PEER)
    octets = ipv6(CARE1, AGENT, 43, routing_header(PEER, 60) + home_address_option(HOME, 135) + message)
    assert len(found("MIP6-MH-009", octets)) == 2


def test_the_reserved_octet_is_pointed_at() -> None:
    (finding,) = found("MIP6-MH-005", answer(header(0, bytes(2), AGENT, HOME, reserved=0x80)))
    assert (finding.offset, finding.seen) == (40 + 24 + 3, "0x80")


def test_a_damaged_message_has_no_reserved_octet() -> None:
    octets = bytearray(ba())
    octets[40 + 24 + 3] = 1
    assert found("MIP6-MH-005", bytes(octets)) == []
    assert len(found("MIP6-MH-001", bytes(octets))) == 1


def test_a_cut_message_still_shows_its_reserved_octet() -> None:
    octets = answer(header(6, bytes(6) + b"\x01\x02\x00\x00", AGENT, HOME, reserved=1))
    findings = validate([Source("cut", [record(1, 0, octets, snap=40 + 24 + 8)])])
    assert [f.inconclusive for f in findings if f.rule == "MIP6-MH-005"] == [True]


def test_what_a_tunnel_carries_behind_a_packet_is_nobodys() -> None:
    """IPv6's Payload Length (RFC 8200, 3) says where the packet ends: 16 octets more are none of it.

    What is missing in a message there (RFC 6275, 11.7.1: an Alternate Care-of Address) is told all the same.
    """
    for update, broken in ((home_bu(), []), (bu(), ["MIP6-BU-003"])):
        packet = ipv6(CARE1, AGENT, 41, update + bytes(16))
        rules = [finding.rule for finding in validate([scene((0.0, packet))])]
        assert [rule for rule in rules if rule in ("MIP6-MH-003", "MIP6-BU-003")] == broken
    octets = home_bu()
    longer = octets[:4] + (len(octets) - 40 + 16).to_bytes(2) + octets[6:] + bytes(16)
    assert len(found("MIP6-MH-003", ipv6(CARE1, AGENT, 41, longer + bytes(8)))) == 1


def test_fragments_of_a_small_packet() -> None:
    """40 + 24 + 32 octets."""
    (finding,) = found("MIP6-MH-010", *fragments())
    assert (finding.expected, finding.seen) == ("a packet of 96 octets in one piece", "2 fragments")
    assert (finding.frames[-1].number, finding.offset) == (2, 40 + 24)


def test_a_lone_piece_is_no_message() -> None:
    assert found("MIP6-MH-010", fragments()[1]) == []


def test_an_atomic_fragment() -> None:
    fragment = struct.pack(">BBHI", 135, 0, 0, 1)
    octets = ipv6(AGENT, HOME, 44, fragment + header(0, bytes(2), AGENT, HOME))
    (finding,) = found("MIP6-MH-010", octets)
    assert (finding.expected, finding.seen) == ("a packet of 48 octets in one piece", "a fragment header")


@pytest.mark.parametrize(("size", "findings"), [(1280, 1), (1288, 0)])
def test_from_1281_octets_on_fragments_may_be_needed(size: int, findings: int) -> None:
    message = header(11, bytes(size - 40 - 6), AGENT, HOME)
    pieces = [message[:1024], message[1024:]]
    packets = [
        ipv6(AGENT, HOME, 44, struct.pack(">BBHI", 135, 0, 1024 * at | (at == 0), 1) + piece)
        for at, piece in enumerate(pieces)
    ]
    assert len(found("MIP6-MH-010", *packets)) == findings


def test_a_whole_registration_keeps_them_all() -> None:
    packets = (home_bu(), ba())
    assert [found(f"MIP6-MH-{number:03}", *packets) for number in range(1, 11)] == [[]] * 10

"""Home Agent Unreachable, Home Agent Switch, and FMIPv6 beside them."""

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, record, scene, tunnel
from tests.recipes.example import Packet
from tests.recipes.packets import (
    LINK_LOCAL,
    agent_switch,
    carried,
    home_bu,
    icmp_packet,
    padding,
    unreachable,
)
from tests.recipes.protected import in_esp, registration
from tests.recipes.protection import SOLICITATION_FOR_PROXY

RULES = ["MHA-017", "MHA-022", "HARP-001", "HARP-004", "X-002"]


def short(findings: list[Finding]) -> list[tuple[str, int]]:
    return [(f.rule, f.frames[-1].number) for f in findings]


def found(*packets: Packet) -> list[tuple[str, int]]:
    return short(validate([scene(*packets)], select=RULES))


def offsets(packet: bytes) -> list[tuple[str, int | None]]:
    return [(f.rule, f.offset) for f in validate([scene((0, packet))], select=RULES)]


# --- Home Agent Unreachable ---


def test_whole_lists() -> None:
    assert offsets(unreachable()) == []
    assert offsets(unreachable(AGENT, AGENT2)) == []
    assert offsets(unreachable(*(AGENT[:15] + bytes((number,)) for number in range(75)))) == []


# Octets behind the identifier, where the fault shows: behind 64 octets of headers and 8 of the message.
LISTS = [(0, 72), (1, 72), (15, 72), (17, 88), (24, 88), (31, 88)]


@pytest.mark.parametrize(("size", "offset"), LISTS)
def test_lists_that_are_not_whole(size: int, offset: int) -> None:
    packet = icmp_packet(154, b"\0\0\0\x05" + bytes(range(size)), AGENT2, CARE1, routed=HOME)
    assert offsets(packet) == [("MHA-017", offset)]


def test_a_message_without_identifier() -> None:
    assert offsets(icmp_packet(154, b"\0", AGENT2, CARE1, routed=HOME)) == [("MHA-017", 69)]


def test_the_code_is_0() -> None:
    packet = icmp_packet(154, b"\0\0\0\x05" + AGENT, AGENT2, CARE1, code=2, routed=HOME)
    assert offsets(packet) == [("MHA-017", 65)]


def test_the_checksum_counts_the_home_address() -> None:
    right = unreachable()
    to_care_of_address = icmp_packet(154, right[68:], AGENT2, CARE1)  # summed for the wrong destination
    wrong = right[:66] + to_care_of_address[42:44] + right[68:]
    findings = validate([scene((0, wrong))], select=RULES)
    assert [(f.rule, f.offset, f.expected) for f in findings] == [("MHA-017", 66, f"checksum 0x{right[66:68].hex()}")]


def test_others_with_the_same_type_are_not_judged() -> None:
    for subtype in (1, 6, 255):
        assert offsets(icmp_packet(154, bytes((subtype, 0, 0, 5)) + bytes(9), AGENT2, CARE1, routed=HOME)) == []


def test_other_icmpv6_is_not_judged() -> None:
    assert offsets(icmp_packet(143, bytes(4) + bytes(9), AGENT2, CARE1)) == []
    assert offsets(icmp_packet(200, bytes(5), AGENT2, CARE1)) == []


def test_a_cut_message_is_not_judged() -> None:
    packet = unreachable(AGENT, AGENT2[:8])
    for snap in range(64, len(packet)):
        assert validate([Source("cut", [record(1, 0, packet, snap=snap)])], select=RULES) == []


# --- to whom ---

AWAY = registration(agent=AGENT2)


def to(destination: bytes, routed: bytes | None = None) -> bytes:
    return icmp_packet(154, b"\0\0\0\x05" + AGENT, AGENT2, destination, routed=routed)


def test_to_mobile_nodes() -> None:
    assert found(*AWAY, (1, to(CARE1, routed=HOME))) == []
    assert found(*AWAY, (1, to(HOME))) == []
    assert found(*AWAY, (1, tunnel(AGENT2, CARE1, to(HOME)))) == []


def test_to_a_care_of_address_alone() -> None:
    assert found(*AWAY, (1, to(CARE1))) == [("MHA-022", 3)]
    assert found(*AWAY, (1, to(CARE1, routed=HOME[:15] + b"\x55"))) == [("MHA-022", 3)]


def test_whose_address_it_is_may_not_be_known() -> None:
    assert found((1, to(CARE1))) == []
    assert found(*AWAY, (1, to(CARE2))) == []
    assert found(*registration(agent=AGENT), (1, to(CARE1))) == []


def test_to_many() -> None:
    assert offsets(to(bytes.fromhex("ff02") + bytes(13) + b"\x01")) == [("MHA-022", 24)]


# --- FMIPv6 ---


def test_fast_handovers_are_named_once() -> None:
    findings = validate([scene(*((float(5 * i), SOLICITATION_FOR_PROXY) for i in range(3)))], select=RULES)
    assert short(findings) == [("X-002", 1)]
    assert (findings[0].severity, findings[0].inconclusive, findings[0].offset) == (Severity.NOTE, False, 68)


# --- Home Agent Switch ---


def switch(count: int, reserved: int, *agents: bytes) -> bytes:
    body = bytes((count, reserved)) + b"".join(agents)
    return in_esp(carried(12, body + padding(-(len(body) + 6) % 8), AGENT, CARE1, routed=HOME))


def test_lists_of_agents() -> None:
    assert found((0, switch(0, 0)), (5, switch(1, 0, AGENT2)), (10, switch(2, 0, AGENT, AGENT2))) == []
    assert offsets(switch(0, 1)) == [("HARP-001", 72 + 7)]
    assert offsets(switch(2, 0, AGENT, LINK_LOCAL)) == [("HARP-001", 72 + 8 + 16)]


def test_in_clear_is_said_once() -> None:
    again = (5.0, agent_switch(AGENT2))
    assert found(*registration(), (1.0, agent_switch(AGENT2)), again) == [("HARP-004", 3)]


def test_to_the_care_of_address_alone() -> None:
    alone = carried(12, b"\0\0", AGENT, CARE1)
    protected = in_esp(agent_switch(AGENT2))
    assert found(*registration(), (1.0, protected)) == []
    findings = validate([scene(*registration(), (1.0, alone))], select=["HARP-004"])
    assert [f.offset for f in findings] == [24, 40]
    assert found((0.0, home_bu(to=AGENT2)), (1.0, agent_switch(AGENT2))) == [("HARP-004", 2)]

"""Type 2 routing headers: form, address, number."""

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, ip, ipv6, record, routing_header, scene
from tests.recipes.packets import icmpv6
from tests.recipes.routing_header import ECHO, behind

TYPE_0 = bytes((58, 2, 0, 1, 0, 0, 0, 0)) + AGENT


def found(rule: str, *packets: bytes) -> list[Finding]:
    findings = validate([scene(*((number / 10, octets) for number, octets in enumerate(packets)))])
    return [finding for finding in findings if finding.rule == rule]


# Hdr Ext Len, Segments Left, reserved, the octets behind; what is seen, and at which octet of the header.
FORMS = {
    "no segment left": (2, 0, 0, HOME, "0", 3),
    "two segments left": (2, 2, 0, HOME, "2", 3),
    "a length of 4": (4, 1, 0, HOME + HOME, "4", 1),
    "a length of 1": (1, 1, 0, HOME[:8], "1", 1),
    "reserved octets": (2, 1, 0x01000000, HOME, "0x01000000", 4),
}


@pytest.mark.parametrize(("length", "left", "reserved", "rest", "seen", "at"), FORMS.values(), ids=FORMS)
def test_form(length: int, left: int, reserved: int, rest: bytes, seen: str, at: int) -> None:
    octets = behind(bytes((58, length, 2, left)) + reserved.to_bytes(4) + rest)
    (finding,) = found("MIP6-RH2-001", octets)
    assert (finding.seen, finding.offset) == (seen, 40 + at)


def test_a_good_one() -> None:
    packet = behind(routing_header(HOME, 58))
    assert [found(f"MIP6-RH2-00{number}", packet) for number in (1, 2, 3)] == [[], [], []]


def test_other_types_have_other_lengths() -> None:
    """Type 3 (RFC 6554) and type 4 (RFC 8754) are none of Mobile IPv6's."""
    for kind in (0, 1, 3, 4, 253):
        header = bytes((58, 4, kind, 0, 0, 0, 0, 9)) + AGENT + AGENT
        packet = ipv6(PEER, CARE1, 43, header + icmpv6(128, 0, ECHO, PEER, CARE1))
        assert [found(f"MIP6-RH2-00{number}", packet) for number in (1, 2, 3)] == [[], [], []]


@pytest.mark.parametrize("home", ["ff02::1", "fe80::1", "::1", "::", "2001:db8:1:0:fdff:ffff:ffff:fffe"])
def test_addresses_that_no_home_address_is(home: str) -> None:
    octets = ipv6(PEER, CARE1, 43, routing_header(ip(home), 58) + icmpv6(128, 0, ECHO, PEER, ip(home)))
    (finding,) = found("MIP6-RH2-002", octets)
    assert (finding.seen, finding.offset) == (home, 40 + 8)


def test_behind_another_routing_header() -> None:
    before = b"\x2b" + TYPE_0[1:]
    assert found("MIP6-RH2-003", behind(before + routing_header(HOME, 58))) == []
    (finding,) = found("MIP6-RH2-003", behind(routing_header(HOME, 43) + TYPE_0))
    assert (finding.severity, finding.offset) == (Severity.WARNING, 40)


def test_three_of_them() -> None:
    three = routing_header(HOME, 43) + routing_header(HOME, 43) + routing_header(HOME, 58)
    assert [f.offset for f in found("MIP6-RH2-003", behind(three))] == [40 + 24, 40 + 48]


@pytest.mark.parametrize("snap", range(40, 76))
def test_headers_cut_by_the_capture(snap: int) -> None:
    octets = behind(routing_header(HOME, 58))
    findings = validate([Source("cut", [record(1, 0, octets, snap=snap)])])
    assert [f for f in findings if f.rule.startswith("MIP6-RH2")] == []


def test_reserved_octets_beside_packets_that_are_like_it_otherwise() -> None:
    """Packets that look alike are judged alike; these two don't."""
    good, bad = behind(routing_header(HOME, 58)), behind(bytes((58, 2, 2, 1, 0, 0, 0, 1)) + HOME)
    findings = validate([scene((0.0, good), (5.0, bad), (10.0, good))])
    assert [f.frames[-1].number for f in findings if f.rule == "MIP6-RH2-001"] == [2]

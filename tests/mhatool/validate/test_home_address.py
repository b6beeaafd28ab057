"""Home Address options: form, place, order, and what a packet shows of being at home."""

import struct

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, validate
from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    CARE2,
    HOME,
    PEER,
    bu,
    home_address_option,
    ip,
    ipv6,
    record,
    routing_header,
    scene,
    tunnel,
)
from tests.recipes.home_address import EARLY, TWICE, from_care_of_address, update
from tests.recipes.mobility_header import UPDATE_BODY, header
from tests.recipes.packets import icmp_packet, icmpv6

ECHO = struct.pack(">HH", 1, 1)
OPTION = bytes((201, 16)) + HOME
FRAGMENT = struct.pack(">BBHI", 60, 0, 0, 1)
AH = bytes((60, 4, 0, 0)) + struct.pack(">II", 7, 1) + bytes(12)
"""24 octets: (4 + 2) x 4."""


def found(rule: str, *packets: bytes) -> list[Finding]:
    findings = validate([scene(*((number / 10, octets) for number, octets in enumerate(packets)))])
    return [finding for finding in findings if finding.rule == rule]


def echo(following: int, headers: bytes, home: bytes = HOME, source: bytes = CARE1) -> bytes:
    """An echo request to the correspondent behind these headers, its checksum over the home address."""
    return ipv6(source, PEER, following, headers + icmpv6(128, 0, ECHO, home, PEER))


# Options header behind its first two octets; the offset of the breach in it.
MISPLACED = {
    "at 2": (OPTION + b"\x01\x02\x00\x00", 2),
    "at 4": (b"\x01\x00" + OPTION + b"\x01\x00", 4),
    "behind four Pad1 and PadN": (b"\x00\x00\x00\x00\x01\x00" + OPTION + b"\x01\x04\x00\x00\x00\x00", 8),
}


@pytest.mark.parametrize(("options", "at"), MISPLACED.values(), ids=MISPLACED)
def test_alignment(options: bytes, at: int) -> None:
    assert len(options) % 8 == 6
    (finding,) = found("MIP6-HAO-001", echo(60, bytes((58, len(options) // 8)) + options))
    assert (finding.seen, finding.offset) == (f"offset {at}", 40 + at)


@pytest.mark.parametrize("options", [b"\x00" * 4 + OPTION, b"\x01\x02\0\0" + OPTION, b"\x01\x0a" + bytes(10) + OPTION])
def test_aligned(options: bytes) -> None:
    assert found("MIP6-HAO-001", echo(60, bytes((58, len(options) // 8)) + options)) == []


@pytest.mark.parametrize("length", [15, 17, 4])
def test_length(length: int) -> None:
    options = b"\x01\x02\0\0" + bytes((201, length)) + bytes(length)
    options += bytes(-(len(options) + 2) % 8)
    (finding,) = found("MIP6-HAO-001", echo(60, bytes((58, len(options) // 8)) + options, CARE1))
    assert (finding.expected, finding.seen, finding.offset) == (
        "a Home Address option of length 16",
        f"length {length}",
        40 + 7,
    )


def test_a_hop_by_hop_option() -> None:
    (finding,) = found("MIP6-HAO-001", echo(0, home_address_option(HOME, 58), CARE1))
    assert finding.seen == "a hop-by-hop option"


def test_other_options_are_none_of_its_business() -> None:
    limit = bytes((58, 0, 4, 1, 4, 1, 0, 0))
    assert found("MIP6-HAO-001", echo(60, limit, CARE1)) == []


def test_two_options_in_one_header() -> None:
    (finding,) = found("MIP6-HAO-002", update(TWICE))
    assert finding.offset == 40 + 30


def test_two_options_in_two_headers() -> None:
    assert len(found("MIP6-HAO-002", echo(60, home_address_option(HOME, 60) + home_address_option(HOME, 58)))) == 1


def test_one_option_inside_and_one_outside_a_tunnel() -> None:
    outer = ipv6(CARE1, AGENT, 60, home_address_option(HOME, 41) + from_care_of_address(HOME))
    assert found("MIP6-HAO-002", outer) == []
    assert found("MIP6-HAO-002", tunnel(CARE1, AGENT, bu())) == []


# Headers before the echo, the first one's number, and what is expected (None: in order).
ORDERS = {
    "alone": (60, home_address_option(HOME, 58), None),
    "behind a routing header": (43, routing_header(PEER, 60) + home_address_option(HOME, 58), None),
    "before a fragment header": (60, home_address_option(HOME, 44) + b"\x3a" + FRAGMENT[1:], None),
    "before AH": (60, home_address_option(HOME, 51) + b"\x3a" + AH[1:], None),
    "other options before": (60, bytes((60, 0, 1, 4, 0, 0, 0, 0)) + home_address_option(HOME, 58), None),
    "other options before a routing header": (
        60,
        bytes((43, 0, 1, 4, 0, 0, 0, 0)) + routing_header(PEER, 60) + home_address_option(HOME, 58),
        None,
    ),
    "before a routing header": (60, home_address_option(HOME, 43) + routing_header(PEER, 58), "behind the routing"),
    "behind a fragment header": (44, FRAGMENT + home_address_option(HOME, 58), "before the fragment"),
    "behind AH": (51, AH + home_address_option(HOME, 58), "before the Authentication"),
}


@pytest.mark.parametrize(("following", "headers", "expected"), ORDERS.values(), ids=ORDERS)
def test_order(following: int, headers: bytes, expected: str | None) -> None:
    findings = found("MIP6-HAO-003", echo(following, headers))
    assert [expected in finding.expected for finding in findings if expected] == [True] * (expected is not None)
    assert len(findings) == (expected is not None)


NOT_ROUTABLE = ["ff02::1", "ff1e::1", "fe80::100", "::1", "::", "::ffff:c000:201"]
HOME_AGENTS = "2001:db8:1::fdff:ffff:ffff:fffe"
"""The anycast address of a link's home agents (RFC 2526, 3)."""


@pytest.mark.parametrize("home", [*NOT_ROUTABLE, HOME_AGENTS])
def test_a_home_address_that_cannot_be_one(home: str) -> None:
    (finding,) = found("MIP6-HAO-004", from_care_of_address(ip(home)))
    assert finding.offset == 40 + 8


@pytest.mark.parametrize("home", ["2001:db8::1", "fd00::1", "3ffe:501::1", "2001:db8:1::fdff:ffff:ffff:ffff"])
def test_a_home_address(home: str) -> None:
    assert found("MIP6-HAO-004", from_care_of_address(ip(home))) == []


def test_at_home() -> None:
    assert len(found("MIP6-HAO-007", icmp_packet(128, ECHO, HOME, PEER, home_option=HOME))) == 1
    assert found("MIP6-HAO-007", from_care_of_address(HOME)) == []


def test_an_update_on_the_way_home_may_name_the_home_address_twice() -> None:
    """RFC 6275, 11.7.1, wants the option in every home registration."""
    message = header(5, struct.pack(">HHH", 1, 0xC000, 0) + UPDATE_BODY[6:-16] + HOME, HOME, AGENT)
    assert found("MIP6-HAO-007", ipv6(HOME, AGENT, 60, home_address_option(HOME, 135) + message)) == []


@pytest.mark.parametrize(("kind", "size"), [(133, 4), (135, 20), (136, 20)])
def test_neighbour_discovery(kind: int, size: int) -> None:
    packet = icmp_packet(kind, bytes(size), CARE1, AGENT, home_option=HOME, hop_limit=255)
    assert len(found("MIP6-HAO-007", packet)) == 1


@pytest.mark.parametrize(
    ("destination", "count"),
    [("fe80::1", 1), ("ff02::16", 1), ("ff01::1", 1), ("ff12::7", 1), ("ff05::2", 0), ("ff0e::1", 0), ("fec0::1", 0)],
)
def test_peers_on_the_link(destination: str, count: int) -> None:
    """RFC 4291, 2.5.6 and 2.7: fe80::/10, and groups of scope 1 and 2; ff05 is a site's, ff0e anybody's."""
    assert len(found("MIP6-HAO-007", icmp_packet(128, ECHO, CARE1, ip(destination), home_option=HOME))) == count


def test_mobile_prefix_solicitations_are_no_neighbour_discovery() -> None:
    assert found("MIP6-HAO-007", icmp_packet(146, bytes(4), CARE1, AGENT, home_option=HOME)) == []


@pytest.mark.parametrize("snap", range(40, 120))
def test_headers_cut_by_the_capture(snap: int) -> None:
    for octets in (update(EARLY), update(TWICE), echo(51, AH + home_address_option(HOME, 58))):
        findings = validate([Source("cut", [record(1, 0, octets, snap=snap)])])
        whole = {f.rule for f in validate([Source("whole", [record(1, 0, octets)])])}
        own = {f.rule for f in findings if f.rule.startswith("MIP6-HAO")}
        assert own <= whole


def test_a_quoted_packet_is_nobodys_fault() -> None:
    error = icmp_packet(1, bytes(4) + update(TWICE), CARE2, CARE1, code=3)
    assert found("MIP6-HAO-002", error) == []

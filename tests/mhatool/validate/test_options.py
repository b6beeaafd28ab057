"""Mobility options: their form, their place, and what is no breach."""

import struct

import pytest

from dissectors.profile import KAME2003, Profile
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, internet_checksum, ip, ipv6, routing_header, scene
from tests.recipes.options import ACCEPTED, IDENTIFIER, acknowledgement
from tests.recipes.packets import (
    Option,
    alternate,
    authorization,
    ba,
    bu,
    carried,
    home_bu,
    nonce_indices,
    refresh_advice,
    with_options,
)

FIRST_OPTION = 40 + 24 + 12
"""Octets before the options of an acknowledgement behind a type 2 routing header."""


def found(rule: str, *packets: bytes, profile: Profile | None = None) -> list[Finding]:
    source = scene(*((number / 10, octets) for number, octets in enumerate(packets)))
    findings = validate([source]) if profile is None else validate([source], profile)
    return [finding for finding in findings if finding.rule == rule]


EXPERIMENT: Option = (18, bytes(32), (8, 0))
"""As long as a list of two home agents."""

# What stands behind the 12 octets of fields; the offset of the option at fault there.
OVERRUNS = {
    "one octet too long": (b"\x01\x03\x00\x00", 0),
    "a type without length": (b"\x01\x01\x00\x13", 3),
    "after a whole one": (b"\x01\x00\x02\x02", 2),
    "of 255": (b"\x01\xff\x00\x00", 0),
}


@pytest.mark.parametrize(("options", "at"), OVERRUNS.values(), ids=OVERRUNS)
def test_an_option_beyond_its_message(options: bytes, at: int) -> None:
    (finding,) = found("MIP6-OPT-001", acknowledgement(options))
    assert finding.offset == FIRST_OPTION + at


@pytest.mark.parametrize(
    "options", [b"\x00\x00\x00\x00", b"\x01\x02\x00\x00", b"\x02\x02\x00\x08", b"\x01\x00\x01\x00"]
)
def test_options_that_fill_their_message(options: bytes) -> None:
    assert found("MIP6-OPT-001", acknowledgement(options)) == []


EXPERIMENTS = {
    "in an update": bu(alternate(CARE1), EXPERIMENT),
    "in an acknowledgement": ba(EXPERIMENT),
    "in a Binding Refresh Request": carried(0, with_options(bytes(2), [EXPERIMENT]), PEER, HOME),
}
LISTS = {
    "with M": bu(EXPERIMENT, alternate(CARE1), flags="AHM"),
    "that lists the receiver": bu((18, CARE2 + AGENT, (8, 0)), alternate(CARE1)),
}


@pytest.mark.parametrize("packet", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_an_experiment_aligns_its_option_as_it_wants(packet: bytes) -> None:
    """RFC 5096, 4: option 18 has no alignment."""
    assert found("MIP6-OPT-002", packet) == []


@pytest.mark.parametrize("packet", LISTS.values(), ids=LISTS)
def test_a_list_of_home_agents_is_aligned(packet: bytes) -> None:
    """The paper, Fig. 8: 8n+6; here it begins at octet 16."""
    (finding,) = found("MIP6-OPT-002", packet)
    assert finding.offset == 64 + 16


def test_an_option_behind_a_header_length_that_is_too_short() -> None:
    """Header Len 1 of 3: the Alternate Care-of Address lies beyond, and sixteen octets are left over."""
    whole = b"\x01\x00\x03\x10" + CARE1
    octets = bytes((59, 1, 5, 0, 0, 0)) + struct.pack(">HHH", 1, 0xC000, 15) + whole
    check = internet_checksum(HOME, AGENT, 135, octets[:16])
    octets = octets[:4] + check.to_bytes(2) + octets[6:]
    packet = ipv6(HOME, AGENT, 135, octets)
    assert found("MIP6-OPT-001", packet) == []
    assert len(found("MIP6-MH-003", packet)) == 1


def test_a_damaged_message_has_no_options() -> None:
    octets = acknowledgement(b"\x01\x06\xca\xfe")
    damaged = octets[:68] + bytes((octets[68] ^ 1,)) + octets[69:]
    assert found("MIP6-OPT-001", octets)
    assert found("MIP6-OPT-001", damaged) == []
    assert found("MIP6-OPT-003", damaged) == []


@pytest.mark.parametrize(("count", "notes"), [(3, 0), (7, 0), (8, 1), (24, 1)])
def test_more_than_seven_octets_of_padding(count: int, notes: int) -> None:
    """Between two Mobile Node Identifiers; the second one fills the message: at least 2 octets, to a multiple of 8."""
    first = bytes((8, 3, 1, 97, 98))
    rest = (-(12 + len(first) + count) - 2) % 8 + 2
    octets = acknowledgement(first + bytes(count) + bytes((8, rest - 2)) + bytes(rest - 2))
    findings = found("MIP6-OPT-003", octets)
    assert [f.seen for f in findings] == [f"{count} octets"] * notes


def test_padding_that_is_not_zero_is_pointed_at() -> None:
    (finding,) = found("MIP6-OPT-003", acknowledgement(b"\x01\x02\x00\x01"))
    assert (finding.offset, finding.seen, finding.severity) == (FIRST_OPTION + 2, "0001", Severity.NOTE)


WRONG_LENGTHS: list[tuple[str, bytes]] = [
    ("MIP6-OPT-004", carried(6, with_options(ACCEPTED, [(2, bytes(4), (2, 0))]), AGENT, CARE1, routed=HOME)),
    ("MIP6-OPT-006", bu((3, bytes(15), (8, 6)))),
    ("MIP6-OPT-007", bu((4, bytes(2), (2, 0)), authorization(), to=PEER, flags="")),
    ("MIP6-OPT-008", bu(nonce_indices(1, 1), (5, bytes(16), (8, 2)), to=PEER, flags="")),
]


@pytest.mark.parametrize(("rule", "packet"), WRONG_LENGTHS, ids=[rule for rule, _ in WRONG_LENGTHS])
def test_wrong_lengths(rule: str, packet: bytes) -> None:
    (finding,) = found(rule, packet)
    assert "length" in finding.seen


# RFC 6275: 6.2.4 (acknowledgement), 6.2.5 and 6.2.6 (update).
PLACES: list[tuple[str, Option, int]] = [
    ("MIP6-OPT-004", refresh_advice(8), 6),
    ("MIP6-OPT-006", alternate(CARE1), 5),
    ("MIP6-OPT-007", nonce_indices(1, 1), 5),
]
FIELDS = {0: bytes(2), 1: bytes(10), 3: bytes(18), 5: struct.pack(">HHH", 1, 0, 15), 6: ACCEPTED, 7: b"\x01\0" + HOME}


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize(("rule", "option", "place"), PLACES, ids=[rule for rule, _, _ in PLACES])
def test_each_option_has_its_message(rule: str, option: Option, place: int, kind: int) -> None:
    packet = carried(kind, with_options(FIELDS[kind], [option]), PEER, HOME)
    assert len(found(rule, packet)) == (0 if kind == place else 1)


def test_a_correspondent_gives_no_advice() -> None:
    packet = ba(refresh_advice(8), authorization(), source=PEER)
    assert len(found("MIP6-OPT-004", packet)) == 1


def kame(kind: int, fixed: bytes, *options: Option) -> bytes:
    """A message to the mobile node with the numbers of 2003: protocol 62."""
    body = with_options(fixed, options)
    octets = bytes((59, (len(body) + 6) // 8 - 1, kind, 0, 0, 0)) + body
    octets = octets[:4] + internet_checksum(AGENT, HOME, 62, octets).to_bytes(2) + octets[6:]
    return ipv6(AGENT, CARE1, 43, routing_header(HOME, 62) + octets)


def test_in_2003_a_home_agent_authorizes_too() -> None:
    """Refresh Advice is type 6 there."""
    packet = kame(6, ACCEPTED, (6, b"\0\x08", (2, 0)), authorization())
    assert found("MIP6-OPT-004", packet, profile=KAME2003) == []


def test_in_2003_type_7_is_known_and_type_8_is_not() -> None:
    known = kame(6, ACCEPTED, (7, AGENT, (8, 6)))
    unknown = kame(6, ACCEPTED, (8, b"\x01ab", (1, 0)))
    assert found("MIP6-OPT-009", known, profile=KAME2003) == []
    assert [f.seen for f in found("MIP6-OPT-009", unknown, profile=KAME2003)] == ["type 8"]


@pytest.mark.parametrize("care_of", ["ff02::1", "fe80::1", "::1", "::", "2001:db8:a:0:fdff:ffff:ffff:fffe"])
def test_a_care_of_address_is_unicast_and_routable(care_of: str) -> None:
    (finding,) = found("MIP6-OPT-006", bu(alternate(ip(care_of))))
    assert (finding.seen, finding.offset) == (care_of, 40 + 24 + 14 + 2)


def test_the_home_address_as_care_of_address_deletes() -> None:
    assert found("MIP6-OPT-006", bu(alternate(HOME), source=HOME, home=None, life=0)) == []


@pytest.mark.parametrize(("kind", "fixed"), [(0, 2), (1, 10), (2, 10), (3, 18), (4, 18), (7, 18), (5, 6), (6, 6)])
def test_where_authorization_data_stand(kind: int, fixed: int) -> None:
    """RFC 6275, 6.2.7: Binding Updates (5) and Acknowledgements (6); the others have no binding management key."""
    packet = carried(kind, with_options(bytes(fixed), [authorization()]), PEER, CARE1)
    assert len(found("MIP6-OPT-008", packet)) == (kind not in (5, 6))


def test_authorization_may_be_followed_by_padding_or_rfc_4285() -> None:
    update = struct.pack(">HHH", 1, 0, 15)
    padded = with_options(update, [authorization()]) + b"\x01\x06" + bytes(6)
    assert found("MIP6-OPT-008", carried(5, padded, CARE1, PEER, home_option=HOME)) == []
    rfc4285 = (9, bytes(5) + bytes(12), (4, 1))
    assert found("MIP6-OPT-008", bu(authorization(), rfc4285, to=PEER, flags="")) == []
    assert len(found("MIP6-OPT-008", bu(authorization(), authorization(), to=PEER, flags=""))) == 1
    assert len(found("MIP6-OPT-008", bu(authorization(), IDENTIFIER, to=PEER, flags=""))) == 1


@pytest.mark.parametrize(("kind", "notes"), [(8, 0), (17, 0), (20, 0), (70, 0), (71, 1), (255, 1)])
def test_assigned_types_need_no_fields_of_ours(kind: int, notes: int) -> None:
    """IANA has assigned 0 to 70."""
    assert len(found("MIP6-OPT-009", ba((kind, bytes(6), (1, 0))))) == notes


def test_what_may_come_twice() -> None:
    """Identifiers, prefixes (RFC 3963) and Binding Identifiers (RFC 5648) may."""
    prefix = (6, b"\0\x40" + HOME, (8, 4))
    binding_id = (35, b"\0\x01\0\0", (2, 0))
    assert found("MIP6-OPT-010", home_bu(prefix, prefix, binding_id, binding_id, IDENTIFIER, IDENTIFIER)) == []
    assert len(found("MIP6-OPT-010", ba(refresh_advice(8), refresh_advice(8), refresh_advice(8)))) == 2


def test_options_cut_by_the_capture_are_no_breach() -> None:
    packets = (home_bu(nonce_indices(1, 1)), ba(alternate(CARE1), authorization()))
    for snap in range(40, 120):
        source = scene(*((0.0, octets) for octets in packets))
        records = [r._replace(captured=r.captured[:snap]) for r in source.records]
        findings = validate([source._replace(records=records)])
        own = [f for f in findings if f.rule.startswith("MIP6-OPT") and len(packets[f.frames[-1].number - 1]) > snap]
        assert all(finding.inconclusive for finding in own)

"""Rules of Binding Updates: what is allowed, edge values, and what can't be known."""

import struct

import pytest

from dissectors.profile import KAME2003
from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    internet_checksum,
    ip,
    ipv6,
    record,
    recording,
    scene,
    tunnel,
)
from tests.recipes.binding_updates import (
    CIRCLE,
    EUI64,
    OTHER_HOME,
    STABLE,
    STABLE_HOME,
    neighbor_solicitation,
    with_bits,
)
from tests.recipes.correspondent import peer_bu
from tests.recipes.home_agent_lists import authentication
from tests.recipes.packets import (
    FLAG,
    Option,
    alternate,
    authorization,
    ba,
    binding_identifier,
    bu,
    home_bu,
    nonce_indices,
    with_options,
)

LINK_LOCAL_NODE = ip("fe80::")[:8] + EUI64

SEVERAL_BINDINGS = {
    "in bulk": bu(binding_identifier(1, CARE1), binding_identifier(2, CARE2)),
    "in bulk, IPv4": bu(binding_identifier(1, bytes((192, 0, 2, 9))), binding_identifier(2, CARE2)),
    "at home too": bu(binding_identifier(2, at_home_too=True), source=HOME, home=None),
    "at home too, with the option": bu(binding_identifier(2, at_home_too=True), source=HOME, home=HOME),
}


def found(rule: str, *packets: bytes) -> list[tuple[int, Severity]]:
    findings = validate([scene(*enumerate(packets))], select=[rule])
    return [(finding.frames[-1].number, finding.severity) for finding in findings]


def judged(rule: str, *packets: tuple[float, bytes]) -> list[Finding]:
    return validate([scene(*packets)], select=[rule])


def cut(packet: bytes, snap: int) -> Source:
    return Source("cut", [record(1, 0, packet, snap=snap)])


def under_ah(packet: bytes) -> bytes:
    """The Mobility Header behind an Authentication Header of 24 octets (RFC 4302, 2): its length is 4 words and 2."""
    ah = struct.pack(">BBHII", 135, 4, 0, 256, 1) + bytes(12)
    options = packet[40:64]
    return ipv6(packet[8:24], packet[24:40], 60, bytes((51,)) + options[1:] + ah + packet[64:])


ERROR = Severity.ERROR


@pytest.mark.parametrize("flags", ["", "A", "AH", "AHL", "AHK", "HP"])
def test_other_flags_need_no_acknowledgement(flags: str) -> None:
    """Without H nothing is asked; a proxy's registration (P) is another protocol's."""
    assert found("MIP6-BU-001", bu(alternate(CARE1), flags=flags)) == []


def test_a_deletion_asks_for_an_acknowledgement_too() -> None:
    assert found("MIP6-BU-001", bu(source=HOME, home=None, flags="H", life=0)) == [(1, ERROR)]


def test_what_protects_the_source_needs_no_alternate() -> None:
    """AH covers the IPv6 header, RFC 4285's option the care-of address."""
    assert found("MIP6-BU-003", bu()) == [(1, ERROR)]
    assert found("MIP6-BU-003", under_ah(bu())) == []
    assert found("MIP6-BU-003", bu(authentication(5))) == []


@pytest.mark.parametrize(
    "packet",
    [
        bu(alternate(CARE2)),  # another care-of address than the source
        bu(to=PEER, flags="A"),
        bu(life=0),
        bu(source=HOME, home=None, life=0),
        bu(flags="AHP"),
    ],
    ids=["elsewhere", "correspondent", "deletion", "from home", "proxy"],
)
def test_who_needs_no_alternate_or_has_another_one(packet: bytes) -> None:
    assert found("MIP6-BU-003", packet) == []


@pytest.mark.parametrize("rule", ["MIP6-BU-002", "MIP6-BU-003", "MIP6-BU-008"])
@pytest.mark.parametrize("packet", SEVERAL_BINDINGS.values(), ids=SEVERAL_BINDINGS)
def test_several_care_of_addresses_at_once(rule: str, packet: bytes) -> None:
    """RFC 5648: Binding Identifiers hold the care-of addresses, or say by their H flag that one is the home address."""
    assert found(rule, packet) == []


def test_one_binding_identifier_changes_nothing_else() -> None:
    """Without care-of address in it, and without H flag."""
    assert found("MIP6-BU-003", bu(binding_identifier(1))) == [(1, ERROR)]
    assert found("MIP6-BU-002", bu(binding_identifier(1), source=HOME, home=None)) == [(1, ERROR)]
    assert found("MIP6-BU-008", bu(binding_identifier(1), alternate(HOME))) == [(1, ERROR)]


@pytest.mark.parametrize("rule", ["MIP6-BU-003", "MIP6-BU-013", "MHA-001"])
@pytest.mark.parametrize("packet", [home_bu(), bu(to=PEER, flags="A"), bu(alternate(CARE1), flags="AHM")])
def test_options_that_the_capture_cut_arent_missing(rule: str, packet: bytes) -> None:
    assert validate([cut(packet, 64 + 12)], select=[rule]) == []


@pytest.mark.parametrize("rule", ["MIP6-BU-003", "MIP6-BU-013", "MHA-001"])
@pytest.mark.parametrize("packet", [home_bu(), peer_bu(), bu(alternate(CARE1), flags="AHM")])
@pytest.mark.parametrize("header_length", [1, 2])
def test_options_behind_a_short_header_length_arent_missing(rule: str, packet: bytes, header_length: int) -> None:
    """The mistake is the length (MIP6-MH-003); what stands behind it was sent."""
    short = with_header_length(packet, header_length)
    assert found("MIP6-MH-003", short) == [(1, ERROR)]
    assert found("MIP6-MH-001", short) == []
    assert found(rule, short) == []


def with_header_length(packet: bytes, units: int) -> bytes:
    """A Header Len that is too short, with the checksum over what it covers."""
    end = 64 + 8 * (units + 1)
    covered = packet[64:65] + bytes((units,)) + packet[66:68] + bytes(2) + packet[70:end]
    check = internet_checksum(packet[48:64], packet[24:40], 135, covered)
    return packet[:64] + covered[:4] + check.to_bytes(2) + packet[70:]


def test_in_2003_there_was_no_alternate_needed() -> None:
    """KAME of January 2003: protocol 62, home registrations without options."""
    message = bytearray(bu()[64:])
    message[4:6] = bytes(2)
    message[4:6] = internet_checksum(HOME, AGENT, 62, bytes(message)).to_bytes(2)
    packet = ipv6(CARE1, AGENT, 60, b"\x3e" + bu()[41:64] + message)
    assert validate([scene((0, packet))], KAME2003, select=["MIP6-BU"]) == []


@pytest.mark.parametrize(
    ("profile_bits", "is_reserved"),
    [(0xC000, False), (0xFFF0, False), (0xC008, True), (0xC00F, True)],
)
def test_every_bit_without_a_letter_is_reserved(profile_bits: int, is_reserved: bool) -> None:
    """IANA's flags end at 0x0010."""
    packet = with_bits(home_bu(), 8, profile_bits.to_bytes(2))
    assert bool(found("MIP6-BU-004", packet)) is is_reserved


@pytest.mark.parametrize(("flags", "breaks"), [("AK", True), ("AHK", False), ("AMK", False)])
def test_k_to_correspondents_only(flags: str, breaks: bool) -> None:
    assert bool(found("MIP6-BU-005", bu(flags=flags))) is breaks


def test_authorization_data_alone_may_stand_in_a_home_registration() -> None:
    assert found("MIP6-BU-007", home_bu(authorization())) == []
    assert found("MIP6-BU-007", home_bu(nonce_indices(1, 1), authorization())) == [(1, ERROR)]


@pytest.mark.parametrize(
    ("packet", "breaks"),
    [
        (bu(alternate(HOME), life=4), True),
        (bu(alternate(HOME), life=0), False),
        (bu(life=0), False),  # deletes from abroad
        (bu(to=PEER, source=HOME, home=None, flags="A", life=60), True),
        (bu(alternate(CARE1), to=PEER, source=HOME, home=None, flags="A", life=60), False),
        (bu(alternate(HOME), flags="AHP", life=60), False),
    ],
)
def test_home_as_care_of_address(packet: bytes, breaks: bool) -> None:
    assert bool(found("MIP6-BU-008", packet)) is breaks


@pytest.mark.parametrize(
    ("source", "breaks"),
    [("fe80::1", True), ("::1", True), ("ff02::1", True), ("::", True), ("2001:db8:a::1", False), ("fd00::1", False)],
)
def test_sources_that_can_be_routed_to(source: str, breaks: bool) -> None:
    """RFC 4291; unique local addresses can be routed to within a site."""
    assert bool(found("MIP6-BU-012", bu(source=ip(source)))) is breaks


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("ff02::5", ERROR),  # RFC 4291, 2.7: no multicast address is a source
        ("::", ERROR),  # 2.5.2: no node's, and the care-of address was assigned before
        ("::1", ERROR),  # 2.5.3: never on a link
        ("fe80::5", Severity.NOTE),  # 2.5.6: on one link alone, where the home agent may be
        ("2001:db8:3::9", None),
    ],
)
def test_a_source_that_an_alternate_stands_for(source: str, severity: Severity | None) -> None:
    expected = [] if severity is None else [(1, severity)]
    assert found("MIP6-BU-012", bu(alternate(CARE1), source=ip(source))) == expected


def circle(second: bytes, *, last: float = 5.0) -> list[Finding]:
    return judged("MIP6-BU-012", CIRCLE[0], CIRCLE[1], (last, second))


def test_circles_need_a_living_binding_at_the_same_peer() -> None:
    around = home_bu(source=OTHER_HOME)
    assert [f.frames[-1].number for f in circle(around)] == [3]
    assert circle(around, last=70.0) == []  # 60 s are over
    assert circle(bu(alternate(OTHER_HOME), source=OTHER_HOME, to=PEER)) == []
    refused = (1.1, ba(to=HOME, home=OTHER_HOME, status=130, life=0))
    assert judged("MIP6-BU-012", CIRCLE[0], refused, (5.0, around)) == []


CGA: Option = (12, bytes(20), (1, 0))


@pytest.mark.parametrize(
    "packet",
    [
        bu(nonce_indices(1, 1), authorization(), to=PEER, flags=""),
        bu(CGA, to=PEER, flags=""),
        bu(authentication(5), to=PEER, flags=""),
        under_ah(bu(to=PEER, flags="")),
        bu(flags="AM"),
        bu(flags="AP"),
    ],
    ids=["proof", "RFC 4866", "RFC 4285", "AH", "HMIPv6", "proxy"],
)
def test_who_proves_itself_in_some_way(packet: bytes) -> None:
    assert found("MIP6-BU-013", packet) == []


def test_a_configured_key_is_possible() -> None:
    """Authorization Data without Nonce Indices may be RFC 4449's."""
    assert found("MIP6-BU-013", bu(authorization(), to=PEER, flags="")) == [(1, Severity.NOTE)]
    assert found("MIP6-BU-013", bu(nonce_indices(1, 1), to=PEER, flags="")) == [(1, ERROR)]


def test_deletions_prove_themselves_too() -> None:
    assert found("MIP6-BU-013", bu(to=PEER, source=HOME, home=None, flags="", life=0)) == [(1, ERROR)]


def test_longer_than_420_s_with_nonces_only() -> None:
    assert found("MIP6-LIFE-003", peer_bu(life=424)) == [(1, Severity.NOTE)]
    assert found("MIP6-LIFE-003", peer_bu(life=420)) == []
    assert found("MIP6-LIFE-003", home_bu(life=3600)) == []


@pytest.mark.parametrize(
    ("packet", "breaks"),
    [
        (bu(alternate(CARE1), source=HOME, home=None, life=0), True),
        (bu(alternate(HOME), source=HOME, home=None, life=0), False),
        (bu(source=HOME, home=None, life=0), False),
        (bu(alternate(CARE1), life=0), False),  # away, with the option
        (bu(alternate(CARE1), source=HOME, home=None, life=0, flags="A"), False),
    ],
)
def test_the_care_of_address_on_return(packet: bytes, breaks: bool) -> None:
    assert bool(found("MIP6-DEREG-001", packet)) is breaks


def test_the_link_local_flag_is_missed_once_for_each_agent() -> None:
    update = bu(alternate(CARE1), home=STABLE_HOME)
    packets = [neighbor_solicitation(LINK_LOCAL_NODE, ip("fe80::1")), update, update, tunnel(CARE1, AGENT, update)]
    again = bu(alternate(CARE1), home=STABLE_HOME, seq=2)
    assert found("MIP6-BU-006", *packets, again) == [(2, Severity.WARNING)]


def test_the_link_local_flag_without_reason() -> None:
    """A link-local address of another shape, one that isn't a source, or none at all, says nothing."""
    update = bu(alternate(CARE1), home=STABLE_HOME)
    assert found("MIP6-BU-006", update) == []
    asked_for = neighbor_solicitation(ip("fe80::1"), LINK_LOCAL_NODE)
    assert found("MIP6-BU-006", asked_for, update) == []
    short = neighbor_solicitation(ip("fe80::100"), ip("fe80::1"))  # HOME ends in ::100 as well
    assert found("MIP6-BU-006", short, home_bu()) == []
    assert found("MIP6-BU-006", STABLE[0][1], bu(source=STABLE_HOME, home=None, life=0)) == []


@pytest.mark.parametrize("name", ["tour-mn.pcap", "ro-mn.pcap", "failover60-mn.pcap"])
def test_umip_leaves_out_the_flag(name: str) -> None:
    """The node of the recordings has 2001:200:1:2:240:26ff:fe4c:51fd and fe80::240:26ff:fe4c:51fd, and sends A H."""
    findings = validate([recording(name)], select=["MIP6-BU-006"])
    agents = {"tour-mn.pcap": 1, "ro-mn.pcap": 1, "failover60-mn.pcap": 2}
    assert len(findings) == agents[name]


def test_a_damaged_update_says_nothing() -> None:
    """Only its checksum is wrong: no field counts."""
    fixed = struct.pack(">HHH", 1, FLAG["H"] | 1, 15)
    broken = bytearray(bu(flags="H"))
    broken[64 + 6 : 64 + 12] = fixed
    broken[64 + 4] ^= 0xFF
    assert {f.rule for f in validate([scene((0, bytes(broken)))], select=["MIP6-BU", "MHA"])} == set()


def test_two_views_of_one_update_are_one_finding() -> None:
    update = bu(flags="H")
    plain = Source("plain", [record(1, 0, update)])
    tunnelled = Source("tunnel", [record(1, S // 100, tunnel(CARE2, PEER, update))])
    findings = validate([plain, tunnelled], select=["MIP6-BU-001"])
    assert [f.frames[-1].file for f in findings] == ["plain"]


def test_options_are_read_where_they_stand() -> None:
    """Behind PadN of 2 octets the Alternate Care-of Address begins at 14, its address at 16 (RFC 6275, 6.2.5)."""
    assert with_options(bytes(6), [alternate(CARE1)])[8:10] == b"\x03\x10"
    findings = judged("MIP6-DEREG-001", (0, bu(alternate(CARE1), source=HOME, home=None, life=0)))
    assert [f.offset for f in findings] == [40 + 16]

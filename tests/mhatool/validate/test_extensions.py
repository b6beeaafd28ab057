"""The Multiple Home Agents mechanism in single updates, and the protocols around it."""

import pytest

from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, HOME, PEER, ip, scene
from tests.recipes.example import Packet
from tests.recipes.home_agent_lists import BINDING_IDENTIFIER, authentication, replay_protection, round_of
from tests.recipes.packets import Option, alternate, ba, bu, home_bu, multiple_home_agents

ERROR, NOTE = Severity.ERROR, Severity.NOTE
MANY = [ip(f"2001:db8:1::{number:x}") for number in range(1, 16)]


def judged(select: str, *packets: Packet) -> list[Finding]:
    """What is found, without MHA-027: a note of what every round costs."""
    return validate([scene(*packets)], select=[select], ignore=["MHA-027"])


def found(select: str, *packets: bytes) -> list[tuple[str, Severity]]:
    return [(finding.rule, finding.severity) for finding in judged(select, *enumerate(packets))]


def listing(*options: Option, flags: str = "AHM", to: bytes = AGENT) -> bytes:
    return bu(alternate(CARE1), *options, flags=flags, to=to)


@pytest.mark.parametrize("agents", [MANY[:2], MANY])
def test_lists_of_two_to_fifteen(agents: list[bytes]) -> None:
    assert judged("MHA", *round_of(*agents)) == []


def test_the_flag_without_a_list() -> None:
    assert found("MHA", listing()) == [("MHA-001", ERROR)]
    assert found("MHA", listing(flags="AM")) == []
    assert found("X-001", listing(flags="AM")) == [("X-001", NOTE)]


def test_two_lists() -> None:
    """12 octets of fields, PadN, the care-of address at 14, PadN, a list at 38, PadN, and the second one at 78."""
    twice = listing(multiple_home_agents(), multiple_home_agents())
    assert (twice[64 + 38], twice[64 + 78]) == (18, 18)
    (finding,) = judged("MHA-001", (0, twice))
    assert finding.offset == 64 + 78
    assert finding.seen == "2 of them"


def test_a_list_without_the_flag_is_ours_if_it_names_the_receiver() -> None:
    assert found("MHA", listing(multiple_home_agents(), flags="AH")) == [("MHA-001", ERROR)]
    foreign: Option = (18, bytes(range(32)), (8, 6))
    assert found("MHA", listing(foreign, flags="AH")) == [("MHA-001", NOTE)]
    other: Option = (18, bytes(range(20)), (8, 6))
    assert found("MHA", listing(other, flags="AH")) == []  # no list at all: another experiment


@pytest.mark.parametrize(("octets", "breaks"), [(16, True), (32, False), (40, True), (240, False), (0, True)])
def test_lengths_of_the_list(octets: int, breaks: bool) -> None:
    option: Option = (18, (AGENT + b"".join(MANY[1:]))[:octets].ljust(octets, b"\0"), (8, 6))
    assert bool(found("MHA-002", listing(option))) is breaks


@pytest.mark.parametrize(
    ("second", "seen"),
    [
        (HOME, "the home address 2001:db8:1::100"),
        (CARE1, "the care-of address 2001:db8:a::100"),
        (AGENT, "2001:db8:1::1 again"),
        (ip("ff02::1"), "ff02::1"),
        (ip("fe80::1"), "fe80::1"),
        (bytes(16), "::"),
    ],
)
def test_addresses_that_are_no_home_agents(second: bytes, seen: str) -> None:
    (finding,) = judged("MHA-003", (0, listing(multiple_home_agents(AGENT, second))))
    assert finding.seen == seen
    assert finding.offset == 64 + 38 + 2 + 16


def test_the_receiver_is_listed() -> None:
    assert found("MHA-004", listing(multiple_home_agents(AGENT, AGENT2), to=AGENT2)) == []
    assert found("MHA-004", listing(multiple_home_agents(AGENT, AGENT2), to=PEER)) == [("MHA-004", ERROR)]


def test_like_updates_are_told_apart_by_whom_the_list_names() -> None:
    """The same octets but for an address: the second receiver isn't in the list, the third update lists its home."""
    listed = multiple_home_agents(AGENT, AGENT2)
    first = bu(alternate(CARE1), listed, flags="AHM")
    stranger = bu(alternate(CARE1), listed, flags="AHM", to=MANY[8])
    own = bu(alternate(CARE1), listed, flags="AHM", home=AGENT2)
    findings = judged("MHA", (0, first), (1, stranger), (2, own))
    assert [(f.rule, f.frames[-1].number) for f in findings] == [("MHA-004", 2), ("MHA-003", 3)]


def test_the_list_is_for_home_registrations() -> None:
    assert found("MHA-005", listing(multiple_home_agents(), flags="AM")) == [("MHA-005", ERROR)]
    assert found("MHA-005", listing(multiple_home_agents(), flags="HM")) == [("MHA-005", ERROR)]
    assert found("X-001", listing(multiple_home_agents(), flags="AM")) == []


# --- notes once for a pair of nodes ---


@pytest.mark.parametrize(
    ("rule", "make"),
    [
        ("X-001", lambda seq, to: bu(flags="AM", seq=seq, to=to)),
        ("X-003", lambda seq, to: bu(BINDING_IDENTIFIER, seq=seq, to=to)),
        ("X-005", lambda seq, to: bu(flags="AHR", seq=seq, to=to)),
        ("X-005", lambda seq, to: bu((6, bytes((0, 64)) + HOME, (8, 4)), seq=seq, to=to)),
        ("X-006", lambda seq, to: bu(flags="AHP", seq=seq, to=to)),
    ],
)
def test_each_pair_of_nodes_is_told_once(rule: str, make) -> None:  # type: ignore[no-untyped-def]
    packets = [make(1, AGENT), make(2, AGENT), make(1, AGENT2), make(2, AGENT2)]
    findings = judged(rule, *enumerate(packets))
    assert [(f.rule, f.severity, f.frames[-1].number) for f in findings] == [(rule, NOTE, 1), (rule, NOTE, 3)]


def test_an_octet_of_that_value_is_no_option() -> None:
    """35 and 6 as the last octets of an address."""
    strange = alternate(CARE1[:14] + bytes((35, 6)))
    assert found("X", bu(strange)) == []


# --- RFC 4285 ---


def stamped(seq: int, seconds: int, *, to: bytes = AGENT) -> bytes:
    return bu(alternate(CARE1), replay_protection(seconds), authentication(5), seq=seq, to=to)


def test_time_stamps_go_up() -> None:
    assert found("X-004", stamped(1, 0), ba(seq=1), stamped(2, 30), ba(seq=2)) == []
    findings = judged("X-004", *enumerate([stamped(1, 30), ba(seq=1), stamped(2, 29)]))
    assert [(f.frames[0].number, f.frames[-1].number, f.severity) for f in findings] == [(1, 3, ERROR)]
    assert found("X-004", stamped(1, 30), ba(seq=1), stamped(2, 30)) == [("X-004", ERROR)]
    late = judged("X-004", *enumerate([stamped(1, 30), stamped(3, 32), ba(seq=3), stamped(2, 31)]))
    assert [each.inconclusive for each in late] == [True]  # overtaken by the next one


@pytest.mark.parametrize(("gap", "severity"), [(0.1, Severity.NOTE), (0.101, ERROR)])
def test_the_capture_may_have_seen_the_second_first(gap: float, severity: Severity) -> None:
    """Each of its stamps may be off by 50 ms; the mobile node's own time stamps tell the order."""
    packets = [(-1.0, stamped(1, 29)), (0.0, stamped(2, 31)), (0.01, ba(seq=2)), (gap, stamped(1, 30))]
    assert [each.severity for each in judged("X-004", *packets)] == [severity]


def test_only_accepted_time_stamps_count_and_each_agent_has_its_own() -> None:
    assert found("X-004", stamped(1, 30), ba(seq=1, status=144), stamped(2, 0)) == []
    assert found("X-004", stamped(1, 30), stamped(2, 0)) == []
    assert found("X-004", stamped(1, 30), ba(seq=1), stamped(1, 0, to=AGENT2)) == []


def test_what_stands_behind_the_authentication_option() -> None:
    assert found("X-004", bu(authentication(1))) == [("X-004", ERROR)]
    assert found("X-004", ba(authentication(1))) == [("X-004", ERROR)]
    behind = bu(authentication(5), alternate(CARE1))
    assert found("X-004", behind) == [("X-004", ERROR)]
    assert found("X-004", home_bu()) == []


def test_two_authentication_options_may_stand_together() -> None:
    """MN-HA and MN-AAA: 19 octets each, the first one at 8n+2, so the second ends the message."""
    assert found("X-004", bu(authentication(2), (9, authentication(5)[1], (1, 0)))) == []

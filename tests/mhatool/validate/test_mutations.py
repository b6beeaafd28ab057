"""One change to a clean recording, one rule broken: exactly that one is found."""

from collections.abc import Callable

import pytest

from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import Source, changed, ip, recording
from tests.mhatool.surgery import (
    mobility_at,
    put,
    with_checksum_off_by_one,
    with_other_extension_address,
    with_routing_header,
    without_extension,
)

HOA = ip("2001:200:1:2::")[:8] + bytes.fromhex("024026fffe4c51fd")
# Frames of tour-mn.pcap (captures/README.md): Binding Update and acknowledgement.
FIRST, REFRESH, MOVE, DEREGISTRATION = (99, 100), (742, 743), (971, 974), (1901, 1905)

Change = Callable[[Callable[[int], bytes]], dict[int, bytes]]


def number(value: int) -> bytes:
    return value.to_bytes(2)


def options_swapped(frame: bytes) -> bytes:
    """PadN, Alternate Care-of Address -> Alternate Care-of Address, PadN."""
    at = mobility_at(frame)
    return put(frame, 12, frame[at + 14 : at + 32] + b"\x01\x00")


def sequence_set_back(update: int, acknowledgement: int, value: int) -> Change:
    """In both messages: the acknowledgement still answers the update."""
    return lambda f: {
        update: put(f(update), 6, number(value)),
        acknowledgement: put(f(acknowledgement), 8, number(value)),
    }


# What is changed, the change, the one rule that it breaks, the frame at fault. No change breaks a second rule.
MUTATIONS: list[tuple[str, Change, str, int]] = [
    ("the checksum of an update", lambda f: {99: with_checksum_off_by_one(f(99))}, "MIP6-MH-001", 99),
    ("the checksum of an acknowledgement", lambda f: {743: with_checksum_off_by_one(f(743))}, "MIP6-MH-001", 743),
    ("a payload protocol: ICMPv6", lambda f: {99: put(f(99), 0, b"\x3a")}, "MIP6-MH-002", 99),
    ("a payload protocol in a refresh", lambda f: {743: put(f(743), 0, b"\x00")}, "MIP6-MH-002", 743),
    ("a header length too long", lambda f: {742: put(f(742), 1, b"\x04")}, "MIP6-MH-003", 742),
    ("a header length far too long", lambda f: {100: put(f(100), 1, b"\xff")}, "MIP6-MH-003", 100),
    ("a header length too short for the options", lambda f: {99: put(f(99), 1, b"\x02")}, "MIP6-MH-003", 99),
    ("a header length without room for the fields", lambda f: {742: put(f(742), 1, b"\x00")}, "MIP6-MH-004", 742),
    ("the same in an acknowledgement", lambda f: {100: put(f(100), 1, b"\x00")}, "MIP6-MH-004", 100),
    ("the order of the options", lambda f: {971: options_swapped(f(971))}, "MIP6-OPT-002", 971),
    ("a sequence number one back", sequence_set_back(*REFRESH, 22353), "MIP6-SEQ-001", 742),
    ("a sequence number repeated", sequence_set_back(*REFRESH, 22354), "MIP6-SEQ-001", 742),
    ("a sequence number set back with a move", sequence_set_back(*MOVE, 22300), "MIP6-SEQ-001", 971),
    ("an acknowledgement's number one ahead", lambda f: {743: put(f(743), 8, number(22356))}, "MIP6-SEQ-006", 743),
    ("an acknowledgement's number far off", lambda f: {100: put(f(100), 8, number(4711))}, "MIP6-SEQ-006", 100),
    (
        "an acknowledgement's number one back, the first",
        lambda f: {100: put(f(100), 8, number(22353))},
        "MIP6-SEQ-006",
        100,
    ),
    ("a lifetime longer than asked for", lambda f: {100: put(f(100), 10, number(16))}, "MIP6-BA-004", 100),
    ("a lifetime granted for a deletion", lambda f: {1905: put(f(1905), 10, number(15))}, "MIP6-BA-004", 1905),
    ("no Home Address option, first update", lambda f: {99: without_extension(f(99))}, "MIP6-BU-002", 99),
    ("no Home Address option in a refresh", lambda f: {742: without_extension(f(742))}, "MIP6-BU-002", 742),
    (
        "no Home Address option in a deletion sent from abroad",
        lambda f: {742: put(without_extension(f(742)), 10, number(0)), 743: put(f(743), 10, number(0))},
        "MIP6-BU-002",
        742,
    ),
    ("no type 2 routing header", lambda f: {743: without_extension(f(743))}, "MIP6-RH2-005", 743),
    (
        "another address in the type 2 routing header",
        lambda f: {974: with_other_extension_address(f(974), ip("2001:200:1:2::77"))},
        "MIP6-RH2-005",
        974,
    ),
    ("no type 2 routing header in an MPA", lambda f: {716: mpa_without_routing_header(f(716))}, "MIP6-RH2-005", 716),
    ("a type 2 routing header to the home", lambda f: {1905: with_routing_header(f(1905), HOA)}, "MIP6-RH2-005", 1905),
    ("an advice of the whole lifetime", lambda f: {743: put(f(743), 12, b"\x02\x02\x00\x0f")}, "MIP6-OPT-005", 743),
    ("an advice of more than the lifetime", lambda f: {743: put(f(743), 12, b"\x02\x02\xff\xff")}, "MIP6-OPT-005", 743),
    ("no Alternate Care-of Address", lambda f: {742: put(f(742), 12, b"\x01\x12" + bytes(18))}, "MIP6-BU-003", 742),
    (
        "status 135 for a number 1 ahead of the one in it, which the agent holds",
        lambda f: {743: put(put(f(743), 8, number(22354)), 6, b"\x87")},
        "MIP6-SEQ-004",
        743,
    ),
    ("an advice of nothing", lambda f: {743: put(f(743), 12, b"\x02\x02\x00\x00")}, "MIP6-OPT-005", 743),
]


def mpa_without_routing_header(frame: bytes) -> bytes:
    """The ICMPv6 checksum isn't judged by any rule yet, so it stays as it is."""
    length = int.from_bytes(frame[18:20]) - 24
    return frame[:18] + number(length) + bytes((58,)) + frame[21:54] + frame[78:]


@pytest.fixture(scope="module")
def tour() -> Source:
    return recording("tour-mn.pcap")


def mutated(tour: Source, change: Change) -> Source:
    frames = {r.frame: r.captured for r in tour.records}
    return changed(tour, **{f"f{frame}": octets for frame, octets in change(frames.__getitem__).items()})


def errors(source: Source) -> list[Finding]:
    return [finding for finding in validate([source]) if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(("what", "change", "rule", "frame"), MUTATIONS, ids=[m[0] for m in MUTATIONS])
def test_one_change_breaks_one_rule(tour: Source, what: str, change: Change, rule: str, frame: int) -> None:
    findings = errors(mutated(tour, change))
    assert [(f.rule, f.frames[-1].number) for f in findings] == [(rule, frame)], what
    assert_is_an_error(findings[0])


def assert_is_an_error(finding: Finding) -> None:
    assert finding.severity is Severity.ERROR
    assert not finding.inconclusive
    assert finding.expected
    assert finding.seen
    assert finding.reference.startswith("RFC 6275, ")


def test_a_number_far_ahead_makes_the_next_one_wrong_too(tour: Source) -> None:
    """32768 ahead is behind, and from there the next one of the clean recording is as far behind again."""
    findings = errors(mutated(tour, sequence_set_back(*REFRESH, (22354 + 32768) % 65536)))
    assert [(f.rule, f.frames[-1].number) for f in findings] == [("MIP6-SEQ-001", 742), ("MIP6-SEQ-001", 971)]


HARMLESS: list[tuple[str, Change]] = [
    ("an advice under the lifetime", lambda f: {743: put(f(743), 12, b"\x02\x02\x00\x0e")}),
    ("a shorter lifetime than asked for", lambda f: {743: put(f(743), 10, number(14))}),
    ("the largest step ahead", sequence_set_back(*REFRESH, 22354 + 1)),
]


@pytest.mark.parametrize(("what", "change"), HARMLESS, ids=[what for what, _ in HARMLESS])
def test_what_is_allowed_is_not_found(tour: Source, what: str, change: Change) -> None:
    assert errors(mutated(tour, change)) == [], what


def test_the_wrong_octet_is_pointed_at(tour: Source) -> None:
    findings = errors(mutated(tour, lambda f: {99: put(f(99), 0, b"\x3a")}))
    assert findings[0].offset == 14 + 40 + 24
    findings = errors(mutated(tour, lambda f: {971: options_swapped(f(971))}))
    assert findings[0].offset == 14 + 40 + 24 + 12
    assert findings[0].expected == "Alternate Care-of Address at an offset of 8n+6"
    assert findings[0].seen == "offset 12"

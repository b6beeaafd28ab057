"""What the rules say about the recordings, whole, in parts and together."""

import re
from collections.abc import Callable

import jsonschema
import pytest

from dissectors.profile import KAME2003
from dissectors.spec.families import load_all
from mhatool.capture import Record
from mhatool.exchange import Source
from mhatool.observe import EndReason, observe
from mhatool.validate import FINDING, RULES, Finding, Judge, Severity, UnknownRuleError, chosen, named, validate
from mhatool.validate.occasion import (
    EVERY_DATAGRAM,
    EVERY_MOBILITY_MESSAGE,
    OPTIMISED_DATA,
    PLAINLY_TUNNELLED,
    TUNNELLED,
)
from mhatool.validate.surroundings import KNOWLEDGE
from tests.mhatool import manifest
from tests.mhatool.scenes import UMIP, changed, recording, records_of
from tests.mhatool.surgery import put, with_checksum_off_by_one

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]


def errors(sources: list[Source]) -> list[Finding]:
    return [finding for finding in validate(sources) if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("name", NAMES)
def test_findings_are_those_of_the_manifest(name: str) -> None:
    found = [(f.rule, str(f.severity), f.frames[-1].number) for f in validate([recording(name)])]
    known = manifest.entry(name).get("finding", [])
    assert found == [(finding["rule"], finding["severity"], finding["frame"]) for finding in known]


def test_each_finding_on_a_recording_is_explained() -> None:
    """captures/FINDINGS.md has a row with the rule, the file and the frame of each."""
    text = (UMIP.parent / "FINDINGS.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| (\S+) \| (\S+) \| (\d+) \|", text, re.MULTILINE))
    known = {
        (finding["rule"], entry["file"].removeprefix("umip/"), str(finding["frame"]))
        for entry in manifest.entries()
        for finding in entry.get("finding", [])
    }
    assert rows == known


@pytest.mark.parametrize("run", ["tour", "failover60", "ro"])
def test_several_vantage_points_at_once_find_nothing_more(run: str) -> None:
    """The same messages on several links are copies, not repetitions: each finding is one of a single file's."""
    names = [name for name in NAMES if name.startswith(run)]
    alone = {(f.rule, f.node, f.home_address, f.seen) for name in names for f in validate([recording(name)])}
    together = validate([recording(name) for name in names])
    assert {(f.rule, f.node, f.home_address, f.seen) for f in together} <= alone
    assert [finding for finding in together if finding.severity is Severity.ERROR] == []


#: Facts of a binding.
Known = tuple[bytes, bytes, list[int], list[bytes], int, int | None, EndReason | None]


def bindings(*names: str) -> list[Known]:
    """Of each: who and with whom, sequence numbers, care-of addresses, lifetime, start (in 0.1 ms) and why it ended."""
    found = observe([recording(name) for name in names]).bindings()
    return [
        (
            binding.home_address,
            binding.home_agent,
            [registration.sequence_number for registration in binding.registrations],
            [span.care_of_address for span in binding.spans],
            binding.lifetime_s,
            binding.start_ns // 100_000 if binding.start_ns is not None else None,
            binding.end_reason,
        )
        for binding in found
    ]


def test_all_links_in_one_file_give_what_the_vantage_points_give_together() -> None:
    """tour-all.pcapng isn't in the order of time, and has each packet once for each link that it crosses."""
    parts = ["tour-mn.pcap", "tour-core.pcap", "tour-home.pcap"]
    assert bindings("tour-all.pcapng") == bindings(*parts)
    assert errors([recording("tour-all.pcapng")]) == errors([recording(name) for name in parts]) == []
    whole, together = validate([recording("tour-all.pcapng")]), validate([recording(name) for name in parts])
    assert [(f.rule, f.node, f.seen) for f in whole] == [(f.rule, f.node, f.seen) for f in together]


def test_the_same_file_twice_finds_nothing_more() -> None:
    assert errors([recording("tour-mn.pcap"), recording("tour-mn.pcap")._replace(name="again")]) == []


HALVES: dict[str, Callable[[bytes], bool]] = {
    "only from the mobile node": lambda octets: octets[6:12] == bytes.fromhex("0040264c51fd"),
    "only to the mobile node": lambda octets: octets[6:12] != bytes.fromhex("0040264c51fd"),
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", ["tour-mn.pcap", "failover60-mn.pcap", "ro-mn.pcap"])
def test_one_direction_alone_gives_no_false_alarm(name: str, half: str) -> None:
    source = recording(name)
    assert errors([Source(name, [r for r in source.records if HALVES[half](r.captured)])]) == []


@pytest.mark.parametrize("name", ["tour-mn.pcap", "tour-core.pcap", "failover60-mn.pcap", "ro-core.pcap"])
def test_beginning_anywhere_gives_no_false_alarm(name: str) -> None:
    records = [r for r in records_of(recording(name)) if b"\x3b" in r.captured[:96]]
    for start in range(0, len(records), 5):
        assert errors([Source(name, records[start:])]) == []


# True of the whole recording (captures/FINDINGS.md), and still to be seen: the flags, and that there is no ESP.
STILL_SEEN = {("MIP6-SEC-001", 99), ("MIP6-SEC-001", 1901), ("MIP6-BU-006", 99)}


@pytest.mark.parametrize("snap", [60, 78, 90, 96, 100])
def test_what_the_capture_cut_is_never_an_error(snap: int) -> None:
    records = [r._replace(captured=r.captured[:snap]) for r in recording("tour-mn.pcap").records]
    findings = validate([Source("cut", records)])
    unsure = [finding for finding in findings if finding.inconclusive]
    assert {finding.rule for finding in unsure} <= {"MIP6-MH-001", "MIP6-SEC-001"}
    assert {(f.rule, f.frames[-1].number) for f in findings if f not in unsure} <= STILL_SEEN


def test_a_cut_message_whose_checksum_cannot_be_told_is_noted() -> None:
    records = [r._replace(captured=r.captured[:96]) for r in recording("tour-mn.pcap").records]
    updates = [f.frames[-1].number for f in validate([Source("cut", records)], select=["MIP6-MH-001"])]
    assert {99, 742, 971, 1632} <= set(updates)


def test_a_breach_seen_on_two_links_is_found_once() -> None:
    """Frames 2740 and 2746 of tour-all.pcapng are one Binding Update."""
    source = recording("tour-all.pcapng")
    octets = {r.frame: r.captured for r in source.records}
    broken = changed(source, f2740=put(octets[2740], 0, b"\x3a"), f2746=put(octets[2746], 0, b"\x3a"))
    assert [(f.rule, f.frames[-1].number) for f in errors([broken])] == [("MIP6-MH-002", 2740)]


def broken_tour() -> Source:
    source = recording("tour-mn.pcap")
    octets = {r.frame: r.captured for r in source.records}
    return changed(source, f99=with_checksum_off_by_one(octets[99]), f743=put(octets[743], 10, b"\x00\x10"))


def test_findings_fit_their_schema() -> None:
    for finding in validate([broken_tour()]):
        jsonschema.validate(finding.json(), FINDING)
    findings = errors([broken_tour()])
    assert [finding.rule for finding in findings] == ["MIP6-MH-001", "MIP6-BA-004"]
    document = findings[1].json()
    assert document["frames"] == [742, 743]
    assert document["files"] == ["tour-mn.pcap", "tour-mn.pcap"]
    assert document["time"] == "2026-11-23T09:52:47.465301000Z"
    assert document["home_address"] == "2001:200:1:2:240:26ff:fe4c:51fd"
    assert document["node"] == "2001:200:1:2::1"
    assert (document["expected"], document["seen"]) == ("a lifetime of 60 s or less", "64 s")


@pytest.mark.parametrize(
    ("select", "ignore", "rules"),
    [
        ((), ("MIP6-MH",), ["MIP6-BA-004"]),
        (("MIP6-BA-004",), (), ["MIP6-BA-004"]),
        (("mip6-mh",), (), ["MIP6-MH-001"]),
        (("MIP6",), ("MIP6-MH-001", "MIP6-BA"), []),
    ],
)
def test_select_and_ignore(select: tuple[str, ...], ignore: tuple[str, ...], rules: list[str]) -> None:
    """An exchange rule alone still knows the updates that no selected rule looks at."""
    found = validate([broken_tour()], select=select, ignore=ignore)
    assert [f.rule for f in found if f.severity is Severity.ERROR] == rules


@pytest.mark.parametrize("name", ["MIP6-M", "MIP6-MH-1", "", "BU"])
def test_names_of_no_rule_are_refused(name: str) -> None:
    with pytest.raises(UnknownRuleError, match="no rule"):
        named(name)


def test_every_rule_explains_itself() -> None:
    assert [rule.id for rule in chosen()] == [id_ for id_, rule in RULES.items() if "rfc6275" in rule.profiles]
    assert [rule.id for rule in chosen(profile=KAME2003)] == [r.id for r in RULES.values() if "kame2003" in r.profiles]
    for id_, rule in RULES.items():
        assert rule.id == id_
        assert len(rule.explanation) > 80
        assert rule.title
        assert rule.needs
        assert rule.level in ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "-")
        assert rule.severity is not Severity.ERROR or rule.level.startswith("MUST"), id_
        assert rule.scope in ("packet", "exchange", "timeline")
        assert set(rule.role.split("/")) <= {"sender", "receiver", "MN", "HA", "CN", "router", "any"}
        assert rule.profiles
        assert set(rule.profiles) <= {"rfc6275", "kame2003"}


def test_every_occasion_is_a_layer_that_there_is() -> None:
    """A rule or knowledge that waits for a name that no layer has waits in vain."""
    layers = {declaration.symbol for declarations in load_all().values() for declaration in declarations}
    known = layers | {EVERY_DATAGRAM, EVERY_MOBILITY_MESSAGE, TUNNELLED, PLAINLY_TUNNELLED, OPTIMISED_DATA}
    assert {word for rule in RULES.values() for word in rule.on} - known == set()
    assert {word for feed in KNOWLEDGE.values() for word in feed.on} - known == set()


def test_records_out_of_order_within_a_second_change_nothing() -> None:
    records: list[Record] = records_of(recording("tour-mn.pcap"))[:]
    shuffled = sorted(records, key=lambda r: r.time_ns + (r.frame * 7919 % 900) * 1_000_000)
    assert [r.frame for r in shuffled] != [r.frame for r in records]
    as_they_were = validate([Source("shuffled", records)])
    assert validate([Source("shuffled", shuffled)]) == as_they_were


def test_a_judge_gives_findings_as_they_come() -> None:
    assert Judge(select=["MIP6-MH"]).finish() == []

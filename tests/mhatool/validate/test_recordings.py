"""What the rules say about the recordings, whole, in parts and together."""

from collections.abc import Callable

import jsonschema
import pytest

from dissectors.profile import KAME2003
from mhatool.capture import Record
from mhatool.exchange import Source
from mhatool.validate import FINDING, RULES, Judge, Severity, UnknownRuleError, chosen, named, validate
from tests.mhatool import manifest
from tests.mhatool.scenes import changed, recording, records_of
from tests.mhatool.surgery import put, with_checksum_off_by_one

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]


@pytest.mark.parametrize("name", NAMES)
def test_findings_are_those_of_the_manifest(name: str) -> None:
    assert [finding.rule for finding in validate([recording(name)])] == manifest.entry(name)["findings"]


@pytest.mark.parametrize("run", ["tour", "failover60", "ro"])
def test_several_vantage_points_at_once_find_nothing_more(run: str) -> None:
    """The same messages on several links are copies, not repetitions."""
    assert validate([recording(name) for name in NAMES if name.startswith(run)]) == []


def test_the_same_file_twice_finds_nothing_more() -> None:
    assert validate([recording("tour-mn.pcap"), recording("tour-mn.pcap")._replace(name="again")]) == []


HALVES: dict[str, Callable[[bytes], bool]] = {
    "only from the mobile node": lambda octets: octets[6:12] == bytes.fromhex("0040264c51fd"),
    "only to the mobile node": lambda octets: octets[6:12] != bytes.fromhex("0040264c51fd"),
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", ["tour-mn.pcap", "failover60-mn.pcap", "ro-mn.pcap"])
def test_one_direction_alone_gives_no_false_alarm(name: str, half: str) -> None:
    source = recording(name)
    assert validate([Source(name, [r for r in source.records if HALVES[half](r.captured)])]) == []


@pytest.mark.parametrize("name", ["tour-mn.pcap", "tour-core.pcap", "failover60-mn.pcap", "ro-core.pcap"])
def test_beginning_anywhere_gives_no_false_alarm(name: str) -> None:
    records = [r for r in records_of(recording(name)) if b"\x3b" in r.captured[:96]]
    for start in range(0, len(records), 5):
        assert validate([Source(name, records[start:])]) == []


@pytest.mark.parametrize("snap", [60, 78, 90, 96, 100])
def test_what_the_capture_cut_is_never_an_error(snap: int) -> None:
    records = [r._replace(captured=r.captured[:snap]) for r in recording("tour-mn.pcap").records]
    findings = validate([Source("cut", records)])
    assert all(finding.inconclusive and finding.severity is Severity.NOTE for finding in findings)
    assert {finding.rule for finding in findings} <= {"MIP6-MH-001"}


def test_a_cut_message_whose_checksum_cannot_be_told_is_noted() -> None:
    records = [r._replace(captured=r.captured[:96]) for r in recording("tour-mn.pcap").records]
    updates = [f.frames[-1].number for f in validate([Source("cut", records)])]
    assert {99, 742, 971, 1632} <= set(updates)


def test_a_breach_seen_on_two_links_is_found_once() -> None:
    """Frames 2740 and 2746 of tour-all.pcapng are one Binding Update."""
    source = recording("tour-all.pcapng")
    octets = {r.frame: r.captured for r in source.records}
    broken = changed(source, f2740=put(octets[2740], 0, b"\x3a"), f2746=put(octets[2746], 0, b"\x3a"))
    assert [(f.rule, f.frames[-1].number) for f in validate([broken])] == [("MIP6-MH-002", 2740)]


def broken_tour() -> Source:
    source = recording("tour-mn.pcap")
    octets = {r.frame: r.captured for r in source.records}
    return changed(source, f99=with_checksum_off_by_one(octets[99]), f743=put(octets[743], 10, b"\x00\x10"))


def test_findings_fit_their_schema() -> None:
    findings = validate([broken_tour()])
    assert [finding.rule for finding in findings] == ["MIP6-MH-001", "MIP6-BA-004"]
    for finding in findings:
        jsonschema.validate(finding.json(), FINDING)
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
    assert [f.rule for f in validate([broken_tour()], select=select, ignore=ignore)] == rules


@pytest.mark.parametrize("name", ["MIP6-M", "MIP6-MH-1", "", "BU"])
def test_names_of_no_rule_are_refused(name: str) -> None:
    with pytest.raises(UnknownRuleError, match="no rule"):
        named(name)


def test_every_rule_explains_itself_and_holds_in_both_profiles() -> None:
    assert len(RULES) == 11
    assert len(chosen(profile=KAME2003)) == 11
    for id_, rule in RULES.items():
        assert rule.id == id_
        assert len(rule.explanation) > 80
        assert rule.title
        assert rule.needs
        assert (rule.level, rule.severity) == ("MUST", Severity.ERROR)
        assert rule.scope in ("packet", "exchange", "timeline")
        assert rule.role in ("sender", "receiver", "MN", "HA")


def test_records_out_of_order_within_a_second_change_nothing() -> None:
    records: list[Record] = records_of(recording("tour-mn.pcap"))[:]
    shuffled = sorted(records, key=lambda r: r.time_ns + (r.frame * 7919 % 900) * 1_000_000)
    assert [r.frame for r in shuffled] != [r.frame for r in records]
    assert validate([Source("shuffled", shuffled)]) == []


def test_a_judge_gives_findings_as_they_come() -> None:
    assert Judge(select=["MIP6-MH"]).finish() == []

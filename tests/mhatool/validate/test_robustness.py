"""No error that the whole capture doesn't have: not in disorder, with copies, cuts and losses, nor in parts."""

import tomllib
from collections.abc import Iterable

import pytest

from dissectors.profile import BUILT_IN, Profile
from dissectors.walk import Dissector
from mhatool.capture import Record, open_capture
from mhatool.exchange import Source
from mhatool.validate import RULES, Finding, Severity, validate
from tests.mhatool import manifest
from tests.mhatool.scenes import REPOSITORY, recording, records_of
from tests.mhatool.validate.spoiling import Spoilt, beginnings, by_chance, cuts, directions, silences, single_losses

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]
RULES_FOLDER = REPOSITORY / "captures" / "rules"
RULES_MANIFEST = tomllib.loads((RULES_FOLDER / "MANIFEST.toml").read_text(encoding="utf-8"))

# The same fault of the same packet: which of these rules names it depends on what else was seen.
SIBLINGS = [
    {"MIP6-SEQ-001", "MIP6-SEQ-002", "MIP6-SEQ-005", "MIP6-DEREG-002"},  # a number behind: after what, and for what
    {"MIP6-LIFE-001", "MIP6-LIFE-004"},  # a packet after the end: also after that of an earlier, longer lifetime?
    {"MIP6-RR-005", "MIP6-RTX-005"},  # a cookie again: was the test before it answered?
]

#: A rule, or its siblings together, and the packet at fault: its ends and its message.
Fault = tuple[str, bytes, bytes, bytes]


class Whole:
    """A capture, and the errors that it has."""

    def __init__(self, records: Iterable[Record], profile: Profile) -> None:
        self.records = list(records)
        self._profile = profile
        self._by_frame = {record.frame: record for record in self.records}
        self._errors = {self._fault(finding) for finding in self._judged(self.records)}

    def _judged(self, records: list[Record]) -> list[Finding]:
        found = validate([Source("capture", records)], self._profile)
        return [finding for finding in found if finding.severity is Severity.ERROR]

    def _fault(self, finding: Finding) -> Fault:
        record = self._by_frame[finding.frames[-1].number]
        packet = Dissector(self._profile).dissect(record.captured, record.link_type)
        datagram = [each for each in packet.datagrams if not each.quoted][-1]
        message = datagram.upper if datagram.upper is not None else datagram.ipv6
        rule = next((min(rules) for rules in SIBLINGS if finding.rule in rules), finding.rule)
        return rule, datagram.true_source, datagram.true_destination, message.octets[message.start : message.end]

    def false_errors(self, ways: Iterable[Spoilt]) -> list[str]:
        """Errors of spoilt captures that this one doesn't have."""
        return [
            f"{how}: {finding.rule}, frame {finding.frames[-1].number}: {finding.expected}, seen {finding.seen}"
            for how, records in ways
            for finding in self._judged(records)
            if self._fault(finding) not in self._errors
        ]


# --- recordings ---


@pytest.fixture(scope="module", params=NAMES)
def whole(request: pytest.FixtureRequest) -> Whole:
    """Return a recording of UMIP."""
    return Whole(records_of(recording(request.param)), BUILT_IN["rfc6275"])


@pytest.mark.parametrize("seed", [1, 2])
def test_disorder_copies_and_losses(whole: Whole, seed: int) -> None:
    assert whole.false_errors(by_chance(whole.records, seed)) == []


def test_snap_lengths(whole: Whole) -> None:
    assert whole.false_errors(cuts(whole.records)) == []


def test_one_direction(whole: Whole) -> None:
    assert whole.false_errors(directions(whole.records)) == []


def test_parts(whole: Whole) -> None:
    assert whole.false_errors(beginnings(whole.records, many=8)) == []


# --- captures that keep a rule, or break it ---


@pytest.mark.parametrize("kind", ["keeps", "breaks"])
@pytest.mark.parametrize("rule", sorted(RULES_MANIFEST))
def test_captures_of_rules(rule: str, kind: str) -> None:
    with open_capture(RULES_FOLDER / f"{rule}.{kind}.pcapng") as reader:
        whole = Whole(reader, BUILT_IN[RULES_MANIFEST[rule].get("profile", "rfc6275")])
    records = whole.records
    parts = (directions(records), silences(records), beginnings(records, many=20), single_losses(records))
    for ways in (cuts(records), *parts):
        assert whole.false_errors(ways) == []
    for seed in range(4):
        assert whole.false_errors(by_chance(records, seed)) == []


# --- times that go back ---


def one_after_the_other(*names: str) -> list[Record]:
    records = [record for name in names for record in records_of(recording(name))]
    return [record._replace(frame=number) for number, record in enumerate(records, 1)]


@pytest.mark.parametrize("names", [("tour-mn.pcap", "tour-core.pcap"), ("ro-core.pcap", "ro-mn.pcap", "ro-cn.pcap")])
def test_views_of_one_run_appended_to_each_other(names: tuple[str, ...]) -> None:
    """Alone they have no error (`captures/FINDINGS.md`); here each message comes once more, minutes after itself."""
    found = validate([Source("appended", one_after_the_other(*names))])
    assert found
    assert [finding for finding in found if finding.severity is Severity.ERROR] == []
    assert "MIP6-RTX-003" not in {finding.rule for finding in found}  # a time before isn't "within a second"


def test_what_rests_on_several_packets_is_inconclusive_once_times_went_back() -> None:
    whole = list(reversed(records_of(recording("tour-mn.pcap"))))
    records = [record._replace(frame=number) for number, record in enumerate(whole, 1)]
    found = validate([Source("backwards", records)])
    by_scope = {scope: [f for f in found if RULES[f.rule].scope == scope] for scope in ("exchange", "timeline")}
    assert all(by_scope.values())
    assert all(
        finding.inconclusive and finding.severity is Severity.NOTE for each in by_scope.values() for finding in each
    )


def test_a_second_is_no_disorder() -> None:
    """As far as records are put into order: within a second they may come as they like."""
    records = one_after_the_other("tour-mn.pcap")
    late = [record._replace(time_ns=record.time_ns - 900_000_000 * (record.frame % 2)) for record in records]
    found = validate([Source("late", late)], select=["MIP6-SEC-001"])
    assert [finding.severity for finding in found] == [Severity.WARNING]

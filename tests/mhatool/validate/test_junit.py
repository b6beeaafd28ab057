"""JUnit's XML: what Jenkins, GitLab and readers of Ant's reports look for, and counts that are right."""

from xml.etree.ElementTree import Element, fromstring

import pytest

from dissectors.profile import BUILT_IN
from mhatool.validate import RULES, Finding, Severity, chosen, validate
from mhatool.validate.junit import lines
from mhatool.validate.outcome import Outcome
from tests.captures.test_rules import MANIFEST
from tests.mhatool import manifest
from tests.mhatool.scenes import recording
from tests.mhatool.validate.outcomes import breaking, doubtful, failing, finding, outcome

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]
HOSTILE = "<&\"'> ]]> \x00\x1b[31m\r\n\ufffe\ud800 é 😀"
SHOWN = r"<&\"'> ]]> \x00\x1b[31m\r\n\ufffe\ud800 é 😀".replace(r"\"", '"')


def suite(of: Outcome) -> Element:
    """The one suite of the document, which is of the form that readers expect."""
    text = "\n".join(lines(of))
    assert text.isascii()
    root = fromstring(text)
    assert root.tag == "testsuites"
    (found,) = root
    assert found.tag == "testsuite"
    assert {name: root.get(name) for name in ("name", "tests", "failures", "errors")} == {
        name: found.get(name) for name in ("name", "tests", "failures", "errors")
    }
    assert [part.tag for part in found] == ["properties", *["testcase"] * len(of.rules), "system-out"]
    check_counts(found)
    return found


def check_counts(found: Element) -> None:
    """Counted again; no reader but Jenkins' schema allows a second failure in a case, and Jenkins shows the first."""
    cases = found.findall("testcase")
    assert int(found.get("tests", "")) == len(cases)
    assert int(found.get("failures", "")) == len(found.findall("testcase/failure"))
    assert (found.get("errors"), found.get("skipped")) == ("0", "0")
    assert (found.findall("testcase/error"), found.findall("testcase/skipped")) == ([], [])
    for case in cases:
        assert [part.tag for part in case] in ([], ["failure"], ["system-out"], ["failure", "system-out"])
        assert set(case.keys()) == {"classname", "name", "time"}
        assert float(case.get("time", "")) == 0
    assert all(set(failure.keys()) == {"type", "message"} for failure in found.findall("testcase/failure"))


def case_of(found: Element, rule: str) -> Element:
    (case,) = [case for case in found.findall("testcase") if case.get("name", "").startswith(f"{rule}: ")]
    return case


def failed(found: Element) -> set[str]:
    return {
        case.get("name", "").partition(":")[0] for case in found.findall("testcase") if case.find("failure") is not None
    }


def text_of(case: Element, part: str) -> str:
    return case.findtext(part) or ""


@pytest.mark.parametrize("rule", sorted(MANIFEST))
def test_a_rule_that_is_broken_fails(rule: str) -> None:
    """Each finding of the manifest is in the one failure; at the usual limit fails what is an error."""
    all_fail = suite(breaking(rule, fail_on=Severity.NOTE))
    text = text_of(case_of(all_fail, rule), "failure")
    assert text.count("  where:     ") == len(MANIFEST[rule]["frames"])
    assert all(f"frame {number}, " in text for number in MANIFEST[rule]["frames"])
    assert failed(suite(breaking(rule))) == failing(rule)


@pytest.mark.parametrize("name", NAMES)
def test_recordings_fail_by_what_the_manifest_says(name: str) -> None:
    known = manifest.entry(name).get("finding", [])
    judged = validate([recording(name)])
    for limit, over in (
        ("error", ["error"]),
        ("warning", ["error", "warning"]),
        ("note", ["error", "warning", "note"]),
    ):
        found = suite(outcome(judged, files=[name], fail_on=Severity(limit)))
        assert failed(found) == {each["rule"] for each in known if each["severity"] in over}
        told = "".join(found.itertext())
        assert all(f"frame {each['frame']}, " in told for each in known)


@pytest.mark.parametrize("profile", ["rfc6275", "kame2003"])
def test_a_case_for_each_rule_in_force(profile: str) -> None:
    rules = chosen(profile=BUILT_IN[profile])
    names = [(case.get("classname"), case.get("name")) for case in suite(outcome(rules=rules)).findall("testcase")]
    ids = sorted(id_ for id_, rule in RULES.items() if profile in rule.profiles)
    assert names == [(f"mhatool.{id_.rpartition('-')[0]}", f"{id_}: {RULES[id_].title}") for id_ in ids]
    assert len(set(names)) == len(names)


def test_nothing_found() -> None:
    found = suite(outcome())
    assert (found.get("tests"), found.get("failures")) == (str(len(RULES)), "0")
    assert found.findall("testcase/*") == []
    assert found.findtext("system-out") == f"No findings in 4 mobility messages, by {len(RULES)} rules."


def test_what_a_failure_says() -> None:
    case = case_of(suite(outcome([finding(("tour.pcap", 1), ("tour.pcap", 3))])), "MIP6-SEQ-001")
    (failure,) = case
    message = "tour.pcap:3: expected a number over 10, seen 9 [Sequence numbers go up]"
    assert (failure.get("type"), failure.get("message")) == ("error", message)
    assert (failure.text or "").splitlines() == [
        "MIP6-SEQ-001 error: Sequence numbers go up",
        "  where:     tour.pcap, frame 3, 2023-11-14T22:13:23.000000000Z",
        "  rests on:  frame 1",
        "  node:      2001:db8:1::1",
        "  home:      2001:db8:1::100",
        "  expected:  a number over 10",
        "  seen:      9",
        "  reference: RFC 6275, 6.1.7 and 11.7.1 (MUST)",
    ]


def test_several_findings_of_a_rule_are_one_failure() -> None:
    """The second one is in another file; the worst gives the type."""
    found = [finding(severity=Severity.WARNING), finding(("ha.pcap", 7))]
    case = case_of(suite(outcome(found, files=["tour.pcap", "ha.pcap"], fail_on=Severity.WARNING)), "MIP6-SEQ-001")
    (failure,) = case
    assert failure.get("type") == "error"
    assert (failure.get("message") or "").startswith("2 findings, first tour.pcap:3: expected ")
    assert "tour.pcap, frame 3, " in (failure.text or "")
    assert "ha.pcap, frame 7, " in (failure.text or "")


@pytest.mark.parametrize(
    ("found", "limit", "parts"),
    [
        ([finding()], Severity.ERROR, ["failure"]),
        ([finding(severity=Severity.WARNING)], Severity.ERROR, ["system-out"]),
        ([finding(severity=Severity.WARNING)], Severity.WARNING, ["failure"]),
        ([doubtful()], Severity.WARNING, ["system-out"]),
        ([doubtful()], Severity.NOTE, ["failure"]),
        ([doubtful(), finding()], Severity.ERROR, ["failure", "system-out"]),
    ],
)
def test_the_limit_decides(found: list[Finding], limit: Severity, parts: list[str]) -> None:
    case = case_of(suite(outcome(found, fail_on=limit)), "MIP6-SEQ-001")
    assert [part.tag for part in case] == parts


def test_inconclusive_findings_say_so() -> None:
    """Beside a certain one of the same rule, each in its place."""
    case = case_of(suite(outcome([doubtful(("tour.pcap", 5)), finding()])), "MIP6-SEQ-001")
    assert "inconclusive" not in text_of(case, "failure")
    assert text_of(case, "system-out").splitlines()[:3] == [
        "No failure (below error):",
        "inconclusive, the capture doesn't show enough to be sure:",
        "MIP6-SEQ-001 note: Sequence numbers go up",
    ]
    lone = case_of(suite(outcome([doubtful()], fail_on=Severity.NOTE)), "MIP6-SEQ-001")
    assert "(inconclusive)" in (lone.find("failure").get("message") or "")  # type: ignore[union-attr]


def test_what_xml_forbids_is_escaped() -> None:
    """As on terminals; what it allows comes back as it was."""
    found = suite(outcome([finding(seen=HOSTILE, expected=HOSTILE)], files=[HOSTILE]))
    assert [part.get("value") for part in found.findall("properties/property[@name='file']")] == [SHOWN]
    failure = case_of(found, "MIP6-SEQ-001").find("failure")
    assert failure is not None
    assert f"expected {SHOWN}, seen {SHOWN} [" in (failure.get("message") or "")
    within = SHOWN.replace(r"\n", "\n")  # a text may have lines
    assert f"  seen:      {within}\n" in (failure.text or "")


def test_the_run_is_described() -> None:
    found = suite(outcome(files=["mn.pcap", "ha.pcap"], fail_on=Severity.WARNING))
    facts = [(part.get("name"), part.get("value")) for part in found.findall("properties/property")]
    assert facts[1:] == [
        ("profile", "rfc6275"),
        ("fail_on", "warning"),
        ("file", "mn.pcap"),
        ("file", "ha.pcap"),
    ]
    assert facts[0][0] == "version"

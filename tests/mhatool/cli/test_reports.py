"""validate for continuous integration: JUnit's XML and SARIF as commands print them, with each flag that matters."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import fromstring

import pytest

from mhatool.cli import main
from tests.captures.test_rules import MANIFEST
from tests.mhatool.cli.process import COMMAND, REPOSITORY, complaint, mhatool

RULES = REPOSITORY / "captures" / "rules"
#: An error by the manifest, of one frame; nothing else of that level fires.
RULE = "MIP6-MH-001"
BROKEN = RULES / f"{RULE}.breaks.pcapng"
KEPT = RULES / f"{RULE}.keeps.pcapng"
TOUR = REPOSITORY / "captures" / "umip" / "tour-mn.pcap"
"""Two warnings by captures/MANIFEST.toml, of MIP6-BU-006 and MIP6-SEC-001, both at frame 99."""


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Any:
    """Return how to run a command in this process: it gives status and output."""

    def run(*arguments: str | Path) -> tuple[int, str]:
        status = main(["validate", *map(str, arguments)])
        return status, capfd.readouterr().out

    return run


def failed(text: str) -> list[str]:
    """The rules whose test case fails."""
    suite = fromstring(text)[0]
    cases = [case for case in suite.findall("testcase") if case.find("failure") is not None]
    return [case.get("name", "").partition(":")[0] for case in cases]


def told(text: str) -> list[str]:
    """The rules of the findings that fail no case."""
    cases = fromstring(text)[0].findall("testcase")
    return [case.get("name", "").partition(":")[0] for case in cases if case.find("system-out") is not None]


def run_of(text: str) -> dict[str, Any]:
    (run,) = json.loads(text)["runs"]
    return dict(run)


def found(text: str) -> list[str]:
    return [result["ruleId"] for result in run_of(text)["results"]]


def test_one_finding_in_each_form(printed: Any) -> None:
    status, xml = printed(BROKEN, "--output-format", "junit")
    assert (status, failed(xml)) == (1, [RULE])
    assert len(MANIFEST[RULE]["frames"]) == 1
    status, sarif = printed(BROKEN, "--output-format", "sarif")
    results = [result for result in run_of(sarif)["results"] if result["ruleId"] == RULE]
    assert (status, [result["level"] for result in results]) == (1, ["error"])
    assert [result["properties"]["frames"][-1] for result in results] == MANIFEST[RULE]["frames"]


def test_a_clean_capture_in_each_form(printed: Any) -> None:
    status, xml = printed(KEPT, "--output-format", "junit", "--select", RULE)
    assert (status, failed(xml), told(xml)) == (0, [], [])
    status, sarif = printed(KEPT, "--output-format", "sarif", "--select", RULE)
    assert (status, run_of(sarif)["results"]) == (0, [])


@pytest.mark.parametrize(
    ("flags", "status", "failures", "others"),
    [
        ([], 0, [], ["MIP6-BU-006", "MIP6-SEC-001"]),
        (["--fail-on", "warning"], 1, ["MIP6-BU-006", "MIP6-SEC-001"], []),
        (["--fail-on", "warning", "--ignore", "MIP6-SEC"], 1, ["MIP6-BU-006"], []),
        (["--fail-on", "note", "--select", "MIP6-SEC"], 1, ["MIP6-SEC-001"], []),
        (["--fail-on", "warning", "--min-severity", "error"], 1, ["MIP6-BU-006", "MIP6-SEC-001"], []),
        (["--ignore", "MIP6-BU,MIP6-SEC"], 0, [], []),
    ],
)
def test_flags(printed: Any, flags: list[str], status: int, failures: list[str], others: list[str]) -> None:
    code, xml = printed(TOUR, "--output-format", "junit", *flags)
    assert (code, failed(xml), told(xml)) == (status, failures, others)
    code, sarif = printed(TOUR, "--output-format", "sarif", *flags)
    run = run_of(sarif)
    shown = [] if "--min-severity" in flags else sorted(failures + others)
    assert (code, sorted(found(sarif))) == (status, shown)
    assert run["invocations"][0]["exitCode"] == status
    cases = [case.get("name", "").partition(":")[0] for case in fromstring(xml)[0].findall("testcase")]
    assert cases == [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    if "--select" in flags:
        assert {case.rpartition("-")[0] for case in cases} == {"MIP6-SEC"}


def test_a_baseline(printed: Any, tmp_path: Path) -> None:
    """The finding is known, and another of the same capture isn't."""
    lines = printed(TOUR, "--jsonl")[1].splitlines()
    (tmp_path / "known").write_text("\n".join(line for line in lines if "MIP6-SEC-001" in line))
    flags = ("--baseline", tmp_path / "known", "--fail-on", "warning")
    status, xml = printed(TOUR, "--output-format", "junit", *flags)
    assert (status, failed(xml)) == (1, ["MIP6-BU-006"])
    status, sarif = printed(TOUR, "--output-format", "sarif", *flags)
    assert (status, found(sarif)) == (1, ["MIP6-BU-006"])


def test_rules_of_the_profile(printed: Any) -> None:
    """MIP6-BU-003 is of rfc6275 alone (docs/rules.md)."""
    for profile, there in (("rfc6275", True), ("kame2003", False)):
        for form in ("junit", "sarif"):
            _, text = printed(TOUR, "--output-format", form, "--profile", profile)
            assert ("MIP6-BU-003" in text) is there


def test_a_capture_without_a_mobility_message_says_so(printed: Any, tmp_path: Path) -> None:
    assert mhatool("craft", "rs", "-w", tmp_path / "none.pcapng").status == 0
    status, xml = printed(tmp_path / "none.pcapng", "--output-format", "junit", "--select", RULE)
    assert status == 0
    assert (fromstring(xml)[0].findtext("system-out") or "").startswith("No findings: there is no mobility message")
    _, sarif = printed(tmp_path / "none.pcapng", "--output-format", "sarif")
    assert run_of(sarif)["properties"]["messages"] == 0


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_the_same_octets_again(form: str) -> None:
    first, second = (mhatool("validate", TOUR, BROKEN, "--output-format", form) for _ in range(2))
    assert first == second
    assert first.status == 1


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_names_of_any_kind_in_any_encoding(form: str, tmp_path: Path) -> None:
    """Blanks, other scripts, octets that are no UTF-8; standard output may be Latin-1."""
    names = [b"a b.pcapng", "größe.pcapng".encode(), b"\xff&<>.pcapng"]
    for name in names:
        shutil.copy(BROKEN, os.path.join(os.fsencode(tmp_path), name))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "latin-1"}
    command = [*COMMAND, "validate", *names, "--output-format", form]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (1, b"")
    if form == "junit":
        files = [part.get("value") for part in fromstring(run.stdout)[0].findall("properties/property[@name='file']")]
        assert files == ["a b.pcapng", "größe.pcapng", r"\udcff&<>.pcapng"]
        return
    artifacts = [each["location"]["uri"] for each in json.loads(run.stdout)["runs"][0]["artifacts"]]
    assert [unquote(uri, errors="surrogateescape").encode(errors="surrogateescape") for uri in artifacts] == names


def test_standard_input() -> None:
    octets = BROKEN.read_bytes()
    junit = mhatool("validate", "-", "--output-format", "junit", stdin=octets)
    (failure,) = fromstring(junit.out).iter("failure")
    assert (junit.status, (failure.get("message") or "").partition(":")[0]) == (1, "standard input")
    sarif = mhatool("validate", "-", "--output-format", "sarif", stdin=octets)
    (artifact,) = run_of(sarif.out)["artifacts"]
    assert (sarif.status, artifact["location"]["uri"]) == (1, "file:///dev/stdin")


def test_several_files(printed: Any) -> None:
    """Two views: what is found is found where it is."""
    status, sarif = printed(KEPT, TOUR, "--output-format", "sarif", "--select", "MIP6-SEC-001")
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run_of(sarif)["results"]
    ]
    assert status == 0
    assert f"file://{TOUR}" in places
    artifacts = [each["location"]["uri"] for each in run_of(sarif)["artifacts"]]
    assert artifacts == [f"file://{KEPT}", f"file://{TOUR}"]


def test_the_setting_is_taken(printed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MHATOOL_VALIDATE_OUTPUT_FORMAT", "junit")
    status, xml = printed(BROKEN)
    assert (status, failed(xml)) == (1, [RULE])
    assert printed(BROKEN, "--output-format", "concise")[1].count("<") == 0


def test_nothing_is_written_where_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no capture\n" * 9)
    for form in ("junit", "sarif"):
        assert "this is no capture" in complaint("validate", "notes.txt", "--output-format", form, cwd=tmp_path)


def test_a_capture_that_breaks_off(tmp_path: Path) -> None:
    """What was read is told, the break on standard error, as in every form."""
    (tmp_path / "cut.pcap").write_bytes(TOUR.read_bytes()[:-10])
    for form in ("junit", "sarif"):
        result = mhatool("validate", "cut.pcap", "--output-format", form, "--fail-on", "warning", cwd=tmp_path)
        assert result.status == 1
        assert result.err.startswith("mhatool: warning: cut.pcap: ")
        assert failed(result.out) if form == "junit" else found(result.out)


@pytest.mark.parametrize(("form", "on_error"), [("concise", 0), ("full", 0), ("jsonl", 1), ("json", 1), ("github", 1)])
def test_what_is_not_reported_fails_all_the_same(form: str, on_error: int) -> None:
    """--fail-on alone decides on the status; the two warnings of the tour are as without --min-severity."""
    flags = ("--output-format", form, "--min-severity", "error")
    assert mhatool("validate", TOUR, *flags).status == 0
    told = mhatool("validate", TOUR, *flags, "--fail-on", "warning")
    assert (told.status, "MIP6-" in told.out) == (1, False)
    assert "2 more that --min-severity hides fail" in (told.err if on_error else told.out)
    assert told.err.count("\n") == on_error
    piped = mhatool("validate", "-", *flags, "--fail-on", "warning", stdin=TOUR.read_bytes())
    assert (piped.status, piped.err) == (1, told.err)

"""rule and rules: each rule explained, with packets that break it."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

from mhatool.cli import main
from mhatool.cli.rule import LIST_SCHEMA, SCHEMA
from mhatool.validate import RULES, Severity
from mhatool.validate.example import example_of
from mhatool.validate.reference import with_table
from mhatool.validate.rule import WITHOUT_TEXTS
from tests.mhatool.cli.process import REPOSITORY, complaint, mhatool
from tests.recipes import every
from tests.recipes.example import Example

#: Without any of these words there is no reason and no consequence; whether it is a good one, a reader has to say.
REASON = re.compile(
    r"\b(so|since|because|for|else|otherwise|without|would|could|can't|couldn't|might|needn't|has to|have to|lost|"
    r"meant|discards?|drops?|tells?)\b",
    re.IGNORECASE,
)
EXAMPLES = {example.rule: example for example in every.examples()}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_an_explanation_says_what_is_asked_and_more(rule: str) -> None:
    sentences = [found for found in re.split(r"(?<=[.!?])\)? ", RULES[rule].explanation) if found]
    assert len(sentences) >= 2
    assert sentences[-1].endswith((".", ".)"))
    assert REASON.search(RULES[rule].explanation), "it says what is asked, but not why, nor what happens else"


@pytest.fixture(scope="module", params=sorted(EXAMPLES))
def example(request: pytest.FixtureRequest) -> Example:
    """Return a rule's example as its recipe says it: the captures were made of the same."""
    return EXAMPLES[request.param]


def test_text(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    """Each packet is a line, each finding one under the frame that the recipe says is at fault."""
    assert main(["rule", example.rule.lower()]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    rule = RULES[example.rule]
    assert lines[0] == f"{rule.id}: {rule.title}"
    assert f"Keeps it  {example.keeps}" in lines
    assert f"Breaks it {example.breaks}" in lines
    packets = lines[lines.index(f"Breaks it {example.breaks}") + 3 :]
    marked = []
    for line in packets:
        found = re.match(r"(.) ([ \d]{3}) ([ \d.]{9}) s  ", line)
        if found is not None:
            frame = int(found[2])
            # Three digits: half a millisecond at most, and the recipe's own decimal numbers aren't exact.
            assert float(found[3]) == pytest.approx(example.broken[frame - 1][0] - example.broken[0][0], abs=0.00051)
            marked += [frame] if found[1] == ">" else []
    assert marked == sorted(set(example.at))
    findings = [line.strip() for line in packets if re.match(r" {19}(error|warning|note): expected .+, seen ", line)]
    assert len(findings) == len(example.at)
    assert len(packets) == len(example.broken) + len(example.at)


def test_json(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", example.rule, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    shown = document["example"]
    assert (shown["profile"], shown["keeps"]["text"]) == (example.profile, example.keeps)
    assert (shown["breaks"]["text"], len(shown["breaks"]["packets"])) == (example.breaks, len(example.broken))
    assert {finding["rule"] for finding in shown["breaks"]["findings"]} == {example.rule}
    at_fault = [packet["frame"] for packet in shown["breaks"]["packets"] if packet["at_fault"]]
    assert at_fault == sorted(set(example.at))
    for kind in ("keeps", "breaks"):
        path = Path(shown[kind]["file"])
        assert (path.is_file(), path.name) == (True, f"{example.rule}.{kind}.pcapng")


def test_the_finding_is_the_one_that_validate_prints() -> None:
    """And the file is named so that it can be given to another command."""
    lines = mhatool("rule", "mip6-seq-001").out.splitlines()
    path = next(line.strip() for line in lines if line.endswith(".breaks.pcapng"))
    assert path == "captures/rules/MIP6-SEQ-001.breaks.pcapng"
    found = mhatool("validate", path, "--select", "MIP6-SEQ-001").out.splitlines()[0]
    words = re.fullmatch(r".*:3: MIP6-SEQ-001 (error) (expected .*, seen .*) \[.*\]", found)
    assert words is not None
    at = next(number for number, line in enumerate(lines) if line.startswith(">   3 "))
    assert lines[at + 1].strip() == f"{words[1]}: {words[2]} (rests on frame 1)"


def test_without_captures(tmp_path: Path) -> None:
    """An installation that left them out: told in a line, and null in records."""
    tree = tmp_path / "tree"
    for package in ("mhatool", "dissectors"):
        shutil.copytree(
            REPOSITORY / package, tree / package, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    assert example_of("MIP6-MH-001", tree / "mhatool" / "validate" / "captures") is None
    environment = {"PYTHONPATH": str(tree)}
    result = mhatool("rule", "MIP6-MH-001", cwd=tmp_path, environment=environment)
    assert (result.status, result.err) == (0, "")
    assert result.out.endswith(
        "\nNo example: the captures of the rules (captures/rules/) aren't installed here.\n"
    )  # fmt: skip
    document = json.loads(mhatool("rule", "MIP6-MH-001", "--json", cwd=tmp_path, environment=environment).out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["example"] is None


def test_the_captures_are_in_a_wheel(tmp_path: Path) -> None:
    """Built by setuptools from a copy, unpacked, and run from there."""
    tree, installed = tmp_path / "tree", tmp_path / "installed"
    tree.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, tree)
    for name in ("mhatool", "dissectors", "captures/rules"):
        shutil.copytree(REPOSITORY / name, tree / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=tree, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    shutil.rmtree(tree)
    run = subprocess.run(
        [sys.executable, "-P", "-m", "mhatool", "rule", "MIP6-MH-001", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
    )
    file = json.loads(run.stdout)["example"]["breaks"]["file"]
    assert file == "installed/mhatool/validate/captures/MIP6-MH-001.breaks.pcapng"
    shipped = {path.name: path.read_bytes() for path in (tmp_path / file).parent.iterdir()}
    assert shipped == {path.name: path.read_bytes() for path in (REPOSITORY / "captures" / "rules").iterdir()}


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("mip6-mh-01", "did you mean MIP6-MH-001?"),
        ("X-4", "did you mean X-004?"),
        ("seq-003", "did you mean MIP6-SEQ-003?"),
        ("mip6-seq", "`mhatool rules --family MIP6-SEQ` lists those that begin so"),
        ("MHA-", "`mhatool rules --family MHA` lists those that begin so"),
        ("42", "`mhatool rules` lists them"),
    ],
)
def test_a_rule_that_there_is_not(name: str, remedy: str) -> None:
    assert complaint("rule", name) == f"there is no rule {name}; {remedy}"


# --- the list ---


def test_the_list_shows_each_with_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(RULES)
    columns = [re.split(r" {2,}", line) for line in lines]
    assert {rule: (level, Severity(severity)) for rule, level, severity, _ in columns} == {
        rule.id: (rule.level, rule.severity) for rule in RULES.values()
    }


@pytest.mark.parametrize("family", ["mip6-rtx", "MIP6-RTX-", "MHA", "MIP6", "MIP6-SEQ-001"])
def test_a_family(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--family", family, "--jsonl"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    beginning = family.upper().rstrip("-")
    assert [record["id"] for record in records] == sorted(
        id_ for id_ in RULES if id_ == beginning or id_.startswith(beginning + "-")
    )
    for record in records:
        jsonschema.Draft202012Validator(SCHEMA).validate(record)


def test_the_list_as_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--json", "--family", "X"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(LIST_SCHEMA).validate(document)
    assert [record["id"] for record in document["rules"]] == sorted(id_ for id_ in RULES if id_.startswith("X-"))


def test_no_such_family() -> None:
    said = complaint("rules", "--family", "MIP6-XX")
    assert said.startswith("--family: no rule 'MIP6-XX': `mhatool rules` lists them (HARP, MHA, ")


def test_the_page_has_the_table_of_all_rules() -> None:
    page = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == with_table(page), "run: python -m mhatool.validate.reference docs/rules.md"
    listed = re.findall(r"^\| `([A-Z0-9-]+)` \|", page, re.MULTILINE)
    assert listed == sorted(RULES)
    with pytest.raises(ValueError, match="the page has no"):
        with_table("no marks")


def test_without_docstrings_it_says_where_the_text_is() -> None:
    command = [sys.executable, "-OO", "-m", "mhatool", "rule", "MIP6-SEQ-001", "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, cwd=REPOSITORY).stdout)
    assert told["explanation"] == WITHOUT_TEXTS

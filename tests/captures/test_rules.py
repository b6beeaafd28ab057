"""captures/rules/: each breaking capture breaks its rule and no other, each keeping one keeps it."""

import tomllib
from typing import Any

import jsonschema
import pytest

from dissectors.profile import BUILT_IN
from mhatool.capture import open_capture
from mhatool.cli.schema import schema_of
from mhatool.exchange import Source
from mhatool.validate import RULES, Finding, Severity, validate
from mhatool.validate.report import document
from tests.recipes.__main__ import FOLDER, files

MANIFEST: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "MANIFEST.toml").read_text(encoding="utf-8"))

#: What `mhatool schema validate` prints.
DOCUMENT = schema_of("validate")


def judged(rule: str, kind: str) -> list[Finding]:
    name = f"{rule}.{kind}.pcapng"
    with open_capture(FOLDER / name) as reader:
        return validate([Source(name, list(reader))], BUILT_IN[MANIFEST[rule].get("profile", "rfc6275")])


@pytest.mark.parametrize("kind", ["breaks", "keeps"])
@pytest.mark.parametrize("rule", sorted(MANIFEST))
def test_the_document_fits_its_schema(rule: str, kind: str) -> None:
    jsonschema.Draft202012Validator(DOCUMENT).validate(document([f"{rule}.{kind}.pcapng"], judged(rule, kind)))


def errors_of_others(findings: list[Finding], rule: str) -> set[str]:
    return {f.rule for f in findings if f.severity is Severity.ERROR and f.rule != rule}


def test_the_folder_is_what_the_recipes_say() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == files()


def test_every_rule_has_its_captures() -> None:
    assert set(MANIFEST) == set(RULES)


@pytest.mark.parametrize("rule", sorted(MANIFEST))
def test_breaks(rule: str) -> None:
    findings = judged(rule, "breaks")
    own = [finding for finding in findings if finding.rule == rule]
    assert [finding.frames[-1].number for finding in own] == MANIFEST[rule]["frames"]
    assert {finding.severity for finding in own} == {RULES[rule].severity}
    assert errors_of_others(findings, rule) == set(MANIFEST[rule].get("also", {}))


@pytest.mark.parametrize("rule", sorted(MANIFEST))
def test_keeps(rule: str) -> None:
    findings = judged(rule, "keeps")
    assert [finding for finding in findings if finding.rule == rule] == []
    assert errors_of_others(findings, rule) == set(MANIFEST[rule].get("clean_also", {}))

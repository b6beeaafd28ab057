"""An outcome as SARIF 2.1.0 (OASIS), which code scanning and its viewers read.

It holds nothing of the machine and the moment: the same captures give the same octets. A capture has no lines, so a
frame is a logical location in it; but readers want a line, which is the frame's number, as in the line for people.
Names of files become URI references from where mhatool ran.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

from mhatool import __version__
from mhatool.capture.errors import one_line
from mhatool.exchange import Frame
from mhatool.protocol.instant import rfc3339
from mhatool.validate.finding import Finding, identity_of
from mhatool.validate.outcome import Outcome, family
from mhatool.validate.report import in_short
from mhatool.validate.rule import Rule

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
STANDARD_INPUT: Final = "file:///dev/stdin"
FINGERPRINTS: Final = ("mhatoolFinding/v1", "primaryLocationLineHash")
"""What the fingerprint is called: by us, and by GitHub, which reads this name alone."""
BASE: Final = "%SRCROOT%"
"""Where relative references begin: readers know where that is, and it is theirs to say."""
_ELSEWHERE: Final = frozenset({"schema", "rule", "severity", "files"})
"""Of a finding's record, what SARIF has a place of its own for."""


def lines(outcome: Outcome, interfaces: Collection[str] = ()) -> Iterator[str]:
    """The document, a rule and a result a line. `interfaces`: those of its files that were captured live."""
    files = _Files(outcome.files, interfaces)
    rules = outcome.by_id()
    driver = {"name": "mhatool", "version": __version__, "semanticVersion": __version__}
    invocation = {"executionSuccessful": True, "exitCode": int(outcome.failed)}
    facts = {"profile": outcome.profile, "fail_on": str(outcome.fail_on), "messages": outcome.messages}
    bases = {BASE: {"description": _text("The folder in which mhatool ran")}}
    yield f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{'
    yield f'"tool": {{"driver": {json.dumps(driver)[:-1]}, "rules": ['
    yield from _listed(map(_rule, rules))
    yield f']}}}}, "invocations": [{json.dumps(invocation)}], "properties": {json.dumps(facts)},'
    yield f'"originalUriBaseIds": {json.dumps(bases)}, "artifacts": ['
    yield from _listed(files.artifacts())
    yield '], "results": ['
    yield from _listed(_results(outcome.findings, [rule.id for rule in rules], files))
    yield "]}]}"


def _listed(entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line each; only one is held."""
    held = None
    for entry in entries:
        if held is not None:
            yield held + ","
        held = json.dumps(entry)
    if held is not None:
        yield held


def _text(text: str) -> dict[str, str]:
    """A message that is its own words: SARIF has a meaning for braces, and for brackets before a parenthesis."""
    return {"text": one_line(text).replace("{", "{{").replace("}", "}}").replace("](", "\\](")}


def _rule(rule: Rule) -> dict[str, Any]:
    level = f" ({rule.level})" if rule.level != "-" else ""
    help_ = f"{rule.reference}{level}. It needs: {rule.needs}. `mhatool rule {rule.id}` shows packets that break it."
    return {
        "id": rule.id,
        "shortDescription": _text(rule.title),
        "fullDescription": _text(rule.explanation),
        "help": _text(help_),
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {
            "level": rule.level,
            "reference": rule.reference,
            "role": rule.role,
            "scope": rule.scope,
            "tags": [family(rule)],
        },
    }


def _results(findings: Iterable[Finding], ids: list[str], files: _Files) -> Iterator[dict[str, Any]]:
    ranks = {id_: rank for rank, id_ in enumerate(ids)}
    seen: Counter[str] = Counter()
    for finding in findings:
        record = finding.json()
        same = _fingerprint(record)
        seen[same] += 1
        before = [
            {"id": number, **files.location(frame), "message": _text(f"rests on frame {frame.number}")}
            for number, frame in enumerate(finding.frames[:-1], start=1)
        ]
        yield {
            "ruleId": finding.rule,
            "ruleIndex": ranks[finding.rule],
            "level": str(finding.severity),
            "message": _text(in_short(finding)),
            "locations": [files.location(finding.frames[-1])],
            **({"relatedLocations": before} if before else {}),
            "partialFingerprints": dict.fromkeys(FINGERPRINTS, f"{same}:{seen[same]}"),
            "properties": {name: value for name, value in record.items() if name not in _ELSEWHERE},
        }


def _fingerprint(record: dict[str, Any]) -> str:
    """The same for what a baseline takes for the same finding; which of several such it is comes behind it."""
    return hashlib.sha256(json.dumps(identity_of(record)).encode()).hexdigest()[:32]


class _Files:
    """The captures as artifacts: each once, however often it was named."""

    def __init__(self, files: Iterable[str], interfaces: Collection[str]) -> None:
        self._interfaces = interfaces
        self._places = {name: self._place(name, index) for index, name in enumerate(dict.fromkeys(map(str, files)))}

    def _place(self, name: str, index: int) -> dict[str, Any]:
        if name in self._interfaces:  # no URI names what is gone
            return {"index": index, "description": _text(f"captured live on {name}")}
        uri = uri_of(name)
        return {"uri": uri, **({} if uri.startswith("file:") else {"uriBaseId": BASE}), "index": index}

    def artifacts(self) -> Iterator[dict[str, Any]]:
        """In the order of their indices."""
        for place in self._places.values():
            yield {"location": place, "roles": ["analysisTarget"]}

    def location(self, frame: Frame) -> dict[str, Any]:
        """Where a frame is."""
        place = {name: value for name, value in self._places[frame.file].items() if name != "description"}
        return {
            "physicalLocation": {"artifactLocation": place, "region": {"startLine": frame.number}},
            "logicalLocations": [{"name": f"frame {frame.number}", "kind": "frame"}],
            "properties": {"frame": frame.number, "time": rfc3339(frame.time_ns)},
        }


def uri_of(path: str) -> str:
    """A file's name as a URI reference: relative where the name is, `file:` where it begins at the root.

    `-` is standard input. A name keeps its octets, whatever their encoding. Dots and slashes that say nothing are left
    out; `..` stays in a relative one, and in others links decide where it leads.
    """
    if path == "-":
        return STANDARD_INPUT
    if path.startswith("/") and ".." in path.split("/"):
        path = os.path.realpath(path)
    parts = [part for part in os.fsencode(path).split(b"/") if part not in (b"", b".")]
    if path.startswith("/"):
        return "file:///" + "/".join(map(quote, parts))
    return "/".join(quote(part, safe="") for part in parts)

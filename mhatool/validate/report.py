"""Findings as people and tools read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from dissectors.ipv6 import address
from mhatool.exchange import Frame
from mhatool.protocol.instant import rfc3339
from mhatool.validate.finding import Finding, Severity
from mhatool.validate.rule import RULES
from mhatool.validate.schema import FINDING

SCHEMA_ID: Final = "mhatool.validate/1"

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "Findings in captures, and how many",
    "type": "object",
    "required": ["schema", "files", "findings", "summary"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": SCHEMA_ID},
        "files": {"type": "array", "items": {"type": "string"}},
        "findings": {"type": "array", "items": {k: v for k, v in FINDING.items() if not k.startswith("$")}},
        "summary": {
            "type": "object",
            "required": [str(severity) for severity in Severity],
            "additionalProperties": False,
            "properties": {str(severity): {"type": "integer", "minimum": 0} for severity in Severity},
        },
    },
}

NO_MESSAGE: Final = (
    "No findings: there is no mobility message (what IPv4, GRE, PPPoE or MPLS carries isn't looked into)."
)

Style = Callable[[str, str], str]
"""(text, style) -> text as a terminal shows it."""

_STYLES: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}
_GITHUB: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def plain(text: str, style: str) -> str:
    """No style."""
    return text


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many there are of each severity."""
    counter = Counter(finding.severity for finding in findings)
    return {str(severity): counter[severity] for severity in Severity}


def document(files: Sequence[str], findings: Sequence[Finding]) -> dict[str, Any]:
    """All of it as `mhatool.validate/1`."""
    return {
        "schema": SCHEMA_ID,
        "files": list(files),
        "findings": [finding.json() for finding in findings],
        "summary": counts(findings),
    }


def message(finding: Finding) -> str:
    """What is wrong, in a line."""
    doubt = " (inconclusive)" if finding.inconclusive else ""
    return f"expected {finding.expected}, seen {finding.seen}{doubt} [{RULES[finding.rule].title}]"


def concise(finding: Finding, style: Style = plain) -> str:
    """One line: `FILE:FRAME: RULE severity message`."""
    frame = finding.frames[-1]
    severity = style(str(finding.severity), _STYLES[finding.severity])
    return f"{frame.file}:{frame.number}: {style(finding.rule, 'bold')} {severity} {message(finding)}"


def full(finding: Finding, style: Style = plain) -> str:
    """Several lines: what, where, who, expected, seen, by which clause."""
    frame = finding.frames[-1]
    rule = RULES[finding.rule]
    severity = style(str(finding.severity), _STYLES[finding.severity])
    place = f"octet {finding.offset} of frame {frame.number}" if finding.offset is not None else f"frame {frame.number}"
    facts = {
        "where": f"{frame.file}, {place}, {rfc3339(finding.time_ns)}",
        "rests on": ", ".join(_place(other, frame) for other in finding.frames[:-1]),
        "node": address.text(finding.node),
        "home": address.text(finding.home_address) if finding.home_address is not None else "",
        "expected": finding.expected,
        "seen": finding.seen,
        "reference": f"{finding.reference} ({finding.level})",
        "certain": "no: the capture doesn't show enough" if finding.inconclusive else "",
    }
    lines = [f"{style(finding.rule, 'bold')} {severity}: {rule.title}"]
    lines += [f"  {name + ':':10} {text}" for name, text in facts.items() if text]
    return "\n".join(lines)


def _place(frame: Frame, beside: Frame) -> str:
    return f"frame {frame.number}" + ("" if frame.file == beside.file else f" of {frame.file}")


def github(finding: Finding) -> str:
    """A workflow command that GitHub shows beside the file; a capture has no lines, so the frame is in the text."""
    frame = finding.frames[-1]
    title = f"{finding.rule} ({finding.level})"
    text = in_short(finding)
    return f"::{_GITHUB[finding.severity]} file={_property(frame.file)},title={_property(title)}::{_data(text)}"


def in_short(finding: Finding) -> str:
    """A line for who shows rule and file beside it."""
    return f"frame {finding.frames[-1].number}: {message(finding)}; {finding.reference}"


def summary(findings: Sequence[Finding], messages: int, rules: int, style: Style = plain, hidden: int = 0) -> str:
    """The last line for people: what was found, in how much by how many rules, and how many fail that aren't shown."""
    if not messages and not findings and not hidden:
        return style(NO_MESSAGE, "yellow")
    where = f"{messages} mobility message{'' if messages == 1 else 's'}" if messages else "packets of other kinds"
    judged = f"{where}, by {rules} rule{'' if rules == 1 else 's'}"
    if hidden:
        judged += f"; {unseen(hidden)}"
    if not findings:
        return style(f"No findings in {judged}.", "yellow" if hidden else "green")
    found = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts(findings).items() if count]
    return f"{', '.join(found)} in {judged}."


def unseen(count: int) -> str:
    """That so many findings fail that aren't reported."""
    return f"{count} more that --min-severity hides fail{'s' if count == 1 else ''}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""An outcome as JUnit's XML, which servers of continuous integration show as tests.

Each rule in force is a test case. There is no schema that all readers share, so this keeps to what they have in common:
one `failure` a case, since Jenkins shows the first one alone; all that it says in its text, since GitLab shows no
attributes; and no time but 0, so that the same captures give the same octets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

from mhatool import __version__
from mhatool.capture.errors import one_line
from mhatool.validate import report
from mhatool.validate.finding import Finding
from mhatool.validate.outcome import Outcome, family
from mhatool.validate.rule import Rule

SUITE: Final = "mhatool validate"


def lines(outcome: Outcome) -> Iterator[str]:
    """The document; its files and the findings' as people are told of them. What fails is told, hidden or not."""
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in sorted([*outcome.findings, *outcome.hidden], key=lambda finding: finding.order):
        found[finding.rule].append(finding)
    failed = sum(any(map(outcome.fails, findings)) for findings in found.values())
    counts = {"tests": len(outcome.rules), "failures": failed, "errors": 0}
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites{_attributes(name=SUITE, **counts, time=0)}>"
    yield f"  <testsuite{_attributes(name=SUITE, **counts, skipped=0, time=0)}>"
    yield from _properties(outcome)
    for rule in outcome.by_id():
        yield from _case(outcome, rule, found[rule.id])
    told = report.summary(outcome.findings, outcome.messages, len(outcome.rules), hidden=len(outcome.hidden))
    yield _element("    ", "system-out", told)
    yield "  </testsuite>"
    yield "</testsuites>"


def _properties(outcome: Outcome) -> Iterator[str]:
    facts = [("version", __version__), ("profile", outcome.profile), ("fail_on", str(outcome.fail_on))]
    facts += [("file", file) for file in outcome.files]
    yield "    <properties>"
    for name, value in facts:
        yield f"      <property{_attributes(name=name, value=value)}/>"
    yield "    </properties>"


def _case(outcome: Outcome, rule: Rule, findings: Sequence[Finding]) -> Iterator[str]:
    """A test that the findings at or over the limit fail; it tells of the others."""
    names = _attributes(classname=f"mhatool.{family(rule)}", name=f"{rule.id}: {rule.title}", time=0)
    if not findings:
        yield f"    <testcase{names}/>"
        return
    yield f"    <testcase{names}>"
    failures = [finding for finding in findings if outcome.fails(finding)]
    if failures:
        yield _failure(failures)
    others = [finding for finding in findings if not outcome.fails(finding)]
    if others:
        heading = f"No failure (below {outcome.fail_on}):\n"
        yield _element("      ", "system-out", heading + _told(others))
    yield "    </testcase>"


def _failure(findings: Sequence[Finding]) -> str:
    first = findings[0]
    worst = min(findings, key=lambda finding: finding.severity.rank).severity
    many = f"{len(findings)} findings, first " if len(findings) > 1 else ""
    place = f"{first.frames[-1].file}:{first.frames[-1].number}"
    message = f"{many}{place}: {report.message(first)}"
    return _element("      ", "failure", _told(findings), _attributes(type=str(worst), message=message))


def _told(findings: Sequence[Finding]) -> str:
    """In full, with a line that says so before those that are inconclusive."""
    doubt = "inconclusive, the capture doesn't show enough to be sure:\n"
    return "\n".join((doubt if finding.inconclusive else "") + report.full(finding) for finding in findings)


# --- XML ---


def _attributes(**values: str | int) -> str:
    return "".join(f" {name}={_ascii(quoteattr(one_line(str(value))))}" for name, value in values.items())


def _element(indent: str, name: str, text: str, attributes: str = "") -> str:
    """With its text as it is, but for what XML can't hold in any way: that is escaped, as on terminals."""
    shown = "\n".join(map(one_line, text.split("\n")))
    escaped = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{indent}<{name}{attributes}>{_ascii(escaped)}</{name}>"


def _ascii(text: str) -> str:
    """Right in whatever encoding standard output has."""
    return text.encode("ascii", "xmlcharrefreplace").decode()

"""`mhatool validate`: captures judged by the standards' rules."""

from __future__ import annotations

import json as json_
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from msgspec.structs import replace

from mhatool.cli import completing
from mhatool.cli.common import (
    FOUND,
    FilesArgument,
    JsonlOption,
    JsonOption,
    Out,
    ProfileOption,
    chosen_profile,
    exclusive,
    fail,
    input_name,
    styled,
    use_color,
    warn,
)
from mhatool.cli.judging import findings_in, rules_named
from mhatool.cli.live import LiveInput, live
from mhatool.cli.other_profile import tell_of_another
from mhatool.cli.reading import ended_by_interrupts, read_once
from mhatool.settings import setting

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from mhatool.validate import Finding, Judge, Severity
    from mhatool.validate.finding import Identity
    from mhatool.validate.outcome import Outcome

SeverityName = Literal["error", "warning", "note"]
Format = Literal["concise", "full", "json", "jsonl", "junit", "sarif", "github"]

Ids = list[str] | None
SelectOption = Annotated[
    Ids,
    typer.Option(
        metavar="IDS",
        help="Only these rules, or families as MIP6-MH; commas between.",
        autocompletion=completing.rule_lists,
    ),
]
IgnoreOption = Annotated[
    Ids, typer.Option(metavar="IDS", help="Not these rules.", autocompletion=completing.rule_lists)
]
MinSeverityOption = Annotated[
    SeverityName | None, typer.Option(metavar="S", help="Report from this on: error, warning or note (default).")
]
FailOnOption = Annotated[
    SeverityName | None, typer.Option(metavar="S", help="Status 1 from this on: error (default), warning or note.")
]
FormatOption = Annotated[
    Format | None, typer.Option(metavar="F", help="concise (default), full, json, jsonl, junit, sarif or github.")
]
BaselineOption = Annotated[
    str | None, typer.Option(metavar="F", help="Leave out the findings of F, which --json or --jsonl wrote.")
]
_WITH_A_SUMMARY: Final = ("concise", "full", "junit")
_NONE: Final = 99
"""A rank behind that of every severity: there was no finding."""


@live
def validate(
    files: FilesArgument,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    min_severity: MinSeverityOption = None,
    fail_on: FailOnOption = None,
    output_format: FormatOption = None,
    json: JsonOption = False,
    jsonl: JsonlOption = False,
    baseline: BaselineOption = None,
    profile: ProfileOption = None,
) -> None:
    """Judge captures by the rules of the standards.

    Several captures are taken for several views of one network at one time: don't mix runs. The status is 1 where a
    finding is at or over --fail-on, else 0, also where --min-severity hides it; what --baseline knows doesn't count.

    Examples:
      mhatool validate tour.pcap
      mhatool validate mn.pcap ha.pcap --output-format full --ignore MIP6-SEQ
      mhatool validate tour.pcap --jsonl > known.jsonl; mhatool validate tour.pcap --baseline known.jsonl
    """
    from mhatool.validate import Severity

    exclusive(json=json, jsonl=jsonl, output_format=output_format)
    form = "json" if json else "jsonl" if jsonl else str(setting("validate.output_format", output_format))
    chosen = chosen_profile(profile)
    judge = _judge(chosen, select, ignore)
    files = ended_by_interrupts(files)
    limit = Severity(str(setting("validate.fail_on", fail_on)))
    wanted = _Wanted(Severity(str(setting("validate.min_severity", min_severity))), limit, _known(baseline))
    failed = _print(form, files, wanted.of(findings_in(files, judge, chosen)), judge, chosen, wanted)
    if not judge.messages:
        tell_of_another(files, chosen)
    if failed:
        raise typer.Exit(FOUND)


def _judge(profile: Profile, select: Ids, ignore: Ids) -> Judge:
    from mhatool.validate import Judge, UnknownRuleError

    selected, ignored = rules_named("validate.select", select or None), rules_named("validate.ignore", ignore or None)
    if select and not selected:
        fail("--select names no rule", "`mhatool rules` lists them; without --select all are in force")
    try:
        judge = Judge(profile, select=selected, ignore=ignored)
    except UnknownRuleError as error:
        fail(str(error))
    if not judge.rules:
        fail(f"no rule is left: what is selected is ignored, or isn't for the profile {profile.name}")
    return judge


class _Wanted:
    """Which findings are reported; each known one hides one."""

    def __init__(self, least: Severity, fail_on: Severity, known: Counter[Identity]) -> None:
        self.fail_on = fail_on
        self.hidden: list[Finding] = []
        """Those that fail all the same."""
        self._least = least.rank
        self._known = known

    def of(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Those of them that are reported."""
        for finding in findings:
            if self._is_known(finding):
                continue
            if finding.severity.rank <= self._least:
                yield finding
            elif finding.severity.rank <= self.fail_on.rank:
                self.hidden.append(finding)

    def _is_known(self, finding: Finding) -> bool:
        from mhatool.validate.finding import identity_of

        if not self._known:
            return False
        identity = identity_of(finding.json())
        if not self._known[identity]:
            return False
        self._known[identity] -= 1
        return True


def _print(
    form: str, files: list[str], findings: Iterable[Finding], judge: Judge, profile: Profile, wanted: _Wanted
) -> bool:
    """Print them and return whether one fails: sorted; JSON Lines as they come where nobody can read twice."""
    from mhatool.validate import report
    from mhatool.validate.outcome import Outcome

    out = Out()
    if form == "jsonl" and any(map(read_once, files)):
        worst = _NONE
        for finding in findings:
            out.record(finding.json())
            worst = min(worst, finding.severity.rank)
        _tell_hidden(wanted)
        return worst <= wanted.fail_on.rank or bool(wanted.hidden)
    found = sorted(findings, key=lambda finding: finding.order)
    if form == "jsonl":
        for finding in found:
            out.record(finding.json())
    elif form == "json":
        out.document(report.document(files, found))
    outcome = Outcome(
        files=files,
        profile=profile.name,
        rules=judge.rules,
        findings=found,
        messages=judge.messages,
        fail_on=wanted.fail_on,
        hidden=wanted.hidden,
    )
    if form not in ("json", "jsonl"):
        for line in _lines(form, outcome):
            out.line(line)
    if form not in _WITH_A_SUMMARY:
        _tell_hidden(wanted)
    return outcome.failed


def _tell_hidden(wanted: _Wanted) -> None:
    """Why the status is 1, where what is printed doesn't say."""
    from mhatool.validate import report

    if wanted.hidden:
        warn(report.unseen(len(wanted.hidden)))


def _lines(form: str, outcome: Outcome) -> Iterator[str]:
    """What is text, line by line."""
    if form == "sarif":
        from mhatool.validate import sarif

        return sarif.lines(outcome, {str(file) for file in outcome.files if isinstance(file, LiveInput)})
    told = replace(
        outcome,
        files=[input_name(file) for file in outcome.files],
        findings=[_for_people(finding) for finding in outcome.findings],
        hidden=[_for_people(finding) for finding in outcome.hidden],
    )
    if form == "junit":
        from mhatool.validate import junit

        return junit.lines(told)
    if form == "github":
        from mhatool.validate import report

        return map(report.github, told.findings)
    return _text(form, told)


def _text(form: str, outcome: Outcome) -> Iterator[str]:
    from mhatool.validate import report

    style: report.Style = _style if use_color(sys.stdout) else report.plain
    for finding in outcome.findings:
        yield report.concise(finding, style) if form == "concise" else report.full(finding, style) + "\n"
    yield report.summary(outcome.findings, outcome.messages, len(outcome.rules), style, len(outcome.hidden))


def _for_people(finding: Finding) -> Finding:
    """With the files as text names them."""
    if all(frame.file == input_name(frame.file) for frame in finding.frames):
        return finding
    return replace(finding, frames=tuple(frame._replace(file=input_name(frame.file)) for frame in finding.frames))


def _style(text: str, style: str) -> str:
    return styled(text, style)


# --- baseline ---


_REMEDY = "give what `mhatool validate --jsonl` prints"


def _known(path: str | None) -> Counter[Identity]:
    from mhatool.validate.finding import identity_of

    if path is None:
        return Counter()
    if path == "-":
        fail("--baseline reads no standard input", "write it to a file, and name that")
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it isn't text"
        fail(f"the baseline can't be read: {reason}", _REMEDY, path)
    try:
        records = list(_records(text))
        is_old = any("rule" in record and "first_time" not in record for record in records)
        known = Counter() if is_old else Counter(map(identity_of, records))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fail("this is no baseline", _REMEDY, path)
    if is_old:
        fail("an earlier version wrote this baseline", "write it again with `mhatool validate --jsonl`", path)
    return known


def _records(text: str) -> Iterator[dict[str, Any]]:
    try:
        yield from json_.loads(text)["findings"]
    except (ValueError, KeyError):  # several lines, or one finding
        for line in text.splitlines():
            if line.strip():
                yield json_.loads(line)

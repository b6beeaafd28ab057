"""Outcomes for tests of reports: of the captures in captures/rules/, and of findings made by hand."""

from collections.abc import Sequence
from typing import Any

from dissectors.profile import BUILT_IN
from mhatool.exchange import Frame
from mhatool.validate import RULES, Finding, Rule, Severity, chosen
from mhatool.validate.outcome import Outcome
from tests.captures.test_rules import MANIFEST, judged
from tests.mhatool.scenes import AGENT, HOME

T0 = 1_700_000_000_000_000_000


def outcome(
    findings: Sequence[Finding] = (),
    *,
    files: Sequence[str] = ("tour.pcap",),
    rules: Sequence[Rule] | None = None,
    fail_on: Severity = Severity.ERROR,
) -> Outcome:
    return Outcome(
        files=files,
        profile="rfc6275",
        rules=chosen() if rules is None else rules,
        findings=findings,
        messages=4,
        fail_on=fail_on,
    )


def breaking(rule: str, fail_on: Severity = Severity.ERROR) -> Outcome:
    """What its capture in captures/rules/ comes to that breaks the rule, and only the rules that find something."""
    findings = judged(rule, "breaks")
    in_force = chosen(profile=BUILT_IN[MANIFEST[rule].get("profile", "rfc6275")])
    ids = {rule, *(finding.rule for finding in findings)}
    rules = [each for each in in_force if each.id in ids]
    return outcome(findings, files=[f"{rule}.breaks.pcapng"], rules=rules, fail_on=fail_on)


def failing(rule: str) -> set[str]:
    """The rules of level error that fail there, as captures/rules/MANIFEST.toml has it."""
    own = {rule} if RULES[rule].severity is Severity.ERROR else set()
    return own | set(MANIFEST[rule].get("also", {}))


def finding(*places: tuple[str, int], **changes: Any) -> Finding:
    """Of MIP6-SEQ-001, an error at the last of these places (file, frame), a second after each other."""
    frames = tuple(Frame(file, number, T0 + number * 1_000_000_000) for file, number in places or (("tour.pcap", 3),))
    facts: dict[str, Any] = {
        "rule": "MIP6-SEQ-001",
        "severity": Severity.ERROR,
        "level": "MUST",
        "frames": frames,
        "time_ns": frames[-1].time_ns,
        "home_address": HOME,
        "node": AGENT,
        "expected": "a number over 10",
        "seen": "9",
        "reference": "RFC 6275, 6.1.7 and 11.7.1",
    }
    return Finding(**(facts | changes))


def doubtful(*places: tuple[str, int]) -> Finding:
    """An inconclusive one."""
    return finding(*places, severity=Severity.NOTE, inconclusive=True)

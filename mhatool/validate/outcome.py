"""What judging some captures came to, for reports that tell of the rules that were kept as well."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mhatool.validate.finding import Finding, Severity
from mhatool.validate.rule import Rule


class Outcome(Struct, frozen=True, kw_only=True):
    """The rules in force, and what is reported of what they found.

    `files`: the captures, as they were named. `findings`: in the order of reports. `fail_on`: from this severity on a
    finding fails. `messages`: Mobility Header messages looked at. `hidden`: findings that fail and aren't reported, as
    they are under the least severity that is.
    """

    files: Sequence[str]
    profile: str
    rules: Sequence[Rule]
    findings: Sequence[Finding]
    messages: int
    fail_on: Severity
    hidden: Sequence[Finding] = ()

    def fails(self, finding: Finding) -> bool:
        """Whether it is at or over `fail_on`."""
        return finding.severity.rank <= self.fail_on.rank

    @property
    def failed(self) -> bool:
        """Whether any finding fails, reported or not."""
        return bool(self.hidden) or any(map(self.fails, self.findings))

    def by_id(self) -> list[Rule]:
        """The rules in the order of their ids, which stays while rules are added."""
        return sorted(self.rules, key=lambda rule: rule.id)


def family(rule: Rule) -> str:
    """What the ids of related rules begin with, as MIP6-MH."""
    return rule.id.rpartition("-")[0]

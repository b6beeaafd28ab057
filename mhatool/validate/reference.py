"""The table of all rules in docs/rules.md: `python -m mhatool.validate.reference docs/rules.md` writes it there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from mhatool.validate import RULES, Rule

BEGIN: Final = "<!-- rules: python -m mhatool.validate.reference docs/rules.md -->"
END: Final = "<!-- /rules -->"


def table() -> str:
    """All rules by their ids, with the marks around them."""
    lines = [BEGIN, "| rule | asks that | level | severity | of | by |", "|---|---|---|---|---|---|"]
    lines += [_row(RULES[id_]) for id_ in sorted(RULES)]
    return "\n".join([*lines, END])


def with_table(page: str) -> str:
    """The page with the table between its marks; ValueError where they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} with {END} behind it")
    return before + table() + after


def _row(rule: Rule) -> str:
    title = rule.title + (f" ({', '.join(rule.profiles)} only)" if len(rule.profiles) == 1 else "")
    return f"| {' | '.join((f'`{rule.id}`', title, rule.level, str(rule.severity), rule.role, rule.reference))} |"


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")

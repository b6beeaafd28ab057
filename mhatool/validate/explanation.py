"""A rule in words: what it asks for and why, where that stands, who keeps it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import Final

from mhatool.validate.rule import Rule

_WHO: Final = {"MN": "mobile node", "HA": "home agent", "CN": "correspondent", "any": "any node"}


def explained(rule: Rule, width: int, style: Callable[[str, str], str]) -> Iterator[str]:
    """Its id and title, the explanation in lines of at most `width` columns, and the facts, a line each.

    `style` gives a text a style such as `bold`, as in `mhatool.display.tree`.
    """
    yield f"{style(rule.id, 'bold')}: {rule.title}"
    yield ""
    yield textwrap.fill(rule.explanation, width)
    yield ""
    facts = {
        "reference": rule.reference,
        "level": f"{rule.level if rule.level != '-' else 'no requirement'} ({rule.severity})",
        "who keeps it": " or ".join(_WHO.get(role, role) for role in rule.role.split("/")),
        "seen in": rule.scope,
        "needs": rule.needs,
        "profiles": ", ".join(rule.profiles),
    }
    for name, text in facts.items():
        yield f"{name:13} {text}"


__all__ = ["explained"]

"""`mhatool rule` and `mhatool rules`: what validate checks."""

from __future__ import annotations

import shutil
import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mhatool.cli.common import JsonlOption, JsonOption, Out, fail, form_of, list_schema, styled

if TYPE_CHECKING:
    from mhatool.validate import Rule

SCHEMA_ID: Final = "mhatool.rule/1"
_TEXTS: Final = ("id", "title", "reference", "level", "severity", "role", "scope", "needs", "explanation")

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "A rule that validate checks",
    "type": "object",
    "required": ["schema", *_TEXTS, "profiles"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": SCHEMA_ID},
        **{name: {"type": "string"} for name in _TEXTS},
        "severity": {"enum": ["error", "warning", "note"]},
        "profiles": {"type": "array", "items": {"type": "string"}, "description": "The eras that it holds in"},
    },
}

LIST_SCHEMA: Final = list_schema("mhatool.rules/1", "All rules", "rules", SCHEMA)


def rule(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The rule, as MIP6-MH-01.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Explain one rule.

    Examples:
      mhatool rule MIP6-MH-01
      mhatool rule MIP6-MH-01 --json
      mhatool rules
    """
    from mhatool.validate import RULES

    found = RULES.get(id_.upper())
    if found is None:
        near = get_close_matches(id_.upper(), RULES, n=1)
        fail(f"there is no rule {id_}", f"did you mean {near[0]}?" if near else "`mhatool rules` lists them")
    if json:
        Out().document(_record(found))
        return
    _explain(found)


def rules(json: JsonOption = False, jsonl: JsonlOption = False) -> None:
    """List all rules.

    Examples:
      mhatool rules
      mhatool rules --jsonl | jq -r 'select(.level == "MUST") | .id'
    """
    from mhatool.validate import RULES

    form = form_of(json, jsonl)
    out = Out(form)
    if form == "json":
        out.begin("mhatool.rules/1", "rules")
        for item in RULES.values():
            out.entry(_record(item))
        out.end()
        return
    width = max(map(len, RULES), default=0)
    for item in RULES.values():
        if form == "jsonl":
            out.record(_record(item))
        else:
            out.line(f"{item.id:{width}}  {item.severity:7}  {item.title}")


def _record(item: Rule) -> dict[str, Any]:
    texts = {name: str(getattr(item, name)) for name in _TEXTS}
    return {"schema": SCHEMA_ID, **texts, "profiles": list(item.profiles)}


def _explain(item: Rule) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    print(f"{styled(item.id, 'bold')}: {item.title}")
    print()
    print(textwrap.fill(item.explanation, width))
    print()
    facts = {
        "reference": item.reference,
        "level": f"{item.level} ({item.severity})",
        "who keeps it": item.role,
        "seen in": item.scope,
        "needs": item.needs,
        "profiles": ", ".join(item.profiles),
    }
    for name, text in facts.items():
        print(f"{name:13} {text}")

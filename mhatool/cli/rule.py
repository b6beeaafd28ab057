"""`mhatool rule` and `mhatool rules`: what validate checks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mhatool.cli import completing
from mhatool.cli.common import JsonlOption, JsonOption, Out, fail, form_of, list_schema, styled
from mhatool.validate.schema import FINDING

if TYPE_CHECKING:
    from mhatool.exchange import Sighting
    from mhatool.validate import Finding, Rule
    from mhatool.validate.example import Example

SCHEMA_ID: Final = "mhatool.rule/1"
_TEXTS: Final = ("id", "title", "reference", "level", "severity", "role", "scope", "needs", "explanation")
_MOST_COLUMNS: Final = 100

_TEXT: Final[dict[str, Any]] = {"type": "string"}
_FILE: Final[dict[str, Any]] = {"type": "string", "description": "A capture, from the working folder or whole"}
_PACKET: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["frame", "time", "endpoints", "summary", "at_fault"],
    "additionalProperties": False,
    "properties": {
        "frame": {"type": "integer", "minimum": 1},
        "time": {"type": "string", "description": "RFC 3339 with nine digits, UTC"},
        "endpoints": {"type": "string", "description": "Source and destination of the outermost IPv6 header"},
        "summary": _TEXT,
        "at_fault": {"type": "boolean", "description": "A finding is about this frame"},
    },
}
_EXAMPLE: Final[dict[str, Any]] = {
    "type": ["object", "null"],
    "description": "Two captures that differ in one thing; only `rule` has it, null where they aren't installed",
    "required": ["profile", "keeps", "breaks"],
    "additionalProperties": False,
    "properties": {
        "profile": {"type": "string", "description": "The profile that the captures are read by"},
        "keeps": {
            "type": "object",
            "required": ["text", "file"],
            "additionalProperties": False,
            "properties": {"text": _TEXT, "file": _FILE},
        },
        "breaks": {
            "type": "object",
            "required": ["text", "file", "packets", "findings"],
            "additionalProperties": False,
            "properties": {
                "text": _TEXT,
                "file": _FILE,
                "packets": {"type": "array", "items": _PACKET},
                "findings": {
                    "type": "array",
                    "description": "What this rule finds there",
                    "items": {name: part for name, part in FINDING.items() if not name.startswith("$")},
                },
            },
        },
    },
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "A rule that validate checks",
    "type": "object",
    "required": ["schema", *_TEXTS, "profiles"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": SCHEMA_ID},
        **dict.fromkeys(_TEXTS, _TEXT),
        "severity": {"enum": ["error", "warning", "note"]},
        "profiles": {"type": "array", "items": _TEXT, "description": "The eras that it holds in"},
        "example": _EXAMPLE,
    },
}

LIST_SCHEMA: Final = list_schema("mhatool.rules/1", "All rules", "rules", SCHEMA)


def rule(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The rule, as MIP6-MH-001.", show_default=False, autocompletion=completing.rule_ids
        ),
    ],
    json: JsonOption = False,
) -> None:
    """Explain one rule, and show packets that break it.

    Examples:
      mhatool rule MIP6-MH-001
      mhatool rule mip6-mh-001 --json | jq -r .example.breaks.file
      mhatool rules
    """
    from mhatool.validate import RULES
    from mhatool.validate.example import example_of

    found = RULES.get(id_.upper())
    if found is None:
        fail(f"there is no rule {id_}", _remedy(id_.upper()))
    example = example_of(found.id)
    out = Out()
    if json:
        out.document({**_record(found), "example": _shown(example) if example is not None else None})
        return
    for line in _explained(found):
        out.line(line)
    for line in _told(example):
        out.line(line)


def _remedy(name: str) -> str:
    """What to do about a name that no rule has."""
    from mhatool.validate import RULES

    family = name.rstrip("-")
    if any(id_.startswith(f"{family}-") for id_ in RULES):
        return f"`mhatool rules --family {family}` lists those that begin so"
    stem, _, number = name.rpartition("-")
    padded = f"{stem}-{number.zfill(3)}"
    near = [padded] if padded in RULES else get_close_matches(name, RULES, n=1)
    return f"did you mean {near[0]}?" if near else "`mhatool rules` lists them"


def rules(
    family: Annotated[
        str | None,
        typer.Option(
            metavar="F", help="Only the rules whose ids begin so, as MIP6-RTX.", autocompletion=completing.rule_families
        ),
    ] = None,
    json: JsonOption = False,
    jsonl: JsonlOption = False,
) -> None:
    """List all rules: id, the standard's word, how bad a breach is, and what is asked for.

    Examples:
      mhatool rules
      mhatool rules --family MIP6-RTX
      mhatool rules --jsonl | jq -r 'select(.level == "MUST") | .id'
    """
    form = form_of(json, jsonl)
    listed = _listed(family)
    out = Out(form)
    if form == "json":
        out.begin("mhatool.rules/1", "rules")
        for item in listed:
            out.entry(_record(item))
        out.end()
        return
    if form == "jsonl":
        for item in listed:
            out.record(_record(item))
        return
    widths = [max(len(text) for text in column) for column in zip(*map(_row, listed), strict=True)]
    for item in listed:
        out.line("  ".join(text.ljust(width) for text, width in zip(_row(item), widths, strict=True)).rstrip())


def _listed(family: str | None) -> list[Rule]:
    """By their ids."""
    from mhatool.validate import RULES, UnknownRuleError, named

    try:
        ids = set(RULES) if family is None else named(family)
    except UnknownRuleError as error:
        fail(f"--family: {error}")
    return [RULES[id_] for id_ in sorted(ids)]


def _row(item: Rule) -> tuple[str, ...]:
    return item.id, item.level, str(item.severity), item.title


# --- records ---


def _record(item: Rule) -> dict[str, Any]:
    texts = {name: str(getattr(item, name)) for name in _TEXTS}
    return {"schema": SCHEMA_ID, **texts, "profiles": list(item.profiles)}


def _shown(example: Example) -> dict[str, Any]:
    judged = example.judged()
    return {
        "profile": example.profile,
        "keeps": {"text": example.keeps, "file": str(example.keeping)},
        "breaks": {
            "text": example.breaks,
            "file": str(example.breaking),
            "packets": [_packet(sighting, bool(judged.of(sighting))) for sighting in judged.packets],
            "findings": [finding.json() for finding in judged.findings],
        },
    }


def _packet(sighting: Sighting, at_fault: bool) -> dict[str, Any]:
    from mhatool.display.summary import endpoints, summary
    from mhatool.protocol.instant import rfc3339

    return {
        "frame": sighting.frame.number,
        "time": rfc3339(sighting.time_ns),
        "endpoints": endpoints(sighting.packet),
        "summary": summary(sighting.packet),
        "at_fault": at_fault,
    }


# --- text ---


def _explained(item: Rule) -> Iterator[str]:
    from mhatool.validate.explanation import explained

    return explained(item, min(shutil.get_terminal_size().columns, _MOST_COLUMNS), styled)


def _told(example: Example | None) -> Iterator[str]:
    """What keeps the rule, what breaks it, and the packets of that."""
    yield ""
    if example is None:
        yield "No example: the captures of the rules (captures/rules/) aren't installed here."
        return
    era = "" if example.profile == "rfc6275" else f" --profile {example.profile}"
    yield f"{styled('Keeps it', 'green')}  {example.keeps}"
    yield f"          {example.keeping}{era}"
    yield f"{styled('Breaks it', 'red')} {example.breaks}"
    yield f"          {example.breaking}{era}"
    yield ""
    yield from _packets(example)


def _packets(example: Example) -> Iterator[str]:
    """A line each, with seconds from the first one; under the one at fault what validate says of it."""
    from mhatool.display.summary import endpoints, summary

    judged = example.judged()
    for sighting in judged.packets:
        found = judged.of(sighting)
        seconds = (sighting.time_ns - judged.packets[0].time_ns) / 1e9
        packet = (
            f"{sighting.frame.number:>3} {seconds:>9.3f} s  {endpoints(sighting.packet)}  {summary(sighting.packet)}"
        )
        yield f"{styled('>', 'bold red') if found else ' '} {packet}"
        for finding in found:
            yield f"{'':19}{_words(finding)}"


def _words(finding: Finding) -> str:
    before = ", ".join(str(frame.number) for frame in finding.frames[:-1])
    rests = f" (rests on frame{'s' if len(finding.frames) > 2 else ''} {before})" if before else ""
    return f"{styled(str(finding.severity), 'bold red')}: expected {finding.expected}, seen {finding.seen}{rests}"

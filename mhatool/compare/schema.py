"""The JSON Schema of differences (`mhatool schema diff`)."""

from __future__ import annotations

from typing import Any, Final

from mhatool.compare.difference import Verdict
from mhatool.compare.report import SCHEMA_ID

Json = dict[str, Any]


def _object(properties: Json, **more: Any) -> Json:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
        **more,
    }


_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_VALUE: Final[Json] = {
    "anyOf": [
        {"type": ["integer", "number", "string", "null"]},
        {"type": "array", "items": {"type": ["integer", "string"]}},
    ],
    "description": "A field as records have it; null where this side doesn't have it",
}
_SIDE: Final[Json] = {
    "anyOf": [
        {"type": "null"},
        _object(
            {
                "exchange": {
                    "type": "string",
                    "description": "What it is here: a move of one may be a refresh of the other",
                },
                "frames": {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 1}},
                "time": {"type": "string", "description": "Of its first message, RFC 3339, UTC"},
                "fields": {"type": "object", "additionalProperties": _VALUE},
            }
        ),
    ],
    "description": "The exchange in this capture; null where it isn't there",
}
_DIFFERENCE: Final[Json] = {
    "difference": {"enum": [str(verdict) for verdict in Verdict], "description": "What became of A's exchange in B"},
    "exchange": {"type": "string", "description": "registration, refresh, move, deregistration, home_test ..."},
    "home_address": {"type": "string", "description": "The mobile node's; its address where none is known"},
    "peer": {"type": ["string", "null"], "description": "null for home agent discovery"},
    "a": _SIDE,
    "b": _SIDE,
    "changes": {"type": "array", "items": _object({"field": {"type": "string"}, "a": _VALUE, "b": _VALUE})},
}
_SCHEMA: Final[Json] = {"schema": {"const": SCHEMA_ID}}

DIFF: Final[Json] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "What mhatool diff prints: records with --jsonl, a document with --json",
    "oneOf": [
        _object({**_SCHEMA, **_DIFFERENCE}),
        _object(
            {
                **_SCHEMA,
                "a": {"type": "string", "description": "The captures as they were named; - for standard input"},
                "b": {"type": "string"},
                "exchanges": _object({"a": _COUNT, "b": _COUNT}),
                "differences": {"type": "array", "items": _object(_DIFFERENCE)},
                "summary": _object({str(verdict): _COUNT for verdict in Verdict}),
            }
        ),
    ],
}

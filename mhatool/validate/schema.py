"""The JSON Schema of findings (`mhatool schema finding`)."""

from __future__ import annotations

from typing import Any

from mhatool.validate.finding import SCHEMA, Severity

FINDING: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA,
    "title": "A breach of one rule",
    "type": "object",
    "additionalProperties": False,
    "required": [
        "schema",
        "rule",
        "severity",
        "level",
        "frames",
        "files",
        "time",
        "first_time",
        "home_address",
        "node",
        "expected",
        "seen",
        "reference",
        "inconclusive",
        "offset",
    ],
    "properties": {
        "schema": {"const": SCHEMA},
        "rule": {"type": "string", "description": "Its id: `mhatool rule ID` explains it"},
        "severity": {"enum": [str(severity) for severity in Severity]},
        "level": {"type": "string", "description": "The standard's word: MUST, SHOULD ..."},
        "frames": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "integer", "minimum": 1},
            "description": "The frame at fault last, those that it depends on before it",
        },
        "files": {"type": "array", "items": {"type": "string"}, "description": "The file of each entry of frames"},
        "time": {"type": "string", "description": "Of the frame at fault, RFC 3339 with nine digits, UTC"},
        "first_time": {"type": "string", "description": "Of the first entry of frames; it stays while a capture grows"},
        "home_address": {"type": ["string", "null"]},
        "node": {"type": "string", "description": "The address of the sender at fault; the home address if it has one"},
        "expected": {"type": "string"},
        "seen": {"type": "string"},
        "reference": {"type": "string", "description": "Document and section"},
        "inconclusive": {"type": "boolean", "description": "The capture doesn't show enough to be sure"},
        "offset": {"type": ["integer", "null"], "minimum": 0, "description": "Octet of the frame at which it shows"},
    },
}

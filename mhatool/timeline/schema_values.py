"""The pieces that the schema of timelines is made of."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def record(**properties: Schema) -> Schema:
    """An object with just these keys."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def list_of(items: Schema) -> Schema:
    """An array of these."""
    return {"type": "array", "items": items}


ADDRESS: Schema = {"type": "string", "description": "An IPv6 address"}
TIME: Schema = {"type": "string", "description": "RFC 3339 with nine digits, UTC"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
DURATION: Schema = {"type": "number", "minimum": 0, "description": "Seconds"}
LATENCY: Schema = {"type": "number", "description": "Seconds; under 0 only where a capture's times are out of order"}
LIFETIME: Schema = {"type": "integer", "minimum": 0, "description": "Seconds"}
YES_OR_NO: Schema = {"type": "boolean"}
FLAGS: Schema = list_of({"type": "string"})
FRAMES: dict[str, Schema] = {
    "frames": list_of({"type": "integer", "minimum": 1}),
    "files": {**list_of({"type": "string"}), "description": "The file of each entry of frames"},
}
_FRAME: Schema = {"type": "integer", "minimum": 1}
_FILE: Schema = {"type": "string"}
HERE: dict[str, Schema] = {"time": TIME, "frame": _FRAME, "file": _FILE}
"""Where something was first seen."""
PERHAPS: Schema = record(time=maybe(TIME), frame=maybe(_FRAME), file=maybe(_FILE))
"""The same, all null where nothing was."""

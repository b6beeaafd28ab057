"""The JSON Schema of a trace's lines, from the classes of events."""

from __future__ import annotations

from typing import Any

import msgspec

from mhatool.engine.events import Event
from mhatool.trace.catalogue import event_classes
from mhatool.trace.header import SCHEMA_NAME, Header
from mhatool.trace.shape import BESIDE, ENVELOPE

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}


def _event_schema(name: str, cls: type[Event]) -> dict[str, Any]:
    whole = _own(cls)
    properties = {key: value for key, value in whole["properties"].items() if key != "name"}
    beside = {key: properties.pop(key) for key in BESIDE if key in properties}
    for key in ENVELOPE:
        del properties[key]
    needed = [key for key in whole.get("required", []) if key in properties]
    return {
        "title": cls.__name__,
        "description": (cls.__doc__ or "").strip().partition("\n")[0],
        "type": "object",
        "required": ["time_ns", "name", "node", "data", *(key for key in beside if key in whole["required"])],
        "additionalProperties": False,
        "properties": {
            "time_ns": {"type": "integer"},
            "name": {"const": name},
            "node": _TEXT,
            "data": {"type": "object", "required": needed, "additionalProperties": False, "properties": properties},
            **beside,
        },
    }


def _own(cls: type[Any]) -> dict[str, Any]:
    """Msgspec's schema of a class alone, with octets as the text that a trace has."""
    _, components = msgspec.json.schema_components([cls])
    found: dict[str, Any] = _as_text(_resolved(components[cls.__name__], components))
    return found


def _resolved(value: Any, components: dict[str, Any]) -> Any:
    """With the schemas of other classes in the places where they are referred to."""
    if isinstance(value, dict):
        if "$ref" in value:
            return _resolved(components[value["$ref"].rpartition("/")[2]], components)
        return {key: _resolved(item, components) for key, item in value.items()}
    return [_resolved(item, components) for item in value] if isinstance(value, list) else value


def _as_text(value: Any) -> Any:
    """Octets are no base64 in a trace, but addresses or hexadecimal."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items() if key != "contentEncoding"}
    return [_as_text(item) for item in value] if isinstance(value, list) else value


def _schema() -> dict[str, Any]:
    header = _own(Header)
    header["properties"]["schema"] = {"const": SCHEMA_NAME}
    events = [_event_schema(name, cls) for name, cls in event_classes().items()]
    return {
        "$schema": _DRAFT,
        "$id": SCHEMA_NAME,
        "title": "A line of a trace: the header first, then events",
        "oneOf": [header, *events],
    }


SCHEMA = _schema()

__all__ = ["SCHEMA"]

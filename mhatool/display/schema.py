"""The JSON Schema of dissect records (`mhatool.dissect/1`), derived from the declarations."""

from __future__ import annotations

from typing import Any, Final

from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.families import declarations
from dissectors.spec.kind import Kind
from mhatool.display.filter.names import EXTRA, OPTION_FAMILIES, layers_by_name
from mhatool.display.labels import FLAG_NAMES, label
from mhatool.display.record import SCHEMA_NAME

Json = dict[str, Any]

_HEX: Json = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
_ADDRESS: Json = {"type": "string", "format": "ipv6"}
_WHOLE: Json = {"type": "integer", "minimum": 0}
_PROBLEM: Json = {
    "type": "object",
    "properties": {
        "problem": {"type": "string", "description": "a stable word"},
        "offset": _WHOLE,
        "message": {"type": "string"},
    },
    "required": ["problem", "offset", "message"],
    "additionalProperties": False,
}


def _field(spec: FieldSpec, symbol: str) -> Json:
    """The schema of one field's value."""
    kind = spec.kind
    match kind:
        case kinds.Address():
            return _ADDRESS
        case kinds.AddressList():
            return {"type": "array", "items": _ADDRESS}
        case kinds.OptionalAddress():
            return {"anyOf": [_ADDRESS, {"type": "string", "format": "ipv4"}, {"type": "null"}]}
        case kinds.FlagBits():
            names = FLAG_NAMES.get(symbol, {})
            said = ", ".join(f"{letter}: {name}" for letter, name in names.items())
            return {"type": "array", "items": {"type": "string"}, "uniqueItems": True} | _described(said)
        case kinds.OptionList():
            return {"type": "array", "items": {"$ref": f"#/$defs/{kind.family}"}}
        case kinds.Records():
            entry: Declaration = kind.entry.__declaration__
            return {"type": "array", "items": _object(_fields(entry))}
    return _plain_field(kind)


def _plain_field(kind: Kind) -> Json:
    """Numbers and octets."""
    match kind:
        case kinds.LinkLayerAddress():
            return {"type": "string", "pattern": "^([0-9a-f]{2}(:[0-9a-f]{2})*)?$"}
        case kinds.UInt():
            return {"type": "integer", "minimum": 0, "maximum": ((1 << kind.bits) - 1) * kind.unit}
    return _HEX


def _described(text: str) -> Json:
    return {"description": text} if text else {}


def _fields(declaration: Declaration) -> Json:
    """The properties that the declared fields give."""
    found: Json = {}
    for spec in declaration.fields:
        if isinstance(spec.kind, kinds.QuotedPacket):
            continue
        found[spec.name] = {"title": label(spec.name)} | _described(spec.doc) | _field(spec, declaration.symbol)
        if isinstance(spec.kind, kinds.UInt) and spec.kind.names is not None:
            found[f"{spec.name}_name"] = {"type": "string"}
    return found


def _object(properties: Json, required: tuple[str, ...] = (), **facts: Any) -> Json:
    return {
        "type": "object",
        **facts,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _layer(symbol: str, members: list[Declaration]) -> Json:
    """One layer type. A layer that is cut short lacks fields, so only type and offset are sure to be there."""
    properties: Json = {
        "type": {"const": symbol},
        "offset": {
            "type": "integer",
            "minimum": 0,
            "description": "octets before it, in the frame or reassembled packet",
        },
        "quoted": {"const": True, "description": "in the packet that an ICMPv6 error quotes"},
        "reassembled": {"const": True, "description": "put together from fragments"},
    }
    for declaration in members:
        properties |= _fields(declaration)
    properties |= {name: dict(type_.json_type) for name, type_ in EXTRA.get(symbol, {}).items()}
    if symbol == "fragment":
        properties |= {
            "frames": {"type": "array", "items": _WHOLE},
            "first_next_header": _WHOLE,
            "reassembled_octets": _HEX | {"description": "what the fragments hold together, with -x"},
        }
    properties |= {
        "trailer": _HEX | {"description": "octets of the frame after the packet"},
        "checksum_status": {"enum": ["good", "bad", "unverified"]},
        "problems": {"type": "array", "items": _PROBLEM},
        "octets": _HEX | {"description": "the layer, where it has problems"},
    }
    if symbol == "payload":
        properties["data"] = _HEX
    numbers = sorted({number for declaration in members for number in declaration.numbers})
    facts = {"title": members[0].title}
    if members[0].rfc:
        facts["description"] = members[0].rfc + (f"; number {', '.join(map(str, numbers))}" if numbers else "")
    return _object(properties, ("type", "offset"), **facts)


def _option(declaration: Declaration) -> Json:
    properties = {
        "type": {"type": "integer", "minimum": 0, "maximum": 255},
        "name": {"type": "string"},
        "problem": {"type": "string"},
        "octets": _HEX,
        **{name: value for name, value in _fields(declaration).items() if name != "type"},
    }
    return _object(properties, ("type", "name"), title=declaration.title, **_described(declaration.rfc))


def schema() -> Json:
    """The schema: a record, or a document with a list of them."""
    layers = layers_by_name()
    packet: Json = {
        "file": {"type": "string", "description": "as it was named; - for standard input"},
        "frame": {"type": "integer", "minimum": 1},
        "time": {"type": "string", "description": "RFC 3339, UTC, nanoseconds"},
        "link_type": {"type": "integer", "minimum": 0, "description": "LINKTYPE number"},
        "src": {"anyOf": [_ADDRESS, {"type": "null"}], "description": "of the outermost IPv6 header"},
        "dst": {"anyOf": [_ADDRESS, {"type": "null"}], "description": "of the outermost IPv6 header"},
        "layers": {"type": "array", "items": {"$ref": "#/$defs/layer"}, "description": "outermost first"},
        "original_length": {"type": "integer", "description": "octets on the wire, where the capture cut the frame"},
        "comment": {"type": "string"},
        "octets": _HEX | {"description": "the frame, with -x"},
    }
    required = ("file", "frame", "time", "link_type", "src", "dst", "layers")
    name = {"schema": {"const": SCHEMA_NAME}}
    document = {**name, "packets": {"type": "array", "items": {"$ref": "#/$defs/packet"}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_NAME,
        "title": "What mhatool dissect prints: records with --jsonl, a document with --json",
        "oneOf": [{"$ref": "#/$defs/record"}, {"$ref": "#/$defs/document"}],
        "$defs": {
            "record": _object({**name, **packet}, ("schema", *required)),
            "document": _object(document, ("schema", "packets")),
            "packet": _object(packet, required),
            "layer": {
                "type": "object",
                "properties": {"type": {"enum": list(layers)}},
                "required": ["type"],
                "allOf": [
                    {"if": {"properties": {"type": {"const": symbol}}}, "then": {"$ref": f"#/$defs/layers/{symbol}"}}
                    for symbol in layers
                ],
            },
            "layers": {symbol: _layer(symbol, members) for symbol, members in layers.items()},
            **{family: {"anyOf": [_option(d) for d in declarations(family)]} for family in OPTION_FAMILIES},
        },
    }


SCHEMA: Final[Json] = schema()

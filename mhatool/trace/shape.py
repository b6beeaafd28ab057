"""Between event values and JSON: octets become text and back, as the fields' types say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from mhatool.engine.events import Event
from mhatool.protocol import octets
from mhatool.trace.catalogue import name_of

ENVELOPE = ("time_ns", "node")
"""Fields that stand beside `data`; so do these two, where an event has them."""
BESIDE = ("reason", "frame")

#: Turns a value that came from JSON into what the field holds.
Reader = Callable[[Any], Any]


def record(event: Event) -> dict[str, Any]:
    """The event as a line holds it."""
    fields: dict[str, Any] = msgspec.to_builtins(event, builtin_types=(bytes,))
    del fields["name"]
    result: dict[str, Any] = {
        "time_ns": fields.pop("time_ns"),
        "name": name_of(type(event)),
        "node": fields.pop("node"),
    }
    beside = {name: _written(fields.pop(name), name) for name in BESIDE if name in fields}
    result["data"] = {name: _written(value, name) for name, value in fields.items()}
    return result | beside


def _written(value: Any, name: str) -> Any:
    if isinstance(value, bytes):
        return value.hex() if name == "frame" else octets.text(value)
    if isinstance(value, tuple | list):
        return [_written(item, name) for item in value]
    if isinstance(value, dict):
        return {_written(key, name): _written(item, name) for key, item in value.items()}
    return value


def event(line: dict[str, Any], cls: type[Event]) -> Event:
    """The event that a line holds. ValueError (msgspec's among it) where it isn't one of this class."""
    data = line["data"]
    fields = {name: line[name] for name in (*ENVELOPE, *BESIDE) if name in line}
    if not isinstance(data, dict) or data.keys() & fields.keys():
        raise ValueError("`data` has to be an object without the fields beside it")
    readers = _readers(cls)
    merged = {name: readers[name](value) if name in readers else value for name, value in (data | fields).items()}
    return msgspec.convert(merged | {"name": line["name"]}, cls, builtin_types=(bytes,), strict=True)


@cache
def _readers(cls: type[Event]) -> dict[str, Reader]:
    """How the fields that hold octets are read."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    found = {field.name: _reader(field.type, field.name) for field in info.fields}
    return {name: reader for name, reader in found.items() if reader is not None}


def _reader(kind: inspect.Type, name: str) -> Reader | None:
    """The reader of a type; None where the value is as it stands."""
    if isinstance(kind, inspect.BytesType):
        return bytes.fromhex if name == "frame" else octets.parse
    if isinstance(kind, inspect.UnionType):
        inner = next((found for item in kind.types if (found := _reader(item, name)) is not None), None)
        return None if inner is None else _optional(inner)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        each = _reader(kind.item_type, name)
        return None if each is None else _each(each)
    if isinstance(kind, inspect.TupleType):
        readers = [_reader(item, name) for item in kind.item_types]
        return _positions(readers) if any(readers) else None
    return None


def _optional(inner: Reader) -> Reader:
    return lambda value: inner(value) if value is not None else None


def _each(inner: Reader) -> Reader:
    return lambda value: [inner(item) for item in value]


def _positions(readers: list[Reader | None]) -> Reader:
    def read(value: Any) -> list[Any]:
        pairs = zip(value, readers, strict=True)
        return [reader(item) if reader is not None else item for item, reader in pairs]

    return read


__all__ = ["BESIDE", "ENVELOPE", "event", "record"]

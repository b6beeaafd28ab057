"""Read a trace back: the same values as were written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from mhatool.engine.events import Event
from mhatool.trace.catalogue import event_classes
from mhatool.trace.header import SCHEMA_NAME, Header
from mhatool.trace.shape import event

_FIELDS = {"time_ns", "name", "node", "data", "reason", "frame"}
_BEGINNING = f'{{"schema":"{SCHEMA_NAME.rpartition("/")[0]}/'.encode()


class TraceError(ValueError):
    """A file that is no trace, or a line of it that is no event; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A header, and events in the order in which they happened."""

    header: Header
    events: list[Event]


def is_trace(beginning: bytes) -> bool:
    """Whether a file that begins so is a trace of some version: at least 20 octets are needed."""
    return beginning.startswith(_BEGINNING)


def read(path: str | os.PathLike[str]) -> Trace:
    """The whole trace in a file. TraceError where it is none; OSError where it can't be read."""
    with open(path, "rb") as stream:
        return parse(stream, os.fspath(path))


def parse(lines: Iterable[bytes], name: str = "trace") -> Trace:
    """The whole trace in these lines; `name` is for errors."""
    numbered = iter(enumerate(lines, 1))
    header = _header(next(numbered, (1, b""))[1], name)
    return Trace(header, list(_events(numbered, name)))


def _header(line: bytes, name: str) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
    except msgspec.DecodeError as error:
        raise TraceError(f"{name}:1: no header of a trace: {error}; give what --trace wrote") from None
    if header.schema != SCHEMA_NAME:
        raise TraceError(f"{name}:1: schema {header.schema!r}; this reads {SCHEMA_NAME}")
    return header


def _events(numbered: Iterator[tuple[int, bytes]], name: str) -> Iterator[Event]:
    classes = event_classes()
    decoder = msgspec.json.Decoder()
    for number, line in numbered:
        try:
            yield _event(decoder.decode(line), classes)
        except (ValueError, TypeError, KeyError) as error:
            raise TraceError(f"{name}:{number}: no event: {error}") from None


def _event(line: Any, classes: Any) -> Event:
    if not isinstance(line, dict) or not {"time_ns", "name", "node", "data"} <= line.keys() <= _FIELDS:
        raise ValueError("time_ns, name, node and data are needed, reason and frame may be there")
    cls = classes.get(line["name"])
    if cls is None:
        raise ValueError(f"there is no event {line['name']!r}")
    return event(line, cls)


__all__ = ["Trace", "TraceError", "is_trace", "parse", "read"]

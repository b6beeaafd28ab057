"""Read a trace back: the same values as were written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from mhatool.engine.events import Event
from mhatool.trace.catalogue import event_classes
from mhatool.trace.header import SCHEMA_NAME, Header
from mhatool.trace.shape import event

_FIELDS = {"time_ns", "name", "node", "data", "reason", "frame"}
_BEGINNING = f'{{"schema":"{SCHEMA_NAME.rpartition("/")[0]}/'.encode()


class TraceError(ValueError):
    """A file that is no trace, or a line of it that is JSON and no event; the text names file and line."""


class Trace(Struct, frozen=True):
    """A header, and events in the order in which they happened.

    The header's `end_ns` is the last event's time, by the vantage point's clock, where the trace breaks off, or was
    begun when its end wasn't known. `warnings`: at which octet it breaks off.
    """

    header: Header
    events: list[Event]
    warnings: tuple[str, ...] = ()


def is_trace(beginning: bytes) -> bool:
    """Whether a file that begins so is a trace of some version: at least 20 octets are needed."""
    return beginning.startswith(_BEGINNING)


def read(path: str | os.PathLike[str]) -> Trace:
    """The whole trace in a file. TraceError where it is none; OSError where it can't be read."""
    with open(path, "rb") as stream:
        return parse(stream, os.fspath(path))


def parse(lines: Iterable[bytes], name: str = "trace") -> Trace:
    """The whole trace in these lines, up to one that isn't JSON: there it breaks off. `name` is for errors."""
    numbered = enumerate(lines, 1)
    first = next(numbered, (1, b""))[1]
    header, offset = _header(first, name), len(first)
    events: list[Event] = []
    warnings: list[str] = []
    classes, decoder = event_classes(), msgspec.json.Decoder()
    for number, line in numbered:
        try:
            said = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            warnings.append(f"trace breaks off (line {number}, at octet {offset})")
            break
        except RecursionError:
            raise TraceError(f"{name}:{number}: no event: brackets too deep in one another") from None
        try:
            events.append(_event(said, classes))
        except (ValueError, TypeError, KeyError) as error:
            raise TraceError(f"{name}:{number}: no event: {error}") from None
        offset += len(line)
    if warnings or not header.end_ns:
        header = msgspec.structs.replace(header, end_ns=_last_ns(header, events))
    return Trace(header, events, tuple(warnings))


def _last_ns(header: Header, events: Iterable[Event]) -> int:
    ahead_ns = header.clock_offsets_ns
    return max((event.time_ns - ahead_ns.get(event.node, 0) for event in events), default=header.start_ns)


def _header(line: bytes, name: str) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TraceError(f"{name}:1: no header of a trace: {error}; give what --trace wrote") from None
    if header.schema != SCHEMA_NAME:
        raise TraceError(f"{name}:1: schema {header.schema!r}; this reads {SCHEMA_NAME}")
    return header


def _event(line: Any, classes: Any) -> Event:
    if not isinstance(line, dict) or not {"time_ns", "name", "node", "data"} <= line.keys() <= _FIELDS:
        raise ValueError("time_ns, name, node and data are needed, reason and frame may be there")
    cls = classes.get(line["name"])
    if cls is None:
        raise ValueError(f"there is no event {line['name']!r}")
    return event(line, cls)


__all__ = ["Trace", "TraceError", "is_trace", "parse", "read"]

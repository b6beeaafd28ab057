"""Our decoding beside tshark's, frame by frame and field by field."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from dissectors.profile import RFC6275, Profile
from dissectors.walk import Dissector
from mhatool.capture import CaptureReader, open_capture
from mhatool.capture.source import place_of
from mhatool.display.frame import Frame
from mhatool.wireshark.columns import Column, columns
from mhatool.wireshark.faults import Fault, fault_of
from mhatool.wireshark.generate import plugin
from mhatool.wireshark.second_opinion import (
    Opinion,
    Value,
    known_fields,
    opinions,
    script_file,
)
from mhatool.wireshark.tshark import WiresharkError, version

SCHEMA_ID = "mhatool.crosscheck/1"


class Difference(Struct, frozen=True):
    """A field of one frame whose values aren't the same. `octets`: those that tshark took them from, in hexadecimal."""

    file: str
    frame: int
    field: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    octets: tuple[str, ...]
    fault: Fault | None = None
    """Which known fault of tshark's it is."""

    def json(self) -> dict[str, Any]:
        """As `mhatool.crosscheck/1`."""
        return {
            "schema": SCHEMA_ID,
            "file": self.file,
            "frame": self.frame,
            "field": self.field,
            "ours": list(self.ours),
            "tshark": list(self.theirs),
            "octets": list(self.octets),
            "known_fault": self.fault.id if self.fault else None,
        }


class Crosscheck(Struct):
    """A comparison in the making: iterate over it; then the counts are there."""

    capture: Path
    profile: Profile = RFC6275
    frames: int = 0
    compared: int = 0
    """Fields that either had a value for."""
    known: dict[str, int] = field(default_factory=dict)
    """Differences by the known fault that they are."""
    differences: int = 0
    """Those that no known fault explains."""
    tshark: str = ""
    warnings: list[str] = field(default_factory=list)
    """Where the capture breaks off, or is damaged."""

    def __iter__(self) -> Iterator[Difference]:
        with open_capture(self.capture) as reader:
            self.tshark = version()
            text = plugin(self.profile)
            with script_file(text) as script:
                yield from self._beside(script, columns(self.profile, known_fields(text)), reader)
            self.warnings += map(str, reader.warnings)

    def _beside(self, script: Path, compared: list[Column], reader: CaptureReader) -> Iterator[Difference]:
        wanted = frozenset(column.name for column in compared)
        with contextlib.closing(opinions(Path(place_of(str(self.capture))), script, wanted)) as theirs:
            for frame in self._ours(reader):
                yield from self._compare(frame, self._next(theirs, frame.record.frame), compared)
            if next(theirs, None) is not None:
                raise WiresharkError(f"{self.capture}: tshark reads more than {self.frames} frames; see what it says")

    def _next(self, theirs: Iterator[Opinion], number: int) -> Opinion:
        """What tshark says of that frame."""
        opinion = next(theirs, None)
        if opinion is None:
            raise WiresharkError(f"{self.capture}: tshark ends before frame {number}; see what tshark -r says")
        if opinion.frame != number:
            raise WiresharkError(f"{self.capture}: tshark is at frame {opinion.frame}, we at {number}")
        return opinion

    def _ours(self, reader: CaptureReader) -> Iterator[Frame]:
        dissector = Dissector(self.profile)
        for record in reader:
            packet = dissector.dissect(
                record.captured, record.link_type, original_length=record.original_length, frame=record.frame
            )
            yield Frame(str(self.capture), record, packet)

    def _compare(self, frame: Frame, opinion: Opinion, compared: list[Column]) -> Iterator[Difference]:
        self.frames += 1
        for column in compared:
            shown = opinion.fields.get(column.name, [])
            ours, theirs = column.shown(frame), column.sorted(value.text for value in shown)
            if ours or theirs:
                self.compared += 1
            if ours != theirs:
                yield self._difference(frame, column.name, ours, theirs, shown)

    def _difference(
        self, frame: Frame, name: str, ours: tuple[str, ...], theirs: tuple[str, ...], shown: list[Value]
    ) -> Difference:
        fault = fault_of(self.tshark, self.profile, frame, name, ours, theirs)
        if fault is None:
            self.differences += 1
        else:
            self.known[fault.id] = self.known.get(fault.id, 0) + 1
        octets = tuple(value.octets for value in shown) or _message_octets(frame)
        return Difference(str(self.capture), frame.record.frame, name, ours, theirs, octets, fault)


def _message_octets(frame: Frame) -> tuple[str, ...]:
    """Where tshark shows nothing: the last message as a whole."""
    datagrams = frame.packet.datagrams
    upper = datagrams[-1].upper if datagrams else None
    return (bytes(upper.bytes).hex(),) if upper is not None else ()


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "A field that tshark decodes in another way",
    "type": "object",
    "required": ["schema", "file", "frame", "field", "ours", "tshark", "octets", "known_fault"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": SCHEMA_ID},
        "file": {"type": "string"},
        "frame": {"type": "integer", "minimum": 1},
        "field": {"type": "string", "description": "Wireshark's name, or the plugin's (mha.)"},
        "ours": {"type": "array", "items": {"type": "string"}, "description": "Our values in the frame, sorted"},
        "tshark": {"type": "array", "items": {"type": "string"}, "description": "tshark's, sorted"},
        "octets": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What tshark took its values from, in hexadecimal; where it has none, the whole message",
        },
        "known_fault": {
            "type": ["string", "null"],
            "description": "Which known fault of tshark's, or limit of ours, it is",
        },
    },
}

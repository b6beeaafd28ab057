"""`mhatool info`: what is in a capture, in a few lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mhatool.cli.common import (
    FilesArgument,
    JsonlOption,
    JsonOption,
    Out,
    ProfileOption,
    chosen_profile,
    form_of,
    input_name,
    list_schema,
    warn,
)
from mhatool.cli.reading import frames, once

if TYPE_CHECKING:
    from dissectors.packet import Datagram, Packet
    from dissectors.profile import Profile
    from mhatool.capture import CaptureReader, Record

SCHEMA_ID: Final = "mhatool.info/1"
_COUNTS: Final[dict[str, Any]] = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
_TIME: Final[dict[str, Any]] = {"type": ["string", "null"], "description": "RFC 3339, UTC"}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "What is in a capture",
    "type": "object",
    "required": [
        *("schema", "file", "format", "compression", "link_types", "packets", "signalling_packets", "start", "end"),
        *("duration_s", "signalling", "nodes", "bindings", "sha256"),
    ],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": SCHEMA_ID},
        "file": {"type": "string"},
        "format": {"enum": ["pcap", "pcapng"]},
        "compression": {"enum": ["gzip", "zstd", None]},
        "link_types": _COUNTS | {"description": "Packets by link type"},
        "packets": {"type": "integer", "minimum": 0},
        "signalling_packets": {"type": "integer", "minimum": 0},
        "start": _TIME,
        "end": _TIME,
        "duration_s": {"type": ["number", "null"], "minimum": 0},
        "signalling": _COUNTS | {"description": "Messages by type"},
        "nodes": {
            "type": "object",
            "description": "Roles by address",
            "additionalProperties": {"type": "array", "items": {"enum": ["mn", "ha", "cn"]}},
        },
        "bindings": {"type": ["integer", "null"], "description": "Spans during which a home agent held a binding"},
        "sha256": {"type": ["string", "null"], "description": "Of the file as it is, with --hash"},
    },
}

LIST_SCHEMA: Final = list_schema("mhatool.infos/1", "What is in several captures", "captures", SCHEMA)


def info(
    files: FilesArgument,
    json: JsonOption = False,
    jsonl: JsonlOption = False,
    hash_: Annotated[bool, typer.Option("--hash", help="Add the file's SHA-256.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Say what is in each capture: packets, signalling by type, nodes and their roles, bindings, time span.

    Examples:
      mhatool info tour.pcap
      mhatool info captures/*.pcapng --jsonl | jq -r '[.file, .packets] | @tsv'
      mhatool info tour.pcap --hash
    """
    form = form_of(json, jsonl)
    once(files)
    out = Out(form)
    chosen = chosen_profile(profile)
    if form == "json":
        out.begin("mhatool.infos/1", "captures")
    for number, file in enumerate(files):
        facts = _facts(file, chosen, hash_)
        if form == "json":
            out.entry(facts)
        elif form == "jsonl":
            out.record(facts)
        else:
            out.line(("\n" if number else "") + _text(facts))
    if form == "json":
        out.end()


@dataclass
class _Tally:
    """What is counted while a capture is read."""

    reader: CaptureReader | None = None
    first_ns: int | None = None
    last_ns: int = 0
    signalling_packets: int = 0
    link_types: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    nodes: dict[bytes, set[str]] = field(default_factory=dict)

    def see(self, reader: CaptureReader, record: Record, packet: Packet) -> None:
        """One more packet."""
        from mhatool.capture import linktype

        self.reader = reader
        self.first_ns = record.time_ns if self.first_ns is None else min(self.first_ns, record.time_ns)
        self.last_ns = max(self.last_ns, record.time_ns)
        self.link_types[linktype.name(record.link_type)] += 1
        self.signalling_packets += packet.is_signalling
        for datagram in packet.datagrams:
            if datagram.is_signalling and datagram.upper is not None:
                self.messages[datagram.upper.type] += 1
                self._roles(datagram, datagram.upper.type)

    def _roles(self, datagram: Datagram, message: str) -> None:
        """Who plays what, as far as Binding Updates and home agent discovery tell."""
        if message == "binding_update" and datagram.upper is not None:
            home = "H" in tuple(datagram.upper.get("flags") or ())
            self.nodes.setdefault(datagram.true_source, set()).add("mn")
            self.nodes.setdefault(datagram.true_destination, set()).add("ha" if home else "cn")
        elif message == "dhaad_reply":
            self.nodes.setdefault(datagram.source, set()).add("ha")


def _facts(file: str, profile: Profile, wants_hash: bool) -> dict[str, Any]:
    """A capture's facts as `mhatool.info/1`."""
    from dissectors.ipv6 import address
    from dissectors.walk import Dissector
    from mhatool.capture import open_capture
    from mhatool.exchange import Frame, Sighting
    from mhatool.observe import Observer
    from mhatool.protocol.instant import rfc3339

    tally, observer, dissector = _Tally(), Observer(), Dissector(profile)
    for reader, record in frames([file], link_types=None):
        length = record.original_length
        packet = dissector.dissect(record.captured, record.link_type, original_length=length, frame=record.frame)
        tally.see(reader, record, packet)
        observer.see(Sighting(record.time_ns, Frame(file, record.frame), record.interface, packet))
    found = tally.reader
    if found is None:  # a capture without packets still has a format
        if file == "-":
            warn("standard input: it holds no packets")
        else:
            with open_capture(file) as found:
                pass
    first = tally.first_ns
    return {
        "schema": SCHEMA_ID,
        "file": file,
        "format": found.format if found is not None else "pcap",
        "compression": found.compression if found is not None else None,
        "link_types": dict(tally.link_types),
        "packets": tally.link_types.total(),
        "signalling_packets": tally.signalling_packets,
        "start": rfc3339(first) if first is not None else None,
        "end": rfc3339(tally.last_ns) if first is not None else None,
        "duration_s": (tally.last_ns - first) / 1e9 if first is not None else None,
        "signalling": dict(sorted(tally.messages.items())),
        "nodes": {address.text(node): sorted(roles) for node, roles in sorted(tally.nodes.items())},
        "bindings": len(observer.bindings()),
        "sha256": _sha256(file) if wants_hash else None,
    }


def _sha256(file: str) -> str | None:
    if file == "-":
        warn("standard input: no SHA-256 of what is read once")
        return None
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _text(facts: dict[str, Any]) -> str:
    packing = f", {facts['compression']}" if facts["compression"] else ""
    links = ", ".join(facts["link_types"]) or "no packets"
    lines = [f"{input_name(facts['file'])}: {facts['format']}{packing}, {links}"]
    rows = {"packets": f"{facts['packets']}, {facts['signalling_packets']} with mobility signalling"}
    if facts["start"]:
        rows["time"] = f"{facts['start']} to {facts['end']} ({facts['duration_s']:.3f} s)"
    rows["signalling"] = ", ".join(f"{count} {name}" for name, count in facts["signalling"].items()) or "none"
    if facts["nodes"]:
        rows["nodes"] = ", ".join(f"{node} ({' and '.join(roles)})" for node, roles in facts["nodes"].items())
        rows["bindings"] = str(facts["bindings"])
    if facts["sha256"]:
        rows["SHA-256"] = facts["sha256"]
    return "\n".join(lines + [f"  {name:11} {text}" for name, text in rows.items()])

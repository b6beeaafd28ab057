"""`mhatool info`: what is in a capture, in a few lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from msgspec import Struct, field

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
from mhatool.cli.live import LiveInput, live
from mhatool.cli.other_profile import tell_of_another
from mhatool.cli.reading import Bar, ended_by_interrupts, once, opened, read_once, tell_warnings

if TYPE_CHECKING:
    from dissectors.packet import Packet
    from dissectors.profile import Profile
    from mhatool.observe import Observer

SCHEMA_ID: Final = "mhatool.info/1"
NAMED: Final = 20
"""Nodes of one kind that text names; `--json` names all."""
_COUNTS: Final[dict[str, Any]] = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
_NUMBER: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
_TIME: Final[dict[str, Any]] = {"type": ["string", "null"], "description": "RFC 3339, UTC"}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "What is in a capture",
    "type": "object",
    "required": [
        *("schema", "file", "format", "compression", "link_types", "packets", "signalling_packets", "start", "end"),
        *("duration_s", "signalling", "nodes", "routers", "evidence", "bindings", "correspondent_bindings"),
        *("discoveries", "sha256"),
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
        "routers": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Who sent router advertisements: a global address, or without one the link-local source",
        },
        "evidence": {
            "type": "object",
            "description": "By address and role: the message that showed it first, and its frame",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["message", "frame"],
                    "additionalProperties": False,
                    "properties": {"message": {"type": "string"}, "frame": {"type": "integer", "minimum": 1}},
                },
            },
        },
        "bindings": {"type": ["integer", "null"], "description": "Spans during which a home agent held a binding"},
        "correspondent_bindings": _NUMBER | {"description": "The same at correspondents"},
        "discoveries": _NUMBER | {"description": "Searches for home agents (DHAAD)"},
        "sha256": {"type": ["string", "null"], "description": "Of the file as it is, with --hash"},
    },
}

LIST_SCHEMA: Final = list_schema("mhatool.infos/1", "What is in several captures", "captures", SCHEMA)


@live
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
      mhatool info mn.pcap ha.pcap --jsonl | jq -r '[.file, .packets] | @tsv'
      mhatool info tour.pcap --hash
    """
    form = form_of(json, jsonl)
    once(files)
    out = Out(form)
    chosen = chosen_profile(profile)
    all_facts = (_facts(file, chosen, hash_) for file in ended_by_interrupts(files))
    if form == "json":
        entries = list(all_facts)  # a whole document, or none
        out.begin("mhatool.infos/1", "captures")
        for facts in entries:
            out.entry(facts)
        out.end()
        return
    for number, facts in enumerate(all_facts):
        if form == "jsonl":
            out.record(facts)
        else:
            out.line(("\n" if number else "") + _text(facts))


class _Counted(Struct):
    """What is counted while a capture is read."""

    packets: int = 0
    messages: Counter[str] = field(default_factory=Counter)

    def see(self, packet: Packet) -> None:
        """One more packet."""
        found = [datagram.carries for datagram in packet.datagrams if datagram.is_signalling]
        if found:
            self.packets += 1
            self.messages.update(found)


def _facts(file: str, profile: Profile, wants_hash: bool) -> dict[str, Any]:
    """A capture's facts as `mhatool.info/1`."""
    from mhatool.capture import linktype
    from mhatool.capture.wanted import signalling
    from mhatool.protocol.instant import rfc3339

    digest = hashlib.sha256() if wants_hash and read_once(file) and not isinstance(file, LiveInput) else None
    on_piece = digest.update if digest is not None else None
    with Bar([file]) as bar, opened(file, on_piece) as reader, bar.watch(reader):
        records = reader.sift(signalling(profile))
        from dissectors.walk import Dissector  # late: a second process may be reading already
        from mhatool.exchange import Frame, Sighting
        from mhatool.observe import NO_HISTORY, Observer

        counted, observer, dissector = _Counted(), Observer(NO_HISTORY), Dissector(profile)
        for record in records:
            length = record.original_length
            packet = dissector.glance(record.captured, record.link_type, original_length=length, frame=record.frame)
            sighting = Sighting(record.time_ns, Frame(file, record.frame, record.time_ns), record.interface, packet)
            counted.see(packet)
            observer.see(sighting)
        if digest is not None:
            reader.read_the_rest()
    tell_warnings(reader)
    tally = reader.tally
    first, last = tally.first_ns, tally.last_ns
    observer.covers(tally.packets.total(), first, last)
    if not tally.packets and read_once(file):
        warn(f"{input_name(file)}: it holds no packets")
    if not counted.messages:
        tell_of_another([file], profile)
    return {
        "schema": SCHEMA_ID,
        "file": str(file),
        "format": reader.format,
        "compression": reader.compression,
        "link_types": {linktype.name(number): count for number, count in tally.packets.items() if count},
        "packets": tally.packets.total(),
        "signalling_packets": counted.packets,
        "start": rfc3339(first) if first is not None else None,
        "end": rfc3339(last) if last is not None else None,
        "duration_s": (last - first) / 1e9 if first is not None and last is not None else None,
        "signalling": dict(sorted(counted.messages.items())),
        **_observed(observer),
        "sha256": digest.hexdigest() if digest is not None else _sha256(file) if wants_hash else None,
    }


def _observed(observer: Observer) -> dict[str, Any]:
    """What the observer found: nodes, and how many of each kind of thing."""
    from dissectors.ipv6 import address
    from mhatool.observe import Role

    facts = observer.facts
    nodes = {address.text(node): roles for node, roles in sorted(facts.nodes.items())}
    roles_of = {node: sorted(role for role in roles if role is not Role.ROUTER) for node, roles in nodes.items()}
    return {
        "nodes": {node: roles for node, roles in roles_of.items() if roles},
        "routers": [node for node, roles in nodes.items() if Role.ROUTER in roles],
        "evidence": {
            node: {role: {"message": e.message, "frame": e.moment.frame.number} for role, e in sorted(roles.items())}
            for node, roles in nodes.items()
        },
        "bindings": observer.made,
        "correspondent_bindings": facts.correspondent_bindings,
        "discoveries": facts.searches,
    }


def _sha256(file: str) -> str | None:
    if isinstance(file, LiveInput):
        warn(f"{input_name(file)}: no SHA-256 of what is captured live")
        return None
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _nodes(roles_of: dict[str, list[str]]) -> str:
    """Each with its roles; of many that do the same, the first, and how many more there are."""
    told: Counter[str] = Counter()
    named: list[str] = []
    for node, roles in roles_of.items():
        role = " and ".join(roles)
        told[role] += 1
        if told[role] <= NAMED:
            named.append(f"{node} ({role})")
    more = [f"{count - NAMED} more ({role})" for role, count in told.items() if count > NAMED]
    return ", ".join(named + more)


def _text(facts: dict[str, Any]) -> str:
    packing = f", {facts['compression']}" if facts["compression"] else ""
    links = ", ".join(facts["link_types"]) or "no packets"
    lines = [f"{input_name(facts['file'])}: {facts['format']}{packing}, {links}"]
    rows = {"packets": f"{facts['packets']}, {facts['signalling_packets']} with mobility signalling"}
    if facts["start"]:
        rows["time"] = f"{facts['start']} to {facts['end']} ({facts['duration_s']:.3f} s)"
    rows["signalling"] = ", ".join(f"{count} {name}" for name, count in facts["signalling"].items()) or "none"
    if facts["nodes"]:
        rows["nodes"] = _nodes(facts["nodes"])
        rows["bindings"] = f"{facts['bindings']} at home agents, {facts['correspondent_bindings']} at correspondents"
    if facts["routers"]:
        rows["routers"] = ", ".join(facts["routers"])
    rows |= {name: str(facts[name]) for name in ("discoveries",) if facts[name]}
    if facts["sha256"]:
        rows["SHA-256"] = facts["sha256"]
    return "\n".join(lines + [f"  {name:11} {text}" for name, text in rows.items()])

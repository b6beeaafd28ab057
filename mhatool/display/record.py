"""Records (schema `mhatool.dissect/1`): what a script gets of a packet, and what `craft --from-json` makes it from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dissectors.ipv6 import address as addresses
from mhatool.protocol.instant import rfc3339

if TYPE_CHECKING:
    from mhatool.display.frame import Frame

SCHEMA_NAME: Final = "mhatool.dissect/1"


def packet_json(frame: Frame, *, octets: bool = False) -> dict[str, Any]:
    """The record without its schema's name, as it stands in a document's list.

    `octets`: with the frame and the payloads, in hexadecimal. `link_type`, and `original_length` where the capture cut
    the frame, are what a capture needs to hold the same packet again.
    """
    record, packet = frame.record, frame.packet
    first = packet.datagrams[0] if packet.datagrams else None
    result: dict[str, Any] = {
        "file": frame.file,
        "frame": record.frame,
        "time": rfc3339(record.time_ns),
        "link_type": record.link_type,
        "src": addresses.text(first.source) if first else None,
        "dst": addresses.text(first.destination) if first else None,
        "layers": packet.json(octets=octets),
    }
    if record.original_length > len(record.captured):
        result["original_length"] = record.original_length
    if record.comment:
        result["comment"] = record.comment
    if octets:
        result["octets"] = record.captured.hex()
    return result


def record_json(frame: Frame, *, octets: bool = False) -> dict[str, Any]:
    """The record that stands in a line of its own."""
    return {"schema": SCHEMA_NAME, **packet_json(frame, octets=octets)}

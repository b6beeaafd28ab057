"""What a quick pass reads of each packet in one go: the record's header, the kind of frame, the next header of IPv6."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from mhatool.capture.sieve import IPV6_NEXT_HEADER, LinkSieve

_NOWHERE: Final[tuple[int, frozenset[int]]] = (0, frozenset())


class Probe(NamedTuple):
    """How to read these fields, and how to tell by them what is left out."""

    layout: struct.Struct
    """Fields of the record's header, the kind of frame, the next header."""
    boring: list[int]
    """By next header: the kind of frame with which it is left out, -1 for none."""
    others: frozenset[int]
    """Kinds of frame that are left out."""
    ipv6: int
    """The kind of frame that IPv6 is."""
    deeper: list[tuple[int, frozenset[int]]]
    """By next header: where in the record another octet decides, and with which values it is left out."""


def probe(byte_order: str, header: str, sieve: LinkSieve) -> Probe:
    """For records whose header is this, as `struct` writes it, with the frame behind it."""
    place = sieve.place
    gap = place.network_at + IPV6_NEXT_HEADER - place.kind_at - struct.calcsize(place.kind)
    layout = struct.Struct(f"{byte_order}{header}{place.kind_at}x{place.kind}{gap}xB")
    network_at = struct.calcsize(byte_order + header) + place.network_at

    def as_read(kind: int) -> int:
        """An ethertype stands in network order, and is read in that of the file."""
        return int.from_bytes(kind.to_bytes(2), "little") if place.kind == "H" and byte_order == "<" else kind

    boring = [as_read(place.ipv6) if protocol in sieve.plain else -1 for protocol in range(256)]
    deeper = [_NOWHERE] * 256
    for protocol, (offset, values) in sieve.deeper.items():
        deeper[protocol] = (network_at + offset, values)
    return Probe(layout, boring, frozenset(map(as_read, place.others)), as_read(place.ipv6), deeper)

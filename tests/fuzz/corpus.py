"""What the fuzzers start from: every vector, and the signalling of every shipped capture, from the IPv6 header on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dissectors.walk import Dissector
from mhatool.capture import open_capture
from tests.vectors.load import load

CAPTURES = Path(__file__).resolve().parents[2] / "captures" / "umip"


@cache
def corpus() -> tuple[bytes, ...]:
    """Distinct packets; the most frequent kinds of each capture a few times, not thousands of times."""
    found = {vector.octets: None for vector in load()}
    dissector = Dissector()
    for path in sorted(CAPTURES.glob("*-mn.pcap")):
        kinds: dict[str, int] = {}
        with open_capture(str(path)) as reader:
            for record in reader:
                packet = dissector.dissect(record.captured, record.link_type)
                kind = " ".join(layer.type for layer in packet.layers)
                kinds[kind] = kinds.get(kind, 0) + 1
                if kinds[kind] <= 4 and packet.datagrams:
                    found[record.captured[packet.datagrams[0].ipv6.start :]] = None
    return tuple(found)

"""Decoding one Binding Update with two options to a message, against Scapy's own layer and the plain struct walk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.result import Result, in_turn, rate
from dissectors.profile import RFC6275

# A Binding Update of 40 octets: AH, 420 s; Nonce Indices (type 4), PadN to 8n+6, Alternate Care-of Address (type 3).
# The two options that say something, and the padding that their alignment asks for.
BINDING_UPDATE = bytes.fromhex(
    "3b04050012341234c0000069"  # 12 octets
    "040400010002"  # 6: Nonce Indices
    "01020000"  # 4: PadN, to offset 22 = 8n+6
    "031020010db8000000000000000000000001"  # 18: Alternate Care-of Address
)
RUNS = 7


def results(_folder: Path, _scale: float = 1.0) -> Iterator[Result]:
    """Messages a second."""
    from scapy.layers.inet6 import MIP6MH_BU  # a late import: half a second

    parse = RFC6275.codec.parser(type(RFC6275.codec.parse("mobility", BINDING_UPDATE)))
    end = len(BINDING_UPDATE)
    family = RFC6275.codec.parse
    for key, what, work in (
        ("decode", "decode a Binding Update with two options", lambda: parse(BINDING_UPDATE, 0, end)),
        ("decode-any", "the same, with the type looked up", lambda: family("mobility", BINDING_UPDATE)),
    ):
        ours, theirs, ratio = in_turn(
            lambda work=work: rate(work, 100_000),  # type: ignore[misc]
            lambda: rate(lambda: MIP6MH_BU(BINDING_UPDATE), 1_000),
            RUNS,
        )
        yield Result(key, what, "messages/s", ours, "Scapy MIP6MH_BU", theirs, ratio, RUNS)

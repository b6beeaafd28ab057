"""Decoding one Binding Update with two options to a message, against Scapy's own layer and the plain struct walk."""

from __future__ import annotations

from collections.abc import Iterator

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


def results() -> Iterator[Result]:
    """Messages a second."""
    from scapy.layers.inet6 import MIP6MH_BU  # a late import: half a second

    parse = RFC6275.codec.parser(type(RFC6275.codec.parse("mobility", BINDING_UPDATE)))
    end = len(BINDING_UPDATE)
    family = RFC6275.codec.parse
    runs = 7
    ours, theirs, ratio = in_turn(
        lambda: rate(lambda: parse(BINDING_UPDATE, 0, end), 100_000),
        lambda: rate(lambda: MIP6MH_BU(BINDING_UPDATE), 1_000),
        runs,
    )
    what = "decode a Binding Update with two options (messages/s)"
    yield Result(what, f"{ours:,.0f}", "Scapy MIP6MH_BU", f"{theirs:,.0f}", ratio, runs)
    ours, theirs, ratio = in_turn(
        lambda: rate(lambda: family("mobility", BINDING_UPDATE), 100_000),
        lambda: rate(lambda: MIP6MH_BU(BINDING_UPDATE), 1_000),
        runs,
    )
    what = "the same, with the message type looked up"
    yield Result(what, f"{ours:,.0f}", "Scapy MIP6MH_BU", f"{theirs:,.0f}", ratio, runs)

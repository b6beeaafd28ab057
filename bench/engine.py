"""A home agent with many bindings: Binding Updates it answers a second, its memory, and what more bindings cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import process
from bench.process import peak_megabytes, script
from bench.result import Result, rate

BINDINGS, FEW = 100_000, 1_000
LEAST, LEAST_PROVEN = 8_000.0, 4_000.0
"""Answers a second on one core that we promise, without RFC 4285's proofs and with them."""
MOST_MB = 250.0
GROWTH = 1.3
"""So much longer may an update take at a hundred times as many bindings."""
SCAPY_TIMES = 500
CROWD_S = 600
LEAST_DATAGRAMS = 10_000.0
"""That come to a machine in a second of processor time, while the scenario `crowd` happens."""


def results(_folder: Path, scale: float = 1.0) -> Iterator[Result]:
    """Messages a second, more is better; megabytes, less is better."""
    many = round(BINDINGS * scale)
    bindings = f"{many:,} bindings"
    turns = rates(many, FEW)
    plain, proven = [ours for ours, _ in turns], [ours for (ours,) in rates(many, proven=True)]
    scapy = rate(_scapy(), SCAPY_TIMES)
    what = f"answer Binding Updates, {bindings}"
    runs = len(plain)
    yield _row("engine-updates", what, median(plain), "the promise", LEAST, runs, 1.0)
    yield _row("engine-scapy", what, median(plain), "Scapy, building the answers", scapy, runs, None)
    what = f"the same with RFC 4285's proofs, {bindings}"
    yield _row("engine-proven", what, median(proven), "the promise", LEAST_PROVEN, runs, 1.0)
    what = f"an update at {bindings}"
    ratio = median(ours / few for ours, few in turns)
    peer, theirs = f"at {FEW:,} bindings", median(few for _, few in turns)
    yield Result("engine-growth", what, "messages/s", median(plain), peer, theirs, ratio, runs, 1 / GROWTH)
    memory = peak_megabytes(script("agent", str(many)))
    yield Result("engine-memory", f"memory of {bindings}", "MB", memory, "the limit", MOST_MB, MOST_MB / memory, 1, 1.0)
    crowd = json.loads(process.output(script("crowd", str(round(CROWD_S * scale)))))
    what = "datagrams received in the scenario `crowd`, by processor time"
    yield _row("engine-crowd", what, crowd["datagrams"] / crowd["cpu_s"], "the promise", LEAST_DATAGRAMS, 1, 1.0)


def _row(key: str, what: str, ours: float, peer: str, theirs: float, runs: int, required: float | None) -> Result:
    return Result(key, what, "messages/s", ours, peer, theirs, ours / theirs, runs, required)


def rates(*bindings: int, proven: bool = False) -> list[list[float]]:
    """Answers a second of home agents in a process of their own: round by round, an entry for each agent."""
    found: list[list[float]] = json.loads(
        process.output(script("agent", *map(str, bindings), *(["--proven"] if proven else [])))
    )
    return found


def _scapy():  # type: ignore[no-untyped-def]
    """Building the same Binding Acknowledgements with Scapy, to octets."""
    from scapy.layers.inet6 import MIP6MH_BA, IPv6, IPv6ExtHdrRouting  # a late import: half a second

    return lambda: bytes(
        IPv6(src="2001:db8:1::1", dst="2001:db8:2::9")
        / IPv6ExtHdrRouting(type=2, addresses=["2001:db8:1::9"], segleft=1)
        / MIP6MH_BA(status=0, seq=7, mhtime=10_000)
    )


__all__ = ["results"]

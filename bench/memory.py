"""Memory: under a limit for a large capture, and growing with the nodes in it, not with the packets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench import scan, signalling
from bench.process import MHATOOL, peak_megabytes, script
from bench.registrations import MESSAGES_A_ROUND, MESSAGES_AT_FIRST
from bench.result import Result

LIMIT_MB = 60.0
NODES, ROUNDS = 60, 100
"""Rounds enough for all that is kept of a single node's latest messages."""
GROWTH = 1.2
"""So much more memory may ten times as many packets of the same nodes need."""


class _Peaks(NamedTuple):
    once: float
    packets: float
    nodes: float


def results(folder: Path, scale: float = 1.0) -> Iterator[Result]:
    """Megabytes (10^6 octets), less is better."""
    yield from _traffic(folder, scale)
    files = [
        signalling.Scene(folder, round(nodes * scale), rounds).file
        for nodes, rounds in ((NODES, ROUNDS), (NODES, 10 * ROUNDS), (10 * NODES, ROUNDS))
    ]
    for name, command in (
        ("info", [MHATOOL, "info", "--json"]),
        ("validate", [MHATOOL, "validate"]),
        ("objects", script("objects")),
    ):
        peaks = _Peaks(*(peak_megabytes([*command, file]) for file in files))
        yield from _growth(name, round(NODES * scale), peaks)


def _traffic(folder: Path, scale: float) -> Iterator[Result]:
    """The nodes are the same few hundred however many packets there are."""
    peaks = []
    for packets in (round(scan.PACKETS * scale / 10), round(scan.PACKETS * scale)):
        scene = scan.Scene(folder, packets)
        peaks.append(peak_megabytes(scene.info))
        scene.path.unlink()
    few, many = peaks
    what = f"memory of info, {scene.size}"
    yield Result("memory-limit", what, "MB", many, "the limit", LIMIT_MB, LIMIT_MB / many, 1, 1.0)
    yield Result("memory-packets", what, "MB", many, "a tenth of the packets", few, few / many, 1, 1 / GROWTH)


def _growth(command: str, nodes: int, peaks: _Peaks) -> Iterator[Result]:
    """Objects make no promise: the observer keeps the history of each binding, as far as its limits allow."""
    messages = nodes * (MESSAGES_AT_FIRST + ROUNDS * MESSAGES_A_ROUND)
    peer = f"{nodes} nodes, {messages:,} messages"
    for suffix, kind, most, required in (
        ("packets", "10 x the messages of the same nodes", peaks.packets, None if command == "objects" else 1 / GROWTH),
        ("nodes", "10 x the nodes, 10 x the messages", peaks.nodes, None),
    ):
        key, what, ratio = f"memory-{command}-{suffix}", f"memory of {command}, {kind}", peaks.once / most
        yield Result(key, what, "MB", most, peer, peaks.once, ratio, 1, required)

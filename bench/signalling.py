"""Many registrations: to objects with checksums and bindings, and through all rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench import process, rivals
from bench.files import write_pcap
from bench.messages import MOBILITY_TYPES
from bench.registrations import Registered, Registrations
from bench.result import Result, race
from bench.scan import demand

NODES, ROUNDS = 3_000, 12
SCAPY_PARTS = (1_000, 9_000)
"""Messages: Scapy's time for all is reckoned from these, its start counted once."""


class Scene:
    """A capture of registrations on disk, what it holds, and how to see whether a program found that."""

    def __init__(self, folder: Path, nodes: int, rounds: int) -> None:
        registrations = Registrations(nodes, rounds)
        self.path = folder / f"registrations-{nodes}-{rounds}"
        write_pcap(self.path, registrations)
        self.file = str(self.path)
        self.registered: Registered = registrations.registered
        self.total = self.registered.messages.total()
        self.output = folder / "found"
        process.seconds(["cat", self.file])

    @property
    def objects_command(self) -> list[str]:
        return process.script("objects", self.file)

    @property
    def validate_command(self) -> list[str]:
        return [process.MHATOOL, "validate", self.file]

    def objects(self) -> float:
        """Seconds; WrongAnswerError unless every message became a value, with a good checksum, and all bindings."""
        took = process.seconds(self.objects_command, self.output)
        registered = self.registered
        expected = {
            "messages": dict(registered.messages),
            "values": self.total,
            "checksums": {"good": self.total},
            "bindings": registered.bindings,
            "care_of_addresses": registered.care_of_addresses,
        }
        demand("bench.objects", json.loads(self.output.read_bytes()), expected)
        return took

    def validate(self) -> float:
        """Seconds; it fails where it finds an error, and WrongAnswerError unless it has looked at every message.

        It warns that nothing is in ESP.
        """
        took = process.seconds(self.validate_command, self.output)
        mobility = sum(count for name, count in self.registered.messages.items() if name in MOBILITY_TYPES)
        said = re.search(r" in (\d+) mobility messages", self.output.read_text(encoding="utf-8"))
        demand("mhatool validate", int(said[1]) if said is not None else None, mobility)
        return took

    def tshark(self) -> float:
        """Seconds for the columns that an analyst needs; WrongAnswerError unless there is a line for each message."""
        took = process.seconds(rivals.tshark(self.file, rivals.ANALYST_FIELDS), self.output)
        with self.output.open("rb") as lines:
            demand("tshark", sum(1 for _ in lines), self.total)
        return took

    def scapy(self) -> float:
        """Seconds that Scapy would take for all, by two parts of the capture."""
        first, second = (self._scapy_part(count) for count in SCAPY_PARTS)
        a_message = (second - first) / (SCAPY_PARTS[1] - SCAPY_PARTS[0])
        return first + a_message * (self.total - SCAPY_PARTS[0])

    def _scapy_part(self, count: int) -> float:
        path = self.path.with_name(f"first-{count}")
        if not path.exists():
            write_pcap(path, islice(Registrations(NODES, ROUNDS), count))
        took = process.seconds(process.script("scapy_read", str(path)), self.output)
        demand("Scapy", int(self.output.read_bytes()), count)
        return took


def results(folder: Path, scale: float = 1.0) -> Iterator[Result]:
    """Seconds."""
    scene = Scene(folder, round(NODES * scale), ROUNDS)
    messages = f"{scene.total:,} signalling messages"
    for key, what, ours, peer, theirs, required in (
        ("objects-tshark", "to objects", scene.objects, "tshark -T fields", scene.tshark, 2.0),
        ("objects-scapy", "to objects", scene.objects, "Scapy (by a part)", scene.scapy, 20.0),
        ("validate-tshark", "validate", scene.validate, "tshark -T fields", scene.tshark, 1.0),
    ):
        timings = race(ours, theirs)
        long = f"{messages} to objects with checksums and bindings" if what == "to objects" else f"validate {messages}"
        yield Result(key, long, "s", timings.ours, peer, timings.theirs, timings.ratio, timings.runs, required)

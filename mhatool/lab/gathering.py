"""What an experiment leaves: captures, the trace of all nodes, traffic, routes, logs; files in one folder."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dissectors.ipv6.address import parse, text
from mhatool.capture import PcapngWriter, Record, open_capture
from mhatool.lab import commands
from mhatool.lab.experiment import Stream
from mhatool.lab.lab import Lab, LabError
from mhatool.protocol.toml import written
from mhatool.trace import SCHEMA_NAME

ALL: Final = "all.pcapng"
TRACE: Final = "trace.jsonl"
NAMES: Final = "names.toml"
_PCAPNG_HEADER: Final = 28
"""Octets of a section's header: more than that, and interfaces are described."""


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A route of a node that came or went, as its kernel tells."""

    time_ns: int
    node: str
    told: str

    @property
    def prefix(self) -> str:
        """Where it leads."""
        return self.told.removeprefix("Deleted ").split()[0]


class Gathering:
    """The folder of one run. LabError where it can't be made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            (folder / "traffic").mkdir(parents=True, exist_ok=True)
            (folder / "logs").mkdir(exist_ok=True)
        except OSError as error:
            raise LabError(f"{folder}: {(error.strerror or str(error)).lower()}; give another --out") from None
        self._held = -1

    def begin(self) -> None:
        """Remove what an earlier run left. LabError where one that goes on writes there."""
        self._held = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as long as this process lives
        except BlockingIOError:
            raise LabError(f"{self.folder}: another experiment writes there; give another --out") from None
        for left in (self.raw, *self.folder.glob("traffic/*.jsonl")):
            left.unlink(missing_ok=True)

    @property
    def raw(self) -> Path:
        """What dumpcap writes."""
        return self.folder / "raw.pcapng"

    def traffic(self, index: int, node: str) -> Path:
        """What one end of a stream sent and heard."""
        return self.folder / "traffic" / f"{index}-{node}.jsonl"

    def heard_at(self, index: int, stream: Stream) -> list[Path]:
        """The files of the ends that hear something: both, but for TCP only the one that listens."""
        ends = stream.between if stream.transport == "udp" else stream.between[1:]
        return [self.traffic(index, node) for node in ends]

    def capture_has_begun(self) -> bool:
        """Whether dumpcap is there."""
        return self.raw.exists() and self.raw.stat().st_size > _PCAPNG_HEADER

    def keep_logs(self, lab: Lab) -> Path:
        """Copy what the processes of a lab have said, and the traces of its nodes."""
        for log in (*lab.folder.glob("*.log"), *lab.folder.glob("*.jsonl")):
            shutil.copy(log, self.folder / "logs")
        return self.folder / "logs"

    def collect(self, lab: Lab, start_ns: int, end_ns: int) -> None:
        """From a lab that still stands, its measurements over."""
        self.keep_logs(lab)
        self._sort_captures(lab)
        names = names_of(lab)
        (self.folder / NAMES).write_text(written(names), "utf-8")
        header = {
            "schema": SCHEMA_NAME,
            "title": lab.topology.title,
            "vantage_point": "lab",
            "profile": "rfc6275",
            "start_ns": start_ns,
            "end_ns": end_ns,
            "names": names,
        }
        with (self.folder / TRACE).open("w", encoding="utf-8") as out:
            out.write(json.dumps(header, separators=(",", ":")) + "\n")
            out.writelines(line for _, line in sorted(_events(lab), key=lambda timed: timed[0]))  # else as it was told

    def _sort_captures(self, lab: Lab) -> None:
        """The capture of all links in order of time, and one for each link."""
        with open_capture(str(self.raw)) as reader:
            records = sorted(reader, key=lambda record: record.time_ns)
            named = [interface.name or "" for interface in reader.interfaces]
        _write(self.folder / ALL, records, named)
        for link in lab.topology.links:
            passed = (record for record in records if named[record.interface] == commands.bridge(link))
            _write(self.capture_of(link), passed, named)
        self.raw.unlink()

    def capture_of(self, link: str) -> Path:
        """What passed on a link."""
        return self.folder / f"{link}.pcapng"

    def routes(self) -> list[RouteChange]:
        """What became of routes, in order of time."""
        changes = [change for log in (self.folder / "logs").glob("*.routes.log") for change in _route_changes(log)]
        return sorted(changes, key=lambda change: change.time_ns)


def _write(path: Path, records: Iterable[Record], named: list[str]) -> None:
    with path.open("wb") as out:
        writer = PcapngWriter(out, application="mhatool lab run")
        for record in records:
            facts = (record.time_ns, record.link_type, record.captured, record.original_length, record.comment)
            writer.write(*facts, named[record.interface].removeprefix("br-"))


def names_of(lab: Lab) -> dict[str, Any]:
    """What nodes are called, as `timeline --names` reads it: the interface is that on the first link."""
    names = {}
    for name, node in lab.topology.nodes.items():
        addresses = [address.partition("/")[0] for each in node.interfaces.values() for address in each.addresses]
        mobile = (node.live or {}).get("mobile_node")
        if mobile is not None:
            addresses.append(mobile["home_address"])
        if addresses:
            known = [text(parse(address)) for address in addresses]
            names[name] = {"addresses": known, "interface": next(iter(node.interfaces))}
    return names


def _events(lab: Lab) -> Iterator[tuple[int, str]]:
    """The lines of all nodes' traces, each with its time; the last one of a killed node may be half written."""
    for name, node in lab.topology.nodes.items():
        if node.live is None or not lab.trace(name).exists():
            continue
        for line in lab.trace(name).read_text("utf-8").splitlines(keepends=True)[1:]:
            if line.endswith("\n"):
                yield json.loads(line)["time_ns"], line


def _route_changes(log: Path) -> Iterator[RouteChange]:
    for line in log.read_text("utf-8", errors="replace").splitlines():
        time, _, told = line.removeprefix("[").partition("] ")
        if told and line.startswith("["):
            moment = datetime.fromisoformat(f"{time}+00:00")
            seconds, micros = int(moment.timestamp()), moment.microsecond
            yield RouteChange(seconds * 1_000_000_000 + micros * 1_000, log.name.partition(".")[0], told.strip())


__all__ = ["ALL", "NAMES", "TRACE", "Gathering", "RouteChange", "names_of"]

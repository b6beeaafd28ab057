"""Finding the little mobility signalling in a large capture: whole processes, files in the page cache."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench import process, rivals
from bench.background import HOME_AGENT, LINK, Shares
from bench.files import write_pcap, write_pcapng
from bench.result import Result, WrongAnswerError, race
from bench.traffic import Expected, Traffic

PACKETS = 2_000_000


def results(folder: Path, scale: float = 1.0) -> Iterator[Result]:
    """Seconds of `mhatool info FILE --json`, and of the others."""
    packets = round(PACKETS * scale)
    yield from _link(folder, packets)
    yield from _beside_cat(folder, packets, "scan-home-agent", "a home agent's, half of it tunnelled", HOME_AGENT, 7)
    yield from _beside_cat(folder, packets, "scan-pcapng", "as pcapng", LINK, None, write_pcapng)


class Scene:
    """A capture on disk, what it holds, and how to see whether a program found that."""

    def __init__(
        self,
        folder: Path,
        packets: int,
        shares: Shares = LINK,
        write: Callable[[Path, Traffic], None] = write_pcap,
    ) -> None:
        traffic = Traffic(packets, shares=shares)
        self.path = folder / "traffic"
        write(self.path, traffic)
        self.expected: Expected = traffic.expected
        self.output = folder / "found"
        self.file = str(self.path)
        self.size = f"{packets:,} packets, {self.path.stat().st_size / 1e9:.2f} GB"
        self.cat()

    @property
    def info(self) -> list[str]:
        """Our command."""
        return [process.MHATOOL, "info", self.file, "--json"]

    def ours(self) -> float:
        """Seconds; WrongAnswerError unless all was found, and nothing else."""
        took = process.seconds(self.info, self.output)
        facts = json.loads(self.output.read_bytes())["captures"][0]
        found = (facts["packets"], facts["signalling_packets"], facts["signalling"])
        demand("mhatool info", found, (self.expected.packets, self.expected.signalling, dict(self.expected.messages)))
        return took

    def cat(self) -> float:
        """Seconds that reading the file takes at all; the first time it brings the file into the page cache."""
        return process.seconds(["cat", self.file])

    def tshark(self, command: Sequence[str]) -> float:
        """Seconds of a command that ends in tshark; WrongAnswerError unless it found all."""
        took = process.seconds(command, self.output)
        demand(command[0], rivals.tally_of(self.output), rivals.tally_of_names(self.expected.messages))
        return took

    def dpkt(self) -> float:
        """Seconds; it must find all that is in no fragment."""
        took = process.seconds(process.script("dpkt_scan", self.file), self.output)
        found, most = int(self.output.read_bytes()), self.expected.signalling
        demand("dpkt", most - self.expected.in_fragments <= found <= most, True)
        return took


def demand(who: str, found: object, expected: object) -> None:
    """WrongAnswerError where a program found something else than what was put in."""
    if found != expected:
        raise WrongAnswerError(f"{who} found {found}, the capture holds {expected}")


def _link(folder: Path, packets: int) -> Iterator[Result]:
    scene = Scene(folder, packets)
    expert = rivals.tcpdump_and_tshark(scene.file)
    usual = rivals.tshark(scene.file, display_filter=rivals.SIGNALLING)
    for key, peer, theirs, required in (
        ("scan-cat", "cat", scene.cat, 1 / 4),
        ("scan-tcpdump", "tcpdump FILTER | tshark -T fields", partial(scene.tshark, expert), 1 / 1.4),
        ("scan-dpkt", "dpkt (not all in fragments)", scene.dpkt, 10.0),
        ("scan-tshark", "tshark -Y -T fields", partial(scene.tshark, usual), 40.0),
    ):
        timings = race(scene.ours, theirs)
        what = f"info: find all signalling in {scene.size}"
        yield Result(key, what, "s", timings.ours, peer, timings.theirs, timings.ratio, timings.runs, required)


def _beside_cat(
    folder: Path,
    packets: int,
    key: str,
    kind: str,
    shares: Shares,
    times: float | None,
    write: Callable[[Path, Traffic], None] = write_pcap,
) -> Iterator[Result]:
    scene = Scene(folder, packets, shares, write)
    timings = race(scene.ours, scene.cat)
    what, required = f"the same, {kind}: {scene.size}", None if times is None else 1 / times
    yield Result(key, what, "s", timings.ours, "cat", timings.theirs, timings.ratio, timings.runs, required)

"""Starting: how long until a person has the answer for a hundred packets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.process import MHATOOL, seconds
from bench.result import Result, race
from mhatool.capture import PcapngWriter, open_capture

CAPTURE = Path(__file__).resolve().parent.parent / "captures" / "umip" / "tour-mn.pcap"
RUNS = 9


def results(folder: Path, _scale: float = 1.0) -> Iterator[Result]:
    """Seconds, smaller is better: the ratio is theirs over ours."""
    hundred = folder / "hundred.pcapng"
    with open_capture(str(CAPTURE)) as reader, hundred.open("wb") as stream:
        writer = PcapngWriter(stream, application="bench")
        for record, _ in zip(reader, range(100), strict=False):
            writer.write_record(record)
    theirs = partial(seconds, ["tshark", "-r", str(hundred), "-V"])
    for key, what, command in (
        ("start-all", "dissect --all, 100 packets", [MHATOOL, "dissect", "--all", str(hundred)]),
        ("start", "dissect, 100 packets", [MHATOOL, "dissect", str(hundred)]),
        ("start-help", "--help", [MHATOOL, "--help"]),
    ):
        timings = race(partial(seconds, command), theirs, RUNS)
        yield Result(key, what, "s", timings.ours, "tshark -r -V", timings.theirs, timings.ratio, timings.runs)

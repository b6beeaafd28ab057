"""Whole processes: how long until a person has the answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.result import Result, in_turn
from mhatool.capture import PcapngWriter, open_capture

CAPTURE = Path(__file__).resolve().parent.parent / "captures" / "umip" / "tour-mn.pcap"
RUNS = 9


def _seconds(*command: str) -> float:
    begin = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return perf_counter() - begin


def results() -> Iterator[Result]:
    """Seconds, smaller is better: the ratio is theirs over ours."""
    mhatool = str(Path(sys.executable).with_name("mhatool"))
    with tempfile.TemporaryDirectory() as folder:
        hundred = Path(folder) / "hundred.pcapng"
        with open_capture(str(CAPTURE)) as reader, hundred.open("wb") as stream:
            writer = PcapngWriter(stream, application="bench")
            for record, _ in zip(reader, range(100), strict=False):
                writer.write_record(record)
        for what, ours_command in (
            ("dissect --all, 100 packets (s)", [mhatool, "dissect", "--all", str(hundred)]),
            ("dissect, 100 packets (s)", [mhatool, "dissect", str(hundred)]),
            ("--help (s)", [mhatool, "--help"]),
        ):
            theirs, ours, ratio = in_turn(
                lambda: _seconds("tshark", "-r", str(hundred), "-V"),
                lambda command=ours_command: _seconds(*command),  # type: ignore[misc]
                RUNS,
            )
            yield Result(what, f"{ours:.3f}", "tshark -r -V", f"{theirs:.3f}", ratio, RUNS)

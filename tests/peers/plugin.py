"""tshark with our script, and without it: any word of Lua on standard error fails the test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from mhatool.capture import PcapngWriter, linktype

SCRIPT = Path(__file__).resolve().parents[2] / "wireshark-lua" / "mha.lua"
LIMIT_S = 300


def tshark(*arguments: str | Path, script: Path | None = SCRIPT) -> str:
    """What tshark prints, with the script or (None) without."""
    program = shutil.which("tshark")
    assert program, "tshark is missing: scripts/system_packages.txt names its package"
    loaded = ["-X", f"lua_script:{script}"] if script is not None else []
    command = [program, "-n", *loaded, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=LIMIT_S)
    errors = done.stderr.decode("utf-8", "replace")
    assert "Lua" not in errors, errors
    assert done.returncode == 0, errors
    return done.stdout.decode("utf-8", "replace")


def table(capture: Path, fields: Sequence[str], *arguments: str, script: Path | None = SCRIPT) -> list[list[str]]:
    """A row a frame: the frame's number, then the fields' values, several of one parted by commas."""
    wanted = [part for name in ("frame.number", *fields) for part in ("-e", name)]
    form = ["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
    text = tshark("-r", capture, *arguments, *form, *wanted, script=script)
    return [line.split("\t") for line in text.split("\n")[:-1]]


def frames(capture: Path, display_filter: str, *arguments: str) -> list[int]:
    """The numbers of the frames that a display filter lets pass."""
    return [int(row[0]) for row in table(capture, [], *arguments, "-Y", display_filter)]


def write(path: Path, packets: Iterable[bytes], step_ns: int = 1_000_000, link: int = linktype.RAW) -> Path:
    """A capture of bare IP packets, one after the other."""
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number, octets in enumerate(packets):
            writer.write(number * step_ns, link, octets)
    return path

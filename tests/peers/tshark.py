"""tshark's values of a capture's fields beside ours: one process a file."""

import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dissectors.profile import RFC6275, Profile
from mhatool.display.filter import resolve_column
from mhatool.display.filter.aliases import ALIASES
from tests.peers.frames import frames_of

# Wireshark 4.0 registers it, but fills it for no option.
NOT_FILLED = {"mip6.mobility_opt"}


class Seen(NamedTuple):
    """A value that isn't the same: sorted values of one field in one frame."""

    field: str
    frame: int
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


@cache
def fields() -> list[str]:
    """Our aliases that are fields of tshark's (layers as such are none)."""
    output = subprocess.run(["tshark", "-G", "fields"], check=True, capture_output=True).stdout.decode(
        "utf-8", "replace"
    )
    known = {line.split("\t")[2] for line in output.splitlines() if line.startswith("F\t")}
    return [name for name in ALIASES if name in known and name not in NOT_FILLED]


def values(path: Path, names: Sequence[str]) -> list[list[str]]:
    """A row a frame."""
    wanted = [part for name in names for part in ("-e", name)]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|", *wanted]
    output = subprocess.run(command, check=False, capture_output=True, text=True).stdout  # status 2 for cut files
    return [line.split("\t") for line in output.split("\n")[:-1]]


def differences(path: Path, profile: Profile = RFC6275) -> list[Seen]:
    """Every field of every frame that isn't the same. Octets that aren't there are the same as no field."""
    names = fields()
    columns = [resolve_column(name, profile) for name in names]
    frames, rows = frames_of(path, profile), values(path, names)
    assert len(frames) == len(rows) > 0
    found = []
    for frame, row in zip(frames, rows, strict=True):
        for name, column, text in zip(names, columns, row, strict=True):
            ours = _sorted(column.type.text(value) for value in column.values(frame))
            theirs = _sorted(text.split("|"))
            if ours != theirs:
                found.append(Seen(name, frame.record.frame, ours, theirs))
    return found


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(text for text in texts if text not in ("", "<none>")))

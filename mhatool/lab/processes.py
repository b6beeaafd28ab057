"""Processes that a lab has started: their numbers outlive the command that started them; nobody else's are ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GRACE_S: Final = 5.0
"""Between asking a process to end and ending it."""
_PAUSE_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its number and when it began, in the kernel's ticks: numbers are used again."""

    number: int
    began: int

    @property
    def runs(self) -> bool:
        """Whether it is still there."""
        return _look(self.number) == (self.began, True)


class Processes:
    """What runs in a lab, by name, kept in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "processes.json"

    def all(self) -> dict[str, Process]:
        """Those that were started and not ended by us."""
        try:
            kept = json.loads(self._file.read_text("ascii"))
        except FileNotFoundError:
            return {}
        return {name: Process(number, began) for name, (number, began) in kept.items()}

    def start(self, name: str, command: Sequence[str]) -> Process:
        """Start it in the background; what it says goes to NAME.log in the folder."""
        with (self._folder / f"{name}.log").open("ab") as log:
            began = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        found = _look(began.pid)
        process = Process(began.pid, found[0] if found is not None else 0)
        began.returncode = 0  # it outlives us: nobody waits for it here
        self._keep({**self.all(), name: process})
        return process

    def end(self, name: str, number: int = signal.SIGTERM) -> bool:
        """Ask it to end, then end it; False where it didn't run."""
        known = self.all()
        process = known.pop(name, None)
        if process is None:
            return False
        ran = _end(process, number)
        self._keep(known)
        return ran

    def signal(self, name: str, number: int) -> None:
        """Send it a signal, if it runs."""
        process = self.all().get(name)
        if process is not None and process.runs:
            os.kill(process.number, number)

    def end_all(self) -> None:
        """All of them; asked at once, so that the patience for one is that for all."""
        known = self.all()
        for process in known.values():
            if process.runs:
                os.kill(process.number, signal.SIGTERM)
        for name in known:
            self.end(name)

    def _keep(self, processes: Mapping[str, Process]) -> None:
        kept = {name: (process.number, process.began) for name, process in processes.items()}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(kept), "ascii")
        new.replace(self._file)


def _end(process: Process, number: int) -> bool:
    if not process.runs:
        return False
    os.kill(process.number, number)
    if not _ends(process):
        os.kill(process.number, signal.SIGKILL)
    return True


def _ends(process: Process) -> bool:
    """Whether it ends by itself, in time."""
    until = time.monotonic() + GRACE_S
    while time.monotonic() < until:
        if not process.runs:
            return True
        time.sleep(_PAUSE_S)
    return False


def _look(number: int) -> tuple[int, bool] | None:
    """When a process began, and whether it runs (one that has ended may wait for its parent); None: not there."""
    try:
        written = Path(f"/proc/{number}/stat").read_text("ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = written.rpartition(")")[2].split()
    return int(fields[19]), fields[0] not in {"Z", "X"}


__all__ = ["GRACE_S", "Process", "Processes"]

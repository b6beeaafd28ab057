"""Processes that a lab has started: their numbers outlive the command that started them; nobody else's are ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mhatool.lab.errors import LabError
from mhatool.lab.run import unbroken
from mhatool.programs import environment

GRACE_S: Final = 5.0
"""Between asking a process to end and ending it."""
_PAUSE_S: Final = 0.02
_MARK: Final = "MHATOOL_LAB"
"""In the environment of whatever a lab starts: its name."""


class DamagedError(LabError):
    """What was kept of a lab's processes can't be read; the text says what to do."""


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
        """Those that were started and not ended by us. DamagedError where what was kept can't be read."""
        try:
            kept = json.loads(self._file.read_text("ascii"))
            return {name: Process(number, began) for name, (number, began) in kept.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError):
            raise DamagedError(f"{self._file} is damaged: mhatool lab destroy {self._folder.name}") from None

    def start(self, name: str, command: Sequence[str]) -> Process:
        """Start it in the background; what it says goes to NAME.log in the folder. OSError where there is no room."""
        with unbroken():
            return self._start(name, command)

    def _start(self, name: str, command: Sequence[str]) -> Process:
        with (self._folder / f"{name}.log").open("ab") as log:
            marked = environment(**{_MARK: self._folder.name})
            began = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=marked
            )
        found = _look(began.pid)
        process = Process(began.pid, found[0] if found is not None else 0)
        began.returncode = 0  # it outlives us: nobody waits for it here
        try:
            self._keep({**self.all(), name: process})
        except (OSError, DamagedError):
            _end(process, signal.SIGKILL)  # nobody would know of it
            raise
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

    def _keep(self, processes: Mapping[str, Process]) -> None:
        kept = {name: (process.number, process.began) for name, process in processes.items()}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(kept), "ascii")
        new.replace(self._file)


def in_namespace(path: Path) -> list[Process]:
    """Everything that runs in a network namespace, whoever started it."""
    try:
        own = path.stat()
    except FileNotFoundError:
        return []
    numbers = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]
    found = [(number, _look(number)) for number in numbers if _network(number) == (own.st_dev, own.st_ino)]
    return [Process(number, look[0]) for number, look in found if look is not None]


def is_of_lab(process: Process, lab: str) -> bool:
    """Whether it was started for a lab, as its environment says: also where nobody has written it down."""
    try:
        environment = Path(f"/proc/{process.number}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return f"{_MARK}={lab}".encode() in environment.split(b"\0")


def _network(number: int) -> tuple[int, int] | None:
    """Which network namespace a process is in; None where it has ended, or is none of ours to see."""
    try:
        seen = os.stat(f"/proc/{number}/ns/net")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return seen.st_dev, seen.st_ino


def end_together(processes: Iterable[Process]) -> None:
    """Ask them to end, all at once, and end those that don't in time."""
    running = [process for process in processes if process.runs]
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.number, signal.SIGTERM)
            os.kill(process.number, signal.SIGCONT)  # what hangs hears nothing
    until = time.monotonic() + GRACE_S
    for process in running:
        if not _ends(process, until):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.number, signal.SIGKILL)


def _end(process: Process, number: int) -> bool:
    if not process.runs:
        return False
    os.kill(process.number, number)
    if not _ends(process, time.monotonic() + GRACE_S):
        os.kill(process.number, signal.SIGKILL)
    return True


def _ends(process: Process, until: float) -> bool:
    """Whether it ends by itself before then, by the clock that nobody sets."""
    while process.runs:
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE_S)
    return True


def _look(number: int) -> tuple[int, bool] | None:
    """When a process began, and whether it runs (one that has ended may wait for its parent); None: not there."""
    try:
        written = Path(f"/proc/{number}/stat").read_text("ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = written.rpartition(")")[2].split()
    return int(fields[19]), fields[0] not in {"Z", "X"}


__all__ = ["GRACE_S", "DamagedError", "Process", "Processes", "end_together", "in_namespace", "is_of_lab"]

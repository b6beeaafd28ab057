"""Whole processes: how long they take, how much memory, and what they print."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

MHATOOL = str(Path(sys.executable).with_name("mhatool"))
_ROOT = Path(__file__).resolve().parent.parent
_LOOK_EVERY_S = 0.005
# A parent's peak counts for a child that is forked from it, so a small one starts the command.
_STARTER = (
    "import resource, subprocess, sys\n"
    "status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
    "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
)


class FailedError(Exception):
    """A program failed; the text is the command, its status and the end of what it complained."""


def script(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package."""
    return [sys.executable, "-m", f"bench.{name}", *arguments]


def seconds(command: Sequence[str], output: Path | None = None, environment: Mapping[str, str] | None = None) -> float:
    """From start to end; what it prints goes to a file, or nowhere. A script of tshark's that fails is a failure."""
    with (output or Path(os.devnull)).open("wb") as stream:
        begin = perf_counter()
        env = os.environ | (environment or {})
        run = subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, check=False, cwd=_ROOT, env=env)
        took = perf_counter() - begin
    _demand(command, run.returncode or b"Lua" in run.stderr, run.stderr)
    return took


def output(command: Sequence[str]) -> bytes:
    """What it prints."""
    run = subprocess.run(command, capture_output=True, check=False, cwd=_ROOT)
    _demand(command, run.returncode, run.stderr)
    return run.stdout


def peak_megabytes(command: Sequence[str]) -> float:
    """The most memory that it holds at once, in 10^6 octets.

    The resident set of its largest process by the kernel's count, or the sum over all its processes, each page counted
    once (looked at every few milliseconds), whatever is more.
    """
    starter = [sys.executable, "-S", "-c", _STARTER, *command]
    most = 0
    with subprocess.Popen(starter, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=_ROOT) as process:
        while process.poll() is None:
            most = max(most, sum(_proportional_kib(child) for child in _below(process.pid)))
            _wait(process)
        output, complaint = process.communicate()
    status, largest = map(int, output.split()) if output else (process.returncode, 0)
    _demand(command, status, complaint)
    return max(most, largest) * 1024 / 1e6


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_LOOK_EVERY_S)
    except subprocess.TimeoutExpired:
        return


def _below(process: int) -> list[int]:
    """The processes that it started, and theirs."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *_below(child)]
    except OSError:  # it ended meanwhile
        return found
    return found


def _proportional_kib(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _demand(command: Sequence[str], status: int, complaint: bytes) -> None:
    if status != 0:
        said = complaint.decode(errors="replace").strip().splitlines()[-1:]
        raise FailedError(f"{' '.join(command)[:200]}: status {status}: {''.join(said) or 'it said nothing'}")

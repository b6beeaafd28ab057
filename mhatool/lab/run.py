"""Commands, run one after another; one that fails says why."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from mhatool.lab.commands import Command
from mhatool.lab.errors import LabError

PATIENCE_S: Final = 30.0


class _Interrupts:
    """Whether one waits until what must be done whole is done."""

    held = 0
    waits = False


@contextmanager
def unbroken() -> Iterator[None]:
    """What is done in here is done whole: `interrupt` waits for its end.

    Half of it, a process that nobody knows of, say, could not be cleaned up.
    """
    _Interrupts.held += 1
    try:
        yield
    finally:
        _Interrupts.held -= 1
        if _Interrupts.waits and not _Interrupts.held:
            _Interrupts.waits = False
            raise KeyboardInterrupt


def interrupt() -> None:
    """What a signal's handler calls: KeyboardInterrupt, now or as soon as nothing is in the middle any more."""
    if not _Interrupts.held:
        raise KeyboardInterrupt
    _Interrupts.waits = True


def run(wanted: Iterable[Command]) -> None:
    """Run these, one after another. LabError with the command and what it said where one fails."""
    for command in wanted:
        with unbroken():
            output_of(command)


def output_of(command: Command, *, within_s: float = PATIENCE_S) -> str:
    """What a command prints. LabError with the command and its last word where it fails, or takes longer."""
    told = f"`{' '.join(command)}`"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)
    except FileNotFoundError:
        raise LabError(f"{command[0]} isn't installed; `mhatool doctor` says what to install") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"{told} didn't end within {within_s:g} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise LabError(f"{told}: {said[-1] if said else f'status {done.returncode}'}")
    return done.stdout


__all__ = ["interrupt", "output_of", "run", "unbroken"]

"""Commands, run one after another; one that fails says why."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from typing import Final

from mhatool.lab.commands import Command
from mhatool.lab.errors import LabError

PATIENCE_S: Final = 30.0


def run(wanted: Iterable[Command]) -> None:
    """Run these, one after another. LabError with the command and what it said where one fails."""
    for command in wanted:
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


__all__ = ["output_of", "run"]

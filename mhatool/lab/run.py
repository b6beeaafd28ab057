"""Commands, run one after another; one that fails says why."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, Protocol, cast

from mhatool.lab.commands import Command
from mhatool.lab.errors import LabError
from mhatool.programs import environment

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
    with _failures(command, within_s):
        done = subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False, env=environment())
    if done.returncode:
        raise _failed(command, done.returncode, done.stderr or done.stdout)
    return done.stdout


class Sink(Protocol):
    """Takes octets."""

    def write(self, data: bytes, /) -> object:
        """Take all of these."""
        ...


def write_output_of(command: Command, stream: Sink, *, within_s: float = PATIENCE_S) -> None:
    """Write what a command prints, octets, as it comes; an interrupt asks it to end, and what it still says comes too.

    LabError as of `output_of`; whatever the stream raises.
    """
    with (
        _failures(command, within_s),
        tempfile.TemporaryFile() as words,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, env=environment()) as process,
    ):
        timer = threading.Timer(within_s, process.kill)
        timer.start()
        try:
            _copy(process, stream)
            status = process.wait()
        finally:
            was_late = not timer.is_alive()
            timer.cancel()
            process.kill()  # where the stream takes no more
        if was_late:
            raise subprocess.TimeoutExpired(command, within_s)
        if status:
            words.seek(0)
            raise _failed(command, status, words.read().decode("utf-8", "replace"))


def _copy(process: subprocess.Popen[bytes], stream: Sink) -> None:
    output = cast("BinaryIO", process.stdout)
    try:
        shutil.copyfileobj(output, stream)
    except KeyboardInterrupt:
        process.terminate()
        shutil.copyfileobj(output, stream)
        raise


@contextmanager
def _failures(command: Command, within_s: float) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise LabError(f"{command[0]} isn't installed; `mhatool doctor` says what to install") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"{_told(command)} didn't end within {within_s:g} s") from None


def _failed(command: Command, status: int, words: str) -> LabError:
    said = words.strip().splitlines()
    return LabError(f"{_told(command)}: {said[-1] if said else f'status {status}'}")


def _told(command: Command) -> str:
    return f"`{' '.join(command)}`"


__all__ = ["Sink", "interrupt", "output_of", "run", "unbroken", "write_output_of"]

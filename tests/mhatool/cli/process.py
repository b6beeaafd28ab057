"""The command line as its users run it: real processes, real pipes."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND = [sys.executable, "-m", "mhatool"]
REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Result:
    """What a process left behind."""

    status: int
    out: str
    err: str


def mhatool(
    *arguments: str | Path,
    stdin: bytes = b"",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Run a command to its end."""
    run = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd or REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})},
        timeout=60,
        check=False,
    )
    return Result(run.returncode, run.stdout.decode(), run.stderr.decode())


def complaint(*arguments: str | Path, **options: object) -> str:
    """The one line on standard error of a command that ends with status 2 and says nothing else."""
    result = mhatool(*arguments, **options)  # type: ignore[arg-type]
    assert result.status == 2, result
    assert result.out == ""
    assert result.err.count("\n") == 1, result.err
    assert result.err.startswith("mhatool: ")
    return result.err.removeprefix("mhatool: ").rstrip("\n")


def until_it_waits(pid: int) -> None:
    """Wait until the process has taken what is in its pipe and waits for more."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/wchan").read_text()
        if "pipe" in state or "anon" in state:
            return
    raise AssertionError("it never waited for its input")

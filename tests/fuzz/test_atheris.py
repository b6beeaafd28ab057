"""The coverage-guided fuzzer for a minute; `make soak` runs it longer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TARGET = Path(__file__).with_name("fuzz_frames.py")
SECONDS = 60


@pytest.mark.timeout(SECONDS + 120)
def test_a_minute_of_coverage_guided_fuzzing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(TARGET), f"-max_total_time={SECONDS}", "-print_final_stats=1"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,  # a failing input would be left here
    )
    assert done.returncode == 0, done.stderr[-4000:]
    runs = next(line for line in done.stderr.splitlines() if "number_of_executed_units" in line)
    assert int(runs.split()[-1]) > 1000

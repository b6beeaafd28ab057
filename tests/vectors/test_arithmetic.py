"""The vectors' lengths and checksums, by an arithmetic that shares nothing with our codec."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.glob("*.toml")), ids=lambda path: path.stem)
def test_every_sum_and_length_holds(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "arithmetic.py"), str(path)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr

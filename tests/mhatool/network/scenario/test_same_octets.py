"""The same seed gives the same octets: twenty times, and in processes that hash otherwise."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mhatool.network.scenario import built_in_names
from tests.mhatool.network.scenario.runs import CHANGES

SHORT = {
    **{name: (*CHANGES[name], "duration_s=65") for name in ("tour", "plain-mipv6")},
    "lossy": (*CHANGES["lossy"], "duration_s=150"),
    "crowd": ("nodes.mn.copies=6", "duration_s=100"),
    "crowd-failure": ("nodes.mn.copies=6", "duration_s=97", "expectations=[]"),
    **{name: (*CHANGES[name], "duration_s=48") for name in ("ha-failure", "ha-failure-one-armed", "ha-failure-three")},
    **{name: (*CHANGES[name], "duration_s=62") for name in ("false-alarm", "ha-restart", "return-during-failure")},
    "forged-unreachable": (*CHANGES["forged-unreachable"], "duration_s=97"),
}
QUICK = ["duration_s=30", "flows.0.rate=1", "flows.1.rate=1", "flows.2.rate=1", "flows.3.rate=1"]


def digests(folder: Path, name: str, changes: list[str], hash_seed: str | None = None) -> tuple[str, str]:
    """SHA-256 of the capture and of the trace, from a process of its own."""
    capture, trace = folder / "x.pcapng", folder / "x.jsonl"
    sets = [word for change in changes for word in ("--set", change)]
    command = [sys.executable, "-m", "mhatool", "simulate", name, "-w", str(capture), "--trace", str(trace), *sets]
    environment = dict(os.environ) | ({"PYTHONHASHSEED": hash_seed} if hash_seed is not None else {})
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return hashlib.sha256(capture.read_bytes()).hexdigest(), hashlib.sha256(trace.read_bytes()).hexdigest()


def in_this_process(name: str, changes: list[str]) -> tuple[str, str]:
    import io

    from mhatool.network.scenario import load
    from mhatool.network.scenario.run import Run

    capture, trace = io.BytesIO(), io.BytesIO()
    Run(load(name, changes), capture=capture, trace=trace).happen()
    return hashlib.sha256(capture.getvalue()).hexdigest(), hashlib.sha256(trace.getvalue()).hexdigest()


def test_twenty_runs_are_one() -> None:
    assert len({in_this_process("tour", QUICK) for _ in range(20)}) == 1


LATER = ("ha-failure-one-armed", "ha-failure-three", "false-alarm", "return-during-failure")
"""The same nodes and kinds of failures are in the others."""
EACH = [pytest.param(name, marks=[pytest.mark.soak] if name in LATER else []) for name in built_in_names()]


@pytest.mark.parametrize("name", EACH)
def test_each_scenario_in_processes_that_hash_otherwise(name: str, tmp_path: Path) -> None:
    changes = list(SHORT.get(name, CHANGES.get(name, ())))
    first = digests(tmp_path, name, changes, "1")
    assert digests(tmp_path, name, changes, "4242") == first
    assert in_this_process(name, changes) == first

"""What the scenarios put on the wire, judged by the rules and by tshark, from each vantage point."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from mhatool.network.scenario import built_in_names
from tests.mhatool.network.scenario.runs import Happened, quiet

CASES = [name for name in built_in_names() if name != "crowd"]


def frames_in(capture: bytes) -> bool:
    return len(io.BytesIO(capture).getvalue()) > 200


def mhatool(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "mhatool", *arguments], capture_output=True, text=True, check=False)


def written(happened: Happened, folder: Path) -> list[str]:
    """The captures of all vantage points that saw something, as files."""
    paths = []
    for place, octets in happened.captures.items():
        if frames_in(octets):
            path = folder / f"{place.replace(' ', '-')}.pcapng"
            path.write_bytes(octets)
            paths.append(str(path))
    return paths


@pytest.mark.parametrize("name", CASES)
def test_no_vantage_point_sees_an_error(name: str, tmp_path: Path) -> None:
    happened = quiet(name)
    paths = written(happened, tmp_path)
    assert len(paths) > 5
    for path in paths:
        done = mhatool("validate", path, "--profile", happened.scenario.profile.name)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", CASES)
def test_all_links_together_have_no_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "all.pcapng"
    changes = [word for change in ("seed=5",) for word in ("--set", change)]
    assert mhatool("simulate", name, "-w", str(path), *changes).returncode == 0
    profile = quiet(name).scenario.profile.name
    done = mhatool("validate", str(path), "--profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.tshark
@pytest.mark.parametrize("name", CASES)
def test_tshark_reads_the_same(name: str, tmp_path: Path) -> None:
    happened = quiet(name)
    for place in ("node mn", "node ha1"):
        path = tmp_path / f"{place}.pcapng"
        path.write_bytes(happened.captures[place])
        done = mhatool("crosscheck", str(path), "--profile", happened.scenario.profile.name)
        assert done.returncode == 0, done.stdout + done.stderr

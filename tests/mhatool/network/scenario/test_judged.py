"""What the scenarios put on the wire, judged by the rules and by tshark, from each vantage point."""

import subprocess
import sys
from pathlib import Path

import pytest

from mhatool.cli.judging import findings_in
from mhatool.engine.packet_events import PacketForged
from mhatool.network.scenario import built_in_names
from mhatool.validate import Judge
from mhatool.validate.finding import Severity
from tests.mhatool.network.scenario.runs import ALL_LINKS, CHANGES, Happened, happen, quiet

SLOW = [pytest.param(name, marks=pytest.mark.soak) for name in ("plain-mipv6", "lossy")]
BESIDE_TSHARK = ["paper", "paper-rfc6275", "tour", "ha-restart", *SLOW]
"""tshark takes long for the others, which hold the same messages."""


SEEDS = [7, 23, 51, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 61) if seed not in (7, 23, 51))]
"""Of `lossy`: with the first ones a mobile node's updates are lost one after the other, on this link or on that."""


UNDER_WAY_NS = 20_000_000
"""What was forged has passed all vantage points within this time."""


def errors_in(path: Path, happened: Happened) -> list[str]:
    """The errors that aren't a forger's."""
    profile = happened.scenario.profile
    forged = [event.time_ns for event in happened.told(PacketForged)]
    return [
        f"{finding.rule} {finding.seen}"
        for finding in findings_in([str(path)], Judge(profile), profile)
        if finding.severity is Severity.ERROR and not any(0 <= finding.time_ns - at <= UNDER_WAY_NS for at in forged)
    ]


def errors_at(happened: Happened, folder: Path) -> dict[str, list[str]]:
    """What each vantage point finds fault with; those that find nothing are left out."""
    errors = {}
    for place, octets in happened.captures.items():
        path = folder / f"{place}.pcapng"
        path.write_bytes(octets)
        errors[place] = errors_in(path, happened)
    assert ALL_LINKS in errors
    return {place: found for place, found in errors.items() if found}


@pytest.mark.parametrize("name", built_in_names())
def test_no_vantage_point_sees_an_error(name: str, tmp_path: Path) -> None:
    assert errors_at(quiet(name), tmp_path) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_lost_elsewhere_is_nobodys_fault(seed: int, tmp_path: Path) -> None:
    """MIP6-BA-001: six updates in a row may be lost behind a capture, or their answers before it."""
    assert errors_at(happen("lossy", CHANGES["lossy"], seed), tmp_path) == {}


@pytest.mark.parametrize("name", built_in_names())
def test_what_it_expects_holds(name: str) -> None:
    verdicts = quiet(name).run.chronicle.verdicts
    assert [verdict for verdict in verdicts if not verdict.holds] == []


@pytest.mark.tshark
@pytest.mark.parametrize("name", BESIDE_TSHARK)
def test_tshark_reads_the_same(name: str, tmp_path: Path) -> None:
    happened = quiet(name)
    path = tmp_path / "mn.pcapng"
    path.write_bytes(happened.captures["node mn"])
    command = [sys.executable, "-m", "mhatool", "crosscheck", str(path), "--profile", happened.scenario.profile.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""What the scenarios put on the wire, judged by the rules and by tshark, from each vantage point."""

import contextlib
from pathlib import Path

import pytest

from dissectors.profile import Profile
from mhatool.cli.judging import findings_in
from mhatool.engine.packet_events import PacketForged
from mhatool.network.scenario import built_in_names, load
from mhatool.network.scenario.run import Run
from mhatool.network.vantage import Recorder
from mhatool.validate import Judge
from mhatool.validate.finding import Severity
from mhatool.wireshark.crosscheck import Crosscheck
from tests.mhatool.network.scenario.runs import ALL_LINKS, CHANGES, Happened, happen, quiet

BESIDE_TSHARK = [
    ("paper", "all links"),
    ("paper-rfc6275", "node mn"),
    ("tour", "node mn"),
    ("crowd", "node ha1"),
    ("ha-restart", "node mn"),
]
"""Where tshark reads along in every run of the tests; under soak it does so everywhere."""
AGENTS = ("ha1", "ha2", "ha3")
"""Where the crowd of 1,000 mobile nodes is looked at: their signalling comes together there."""


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


def differences(path: Path, profile: Profile) -> list[str]:
    """What no known fault of tshark's explains, limits of ours included."""
    comparison = Crosscheck(path, profile)
    found = [difference for difference in comparison if difference.fault is None or difference.fault.is_ours]
    assert comparison.frames > 0
    return [f"{each.frame} {each.field}: {each.ours}, tshark {each.theirs}" for each in found]


def beside_tshark(name: str, place: str, folder: Path) -> list[str]:
    happened = quiet(name)
    path = folder / f"{place}.pcapng"
    path.write_bytes(happened.captures[place])
    return differences(path, happened.scenario.profile)


@pytest.mark.tshark
@pytest.mark.parametrize(("name", "place"), BESIDE_TSHARK)
def test_tshark_reads_the_same(name: str, place: str, tmp_path: Path) -> None:
    assert beside_tshark(name, place, tmp_path) == []


@pytest.mark.soak
@pytest.mark.tshark
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", built_in_names())
def test_tshark_reads_the_same_at_each_vantage_point(name: str, tmp_path: Path) -> None:
    found = {place: beside_tshark(name, place, tmp_path) for place in quiet(name).captures}
    assert {place: different for place, different in found.items() if different} == {}


@pytest.mark.soak
@pytest.mark.tshark
@pytest.mark.timeout(3600)
def test_tshark_reads_the_same_of_a_thousand(tmp_path: Path) -> None:
    """The crowd as it is, at its home agents."""
    scenario = load("crowd")
    run = Run(scenario)
    paths = {place: tmp_path / f"{place}.pcapng" for place in run.build.network.machines if place in AGENTS}
    with contextlib.ExitStack() as files:
        for place, path in paths.items():
            recorder = Recorder(files.enter_context(path.open("wb")))
            for interface in run.build.network.machines[place].interfaces.values():
                recorder.watch_interface(interface)
        run.happen()
    found = {place: differences(path, scenario.profile) for place, path in paths.items()}
    assert found == {"ha1": [], "ha2": [], "ha3": []}

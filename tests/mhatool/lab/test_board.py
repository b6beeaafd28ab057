"""What somebody sees who looks on while an experiment runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from mhatool.lab.board import Board
from mhatool.lab.experiment import Step, read
from mhatool.lab.gathering import Gathering
from mhatool.lab.lab import Lab
from mhatool.lab.trial import Done, Trial

HOME, AWAY, HA1 = "2001:db8:2::5eff:fe10:1", "2001:db8:3::5eff:fe10:1", "2001:db8:2::1"
START_NS = 1_000_000_000


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Return the experiment `failure`, of which a second and a half are over."""
    experiment, topology = read("failure", "x1")
    lab = Lab(topology, tmp_path)
    lab.folder.mkdir()
    return Trial(experiment, lab, Gathering(tmp_path / "out"), print, START_NS, START_NS + 1_500_000_000)


def _tell(trial: Trial, node: str, *events: tuple[str, dict[str, Any]]) -> None:
    with trial.lab.trace(node).open("a", encoding="ascii") as file:
        file.write('{"schema":"header"}\n' if not file.tell() else "")
        file.writelines(json.dumps({"time_ns": 1, "name": name, "data": data}) + "\n" for name, data in events)


def test_tables_are_as_the_traces_tell(trial: Trial) -> None:
    board = Board(trial)
    assert list(board.nodes) == ["mn", "ha1", "ha2", "ha3", "cn"]
    assert (board.names[HOME], board.names[HA1]) == ("mn", "ha1")
    entry = {"peer": HA1, "state": "BOUND", "gone": False}
    _tell(trial, "mn", ("nd:location_changed", {"location": "foreign"}), ("binding:update_list_entry", entry))
    binding = {"home_address": HOME, "address": HA1, "care_of_address": AWAY, "gone": False}
    cloned = {**binding, "home_address": "fe80::5eff:fe10:1", "cloned": True}
    _tell(trial, "ha1", ("binding:cache_entry", binding), ("binding:cache_entry", cloned))
    board.look()
    assert (board.nodes["mn"].location, board.nodes["mn"].updates) == ("foreign", {HA1: entry})
    assert board.nodes["ha1"].bindings == {(HOME, HA1): binding}
    _tell(trial, "ha1", ("binding:cache_entry", {**binding, "gone": True}))
    board.look()
    assert board.nodes["ha1"].bindings == {}


def test_packets_that_came_are_counted_by_half_seconds(trial: Trial) -> None:
    times_ms = (-10, 0, 499, 500, 1_400)
    lines = (json.dumps({"received": 0, "time_ns": START_NS + at * 1_000_000}) + "\n" for at in times_ms)
    trial.gathering.traffic(0, "mn").write_text("".join(lines), "ascii")
    board = Board(trial)
    board.look()
    assert dict(board.arrived["udp cn2 → mn"]) == {-1: 1, 0: 2, 1: 1, 2: 1}
    assert board.now_ns == 1_500_000_000


def test_who_has_failed_is_dead_until_it_is_back(trial: Trial) -> None:
    board = Board(trial)
    for step, dead in ((Step(at_s=1, fail={"ha1": "crash"}), {"ha1"}), (Step(at_s=2, recover=("ha1",)), set())):
        trial.done.append(Done(step, 1, 2))
        assert board.dead == dead

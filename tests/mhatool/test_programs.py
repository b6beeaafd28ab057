"""Who looks for a program and who starts it look in the same places."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhatool import programs
from mhatool.cli.machine import examine
from mhatool.lab.errors import LabError
from mhatool.lab.run import output_of


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The only one in PATH, and the only one of daemons."""
    own, daemons = tmp_path / "bin", tmp_path / "sbin"
    for folder in (own, daemons):
        folder.mkdir()
    monkeypatch.setenv("PATH", str(own))
    monkeypatch.setattr(programs, "_FOLDERS", (str(daemons),))
    return own, daemons


def install(folder: Path, name: str) -> Path:
    place = folder / name
    place.write_text("#!/bin/sh\necho it runs\n", "ascii")
    place.chmod(0o755)
    return place


def test_a_daemon_outside_path_is_found_by_doctor_and_started_by_a_lab(folders: tuple[Path, Path]) -> None:
    place = install(folders[1], "bird")
    found = {finding.name: finding for finding in examine()}
    assert (found["RIPng daemon"].state, found["RIPng daemon"].detail) == ("ok", str(place))
    assert output_of(("bird",)) == "it runs\n"


def test_path_comes_first(folders: tuple[Path, Path]) -> None:
    places = [install(folder, "bird") for folder in folders]
    assert programs.find("bird") == str(places[0])


def test_another_routing_daemon_is_none_that_a_lab_can_start(folders: tuple[Path, Path]) -> None:
    install(folders[0], "ripngd")
    found = {finding.name: finding for finding in examine()}["RIPng daemon"]
    assert (found.state, found.remedy) == ("missing", "apt-get install bird2")
    with pytest.raises(LabError, match="bird isn't installed"):
        output_of(("bird",))


def test_a_machine_without_path_has_the_usual_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH")
    assert programs.find("sh") in {"/bin/sh", "/usr/bin/sh"}

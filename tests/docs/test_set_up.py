"""`make setup` does nothing the second time, unless the folder was moved or copied or another Python is wanted."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NOTHING = "make: Nothing to be done for 'setup'.\n"


@pytest.fixture
def made(repository: Path, tmp_path: Path) -> Path:
    """Return a folder as it is after `make setup` there, but for what that installs."""
    folder = tmp_path / "a clone"
    (folder / "scripts").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "scripts/setup.sh"):
        shutil.copy(repository / name, folder / name)
    (folder / ".venv").mkdir()
    for name, content in ((".place", str(folder)), (".python", ""), (".setup", "")):
        (folder / ".venv" / name).write_text(content)
    return folder


def planned(folder: Path, *arguments: str) -> str:
    """What would be run."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "PYTHON")
    }
    command = ["make", "--dry-run", "setup", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_second_time_nothing_is_done(made: Path) -> None:
    assert planned(made) == NOTHING


def test_a_folder_that_was_moved_or_copied_is_set_up_anew(made: Path) -> None:
    copy = made.with_name("copy")
    shutil.copytree(made, copy)
    assert "scripts/setup.sh" in planned(copy)
    assert planned(made) == NOTHING
    assert "scripts/setup.sh" in planned(made.rename(made.with_name("moved")))


def test_another_python_is_taken(made: Path) -> None:
    assert "scripts/setup.sh" in planned(made, "PYTHON=/opt/python3")
    (made / ".venv" / ".python").write_text("/opt/python3")
    (made / ".venv" / ".setup").touch()
    assert planned(made, "PYTHON=/opt/python3") == planned(made) == NOTHING

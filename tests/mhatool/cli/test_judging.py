"""Commands judge by two processes where there is much to judge, and print what they print by one."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from mhatool.cli import judging, main
from tests.mhatool.scenes import UMIP

TOUR = [str(UMIP / f"tour-{node}.pcap") for node in ("mn", "home")]
FORMS = ["concise", "json", "jsonl", "junit", "sarif"]


class Forks:
    """How often the process was doubled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._fork = os.fork
        monkeypatch.setattr(os, "fork", self)

    def __call__(self) -> int:
        self.count += 1
        return self._fork()


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> Forks:
    """Every capture is much, and there are two cores."""
    monkeypatch.setattr(judging, "MUCH", 0)
    monkeypatch.setattr(judging, "SAMPLE", 8)
    monkeypatch.setattr(judging, "SPARSE", 1 << 40)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    return Forks(monkeypatch)


def printed(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["validate", *arguments])
    return (status, *capfd.readouterr())


def printed_by_one(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sched_getaffinity", lambda _: {0})
        return printed(capfd, *arguments)


@pytest.mark.parametrize("form", FORMS)
def test_every_form(form: str, forks: Forks, capfd: pytest.CaptureFixture[str]) -> None:
    by_two = printed(capfd, *TOUR, "--output-format", form)
    assert forks.count == 1
    assert by_two == printed_by_one(capfd, *TOUR, "--output-format", form)
    assert forks.count == 1
    assert by_two[1]


def test_few_rules(forks: Forks, capfd: pytest.CaptureFixture[str]) -> None:
    few = (*TOUR, "--select", "MIP6-SEC,MIP6-SEQ", "--jsonl")
    assert printed(capfd, *few) == printed_by_one(capfd, *few)


def test_what_breaks_off_is_told_once(forks: Forks, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(Path(TOUR[0]).read_bytes()[:-5])
    status, out, err = printed(capfd, str(path))
    assert forks.count == 1
    assert err.count(str(path)) == 1
    assert (status, out, err) == printed_by_one(capfd, str(path))


def test_packed(forks: Forks, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "tour.pcap.gz"
    path.write_bytes(gzip.compress(Path(TOUR[0]).read_bytes()))
    assert printed(capfd, str(path)) == printed_by_one(capfd, str(path))
    assert forks.count == 1


def test_no_capture_is_told_as_ever(forks: Forks, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("no capture")
    assert printed(capfd, str(path)) == printed_by_one(capfd, str(path))
    second = (TOUR[0], str(path))
    assert printed(capfd, *second) == printed_by_one(capfd, *second)
    assert printed(capfd, *second)[0] == 2


def test_little_is_judged_by_one(
    forks: Forks, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judging, "MUCH", 1 << 40)
    assert printed(capfd, *TOUR)[0] in (0, 1)
    assert forks.count == 0


def test_a_pipe_is_judged_by_one(forks: Forks, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What can't be read twice."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with subprocess.Popen(["dd", f"if={TOUR[1]}", f"of={path}", "status=none"]) as writer:
        by_pipe = printed(capfd, str(path))
        assert writer.wait(10) == 0
    assert forks.count == 0
    assert by_pipe[0] in (0, 1)


def test_where_traffic_prevails_the_second_process_sieves(
    forks: Forks, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judging, "SPARSE", 0)
    assert printed(capfd, *TOUR)[0] in (0, 1)
    assert forks.count == 0  # these captures are too small for that

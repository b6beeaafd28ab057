"""Whether a machine was left alone while something was measured."""

from pathlib import Path

import pytest

from bench import others


@pytest.fixture
def stat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the system counts, in hundredths of a second: user, nice, system, idle, waiting, interrupts, stolen."""
    path = tmp_path / "stat"
    path.write_text("cpu  1000 0 500 9000 100 0 0 0 0 0\ncpu0 500 0 250 4500 50 0 0 0 0 0\n")
    monkeypatch.setattr(others, "_STAT", path)
    monkeypatch.setattr(others.os, "sysconf", lambda name: 100)
    return path


def over(seconds: float, monkeypatch: pytest.MonkeyPatch, stat: Path, counts: str) -> others.Others:
    """That so much was counted when it was over."""
    watch = others.Others()
    began = others.perf_counter()
    monkeypatch.setattr(others, "perf_counter", lambda: began + seconds)
    stat.write_text(f"cpu  {counts} 0 0\n")
    return watch


def test_what_others_used_is_told(stat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = over(10, monkeypatch, stat, "1500 500 1000 9000 900 0 0 0")  # 5 s each of user, nice and system in 10 s
    assert watch.cores == pytest.approx(1.5, abs=0.05)  # without the little that this test takes
    assert watch.warning is not None
    assert watch.warning.startswith("other programs used 1.5 cores meanwhile")


def test_idle_machines_are_left_alone(stat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = over(10, monkeypatch, stat, "1040 0 510 19000 1000 0 0 0")  # 0.5 s
    assert watch.cores == pytest.approx(0.05, abs=0.05)
    assert watch.warning is None


def test_without_such_counts_nobody_is_seen(stat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat.unlink()
    assert others.Others().warning is None

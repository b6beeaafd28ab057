"""Processes are timed and weighed, ratios are the right way round, and broken promises are told."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bench import __main__ as bench
from bench import files, process, report
from bench import result as bench_result
from bench.result import Result, WrongAnswerError, race

MEGABYTES_40 = "x = b'x' * 40_000_000"


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def result(ratio: float = 2.0, required: float | None = None, key: str = "k", unit: str = "s") -> Result:
    return Result(key, "what", unit, 1.0, "peer", ratio, ratio, 3, required)


def test_a_process_is_weighed_by_itself() -> None:
    small, large = process.peak_megabytes(python("1")), process.peak_megabytes(python(MEGABYTES_40))
    assert small < 20  # Python alone, or the small process that starts it
    assert 40 < large < 60


def test_processes_of_one_command_are_weighed_together() -> None:
    child = f"import time; {MEGABYTES_40}; print('there', flush=True); input()"
    parent = (
        "import subprocess, sys\n"
        f"command = [sys.executable, '-S', '-c', {child!r}]\n"
        "pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "children = [subprocess.Popen(command, **pipes) for _ in range(2)]\n"
        "for each in children: each.stdout.readline()\n"  # both hold their octets now
        "for _ in range(400000): pass\n"  # a while: longer than the few milliseconds between two looks
        "for each in children: each.communicate(b'.')\n"
    )
    assert process.peak_megabytes(python(parent)) > 80


def test_a_failing_command_is_told() -> None:
    failing = python("import sys; sys.exit('no such capture')")
    with pytest.raises(process.FailedError, match="status 1: no such capture"):
        process.seconds(failing)
    with pytest.raises(process.FailedError, match="status 1: no such capture"):
        process.peak_megabytes(failing)


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    assert process.seconds(python("print('found')"), tmp_path / "output") > 0
    assert (tmp_path / "output").read_text() == "found\n"


def test_a_race_gives_medians_of_pairs_in_turn() -> None:
    order: list[str] = []

    def runner(name: str, values: list[float]) -> Callable[[], float]:
        def run() -> float:
            order.append(name)
            return values.pop(0)

        return run

    timings = race(runner("ours", [1.0, 2.0, 4.0]), runner("theirs", [3.0, 10.0, 8.0]), most=3, patience_s=0)
    # Ratios 3, 5, 2: their median is 3; twice as long as the peer would be 0.5.
    assert timings == (2.0, 8.0, 3.0, 3)
    assert order == ["ours", "theirs"] * 3


def test_pairs_count_that_were_disturbed_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five pairs the two in which others used 0.2 and 0.3 cores: ratios 4 and 6, whatever the others are."""

    class Scripted:
        cores = property(lambda self: next(cores))

    cores = iter([1.5, 0.3, 0.2, 1.0, 0.9])
    theirs = iter([20.0, 6.0, 4.0, 1.0, 9.0])
    times = iter([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    monkeypatch.setattr(bench_result, "Others", Scripted)
    monkeypatch.setattr(bench_result, "perf_counter", lambda: next(times))
    timings = race(lambda: 1.0, lambda: next(theirs), most=2, patience_s=5.0)
    assert timings == (1.0, 5.0, 5.0, 2)
    assert next(theirs, None) is None


@pytest.mark.parametrize(
    ("ratio", "required", "held"),
    [(0.3, 1 / 4, True), (0.2, 1 / 4, False), (40.0, 40.0, True), (39.9, 40.0, False), (0.1, None, True)],
)
def test_a_promise_is_the_least_ratio(ratio: float, required: float | None, held: bool) -> None:
    assert result(ratio, required).held is held


@pytest.mark.parametrize(
    ("ratio", "text"), [(52.04, "52.0 x better"), (1.0, "1.0 x better"), (0.4, "2.50 x the peer's")]
)
def test_ratios_in_words(ratio: float, text: str) -> None:
    assert report.comparison(ratio) == text


@pytest.mark.parametrize(
    ("required", "text"), [(40.0, "40 x better"), (1.0, "no worse"), (1 / 1.4, "1.4 x the peer's at most")]
)
def test_promises_in_words(required: float, text: str) -> None:
    assert report.promise(required) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0184, "0.018 s"), (3.821, "3.82 s"), (51.2, "51.2 s"), (1234.5, "1,234 s")]
)
def test_figures(value: float, text: str) -> None:
    assert report.figure(value, "s") == text


Run = Callable[..., int]


class Outcome(NamedTuple):
    """What one group of measurements gives, and whether it ends with a wrong answer."""

    results: list[Result]
    error: Exception | None = None


@pytest.fixture
def run_bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command with made-up groups; its file is bench.json of the test's folder."""

    def run(*arguments: str, **groups: Outcome) -> int:
        def group_of(outcome: Outcome) -> Callable[[Path, float], Iterator[Result]]:
            def results(_folder: Path, _scale: float) -> Iterator[Result]:
                yield from outcome.results
                if outcome.error is not None:
                    raise outcome.error

            return results

        monkeypatch.setattr(bench, "GROUPS", {name: group_of(outcome) for name, outcome in groups.items()})
        monkeypatch.setattr(bench.rivals, "missing", list)
        monkeypatch.setattr(report, "FILE", tmp_path / "bench.json")
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        return bench.main()

    return run


def test_a_whole_run_writes_the_file(run_bench: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_bench(scan=Outcome([result(50.0, 40.0)]), start=Outcome([result(key="other")])) == 0
    found = json.loads((tmp_path / "bench.json").read_text())
    first, second = found["measurements"]
    assert (first["ratio"], first["required"], first["held"], first["peer"]) == (50.0, 40.0, True, "peer")
    assert (second["key"], second["required"]) == ("other", None)
    assert set(found["machine"]) == {"cores", "python", "tshark", "tcpdump", "scapy", "dpkt", "used_by_others"}
    assert "50.0 x better" in capsys.readouterr().out


def test_a_broken_promise_is_named(run_bench: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_bench(scan=Outcome([result(10.0, 40.0, "slow"), result(50.0, 40.0, "fast")])) == 1
    captured = capsys.readouterr()
    assert "bench: slow: 10.0 x better beside peer; promised: 40 x better\n" in captured.err
    assert "bench: fast:" not in captured.err
    assert captured.out.count("MISSED") == 1
    assert not json.loads((tmp_path / "bench.json").read_text())["measurements"][0]["held"]


def test_a_wrong_answer_leaves_the_file_alone(
    run_bench: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Outcome([], WrongAnswerError("dpkt found 1, the capture holds 2"))
    assert run_bench(scan=wrong, start=Outcome([result()])) == 1
    assert "bench: scan: dpkt found 1, the capture holds 2\n" in capsys.readouterr().err
    assert not (tmp_path / "bench.json").exists()


@pytest.mark.parametrize("arguments", [["--quick"], ["--only", "scan"]])
def test_a_part_leaves_the_file_alone(run_bench: Run, tmp_path: Path, arguments: list[str]) -> None:
    groups = {"scan": Outcome([result()]), "start": Outcome([result()])}
    assert run_bench(*arguments, **groups) == 0
    assert not (tmp_path / "bench.json").exists()
    assert run_bench(*arguments, "--output", str(tmp_path / "part.json"), **groups) == 0
    assert (tmp_path / "part.json").exists()


def test_no_room_is_told_in_a_line(
    run_bench: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    little = shutil.disk_usage("/")._replace(free=1_500_000_000)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: little)
    assert run_bench(scan=Outcome([result()])) == 2
    complaint = capsys.readouterr().err
    assert "1.5 GB are free and the captures need 4.0 GB: make room" in complaint
    assert complaint.count("\n") == 1
    assert run_bench("--quick", scan=Outcome([result()])) == 0  # a tenth of it has room


def test_a_missing_peer_is_told(run_bench: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "tshark" else f"/bin/{name}")
    assert bench.rivals.missing() == ["tshark"]

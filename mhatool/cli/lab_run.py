"""`mhatool lab run`: an experiment in a lab, with a report."""

from __future__ import annotations

import json as json_
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mhatool.cli.common import Out, is_terminal, make_room

if TYPE_CHECKING:
    from mhatool.lab.trial import Trial


def run_experiment(name: str, out: str | None, lab: str, *, json: bool, keep: bool, watch: bool) -> None:
    """Read it, let it happen, judge it, write the report. LabError, LiveError or ScenarioError for what can't be."""
    from mhatool.cli.lab_judging import judge
    from mhatool.lab.experiment import read
    from mhatool.lab.gathering import Gathering
    from mhatool.lab.lab import Lab
    from mhatool.lab.page import page
    from mhatool.lab.report import lines, measured
    from mhatool.lab.trial import Trial

    experiment, topology = read(name, lab)
    folder = Path(out or f"lab-{experiment.name}")
    trial = Trial(experiment, Lab(topology), Gathering(folder), _tell)
    with ended_by_signals(), _watched(trial, wanted=watch):
        trial.happen(keep=keep)
    document = measured(trial)
    _write(folder, document)  # whatever becomes of the judging
    _tell("judging what was captured")
    judgements = judge(trial)
    document |= judgements.document
    _write(folder, document)
    (folder / "report.html").write_text(page(document, judgements.story), "utf-8")
    if json:
        Out().document(document)
    else:
        _print(lines(document), folder)
    if keep:
        _tell(f"lab {topology.name} stands: mhatool lab destroy {topology.name} removes it")


def _write(folder: Path, document: dict[str, Any]) -> None:
    (folder / "report.json").write_text(json_.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _print(lines: Iterator[str], folder: Path) -> None:
    for line in lines:
        print(line)
    print(f"report: {folder}/report.html, report.json; captures, trace and logs beside it")


def _watched(trial: Trial, *, wanted: bool) -> AbstractContextManager[None]:
    """Where somebody looks on, a table; else what is told is told line by line."""
    if not wanted or not is_terminal(sys.stderr):
        return nullcontext()
    from mhatool.cli.lab_watch import watched

    return watched(trial)


def _tell(what: str) -> None:
    make_room()
    print(f"mhatool: {what}", file=sys.stderr, flush=True)


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def ended_by_signals() -> AbstractContextManager[None]:
    """SIGTERM and SIGHUP are as Ctrl-C; when one has come, the others don't disturb the cleaning up."""

    from mhatool.lab.run import interrupt

    def end(_number: int, _frame: Any) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        interrupt()

    return _handled(end)


def undisturbed() -> AbstractContextManager[None]:
    """What is done in here takes seconds, and half of it helps nobody: signals that end us are ignored."""
    return _handled(signal.SIG_IGN)


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


__all__ = ["ended_by_signals", "run_experiment", "undisturbed"]

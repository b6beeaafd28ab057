"""What our judges say of an experiment's captures: findings, the timeline, tables, and the simulation beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from mhatool.lab.trial import Trial
    from mhatool.timeline import Timeline

SIMULATED: Final = "simulated.pcapng"
_BEFORE_NS: Final = 1_000_000
"""How long before the next step the tables are shown."""


class Judgements(Struct, frozen=True):
    """Keys of the report, and the timeline as text, with the names of nodes."""

    document: dict[str, Any]
    story: str


def judge(trial: Trial) -> Judgements:
    """All of it, from the files of a trial that is over."""
    from mhatool.cli.timeline import built
    from mhatool.cli.tracing import read_names
    from mhatool.lab.gathering import ALL, NAMES
    from mhatool.timeline import as_json, as_text

    folder = trial.gathering.folder
    whole = built([str(folder / ALL)], None, None, for_people=False)
    names = read_names(str(folder / NAMES))
    document = {
        "captures": list(_captures(trial, whole)),
        "simulation": _compared(trial),
        "tables": list(_tables(trial)),
        "timeline": as_json(whole),
    }
    return Judgements(document, as_text(whole, names=names.by_address if names is not None else None))


def _captures(trial: Trial, whole: Timeline) -> Iterator[dict[str, Any]]:
    """Of all links, and of each."""
    from mhatool.cli.timeline import built
    from mhatool.lab.gathering import ALL

    yield _capture(ALL, whole)
    for link in trial.lab.topology.links:
        path = trial.gathering.capture_of(link)
        yield _capture(path.name, built([str(path)], None, None, for_people=False))


def _capture(file: str, timeline: Timeline) -> dict[str, Any]:
    from mhatool.validate.report import counts

    findings = {str(severity): count for severity, count in counts(timeline.findings).items()}
    return {"file": file, "packets": timeline.packets, "findings": findings}


def _tables(trial: Trial) -> Iterator[dict[str, Any]]:
    """As the paper shows them: of each node that has any, at the end of each step."""
    from mhatool.cli.kame import hear
    from mhatool.cli.tracing import read_names
    from mhatool.lab.gathering import ALL, NAMES
    from mhatool.protocol.at import at
    from mhatool.protocol.lifetime import NS_PER_S
    from mhatool.timeline.kame.captured import Captured

    hearing, _ = hear([str(trial.gathering.folder / ALL)], None, at(None))
    captured = Captured(hearing, read_names(str(trial.gathering.folder / NAMES)))
    ends = [*(done.began_ns for done in trial.done[1:]), trial.end_ns]
    for end_ns in ends:
        for node in captured.nodes():
            text = captured.tables(node, end_ns - _BEFORE_NS)
            if text:
                at_s = round((end_ns - _BEFORE_NS - trial.start_ns) / NS_PER_S, 3)
                yield {"at_s": at_s, "node": node.name, "text": text}


def _compared(trial: Trial) -> dict[str, Any] | None:
    """What differs from the scenario that is to tell the same story."""
    wanted = trial.experiment.simulation
    if wanted is None:
        return None
    from mhatool.capture.wanted import signalling
    from mhatool.cli.common import chosen_profile
    from mhatool.cli.reading import sources
    from mhatool.compare import compare, report, transactions_of
    from mhatool.lab.gathering import ALL

    simulated = trial.gathering.folder / SIMULATED
    _simulate(wanted.scenario, wanted.changes, simulated)
    profile = chosen_profile(None)
    files = [str(simulated), str(trial.gathering.folder / ALL)]
    first, second = (transactions_of(source, profile) for source in sources(files, sieve=signalling(profile)))
    comparison = compare(first, second, None)
    told = list(report.lines(comparison)) if comparison.differences else []
    return {
        "scenario": wanted.scenario,
        "changes": list(wanted.changes),
        "exchanges": len(first),
        "differences": told,
    }


def _simulate(scenario: str, changes: tuple[str, ...], to: Path) -> None:
    from mhatool.network.scenario import load
    from mhatool.network.scenario.run import Run

    with to.open("wb") as out:
        Run(load(scenario, list(changes)), None, out).happen()


__all__ = ["Judgements", "judge"]

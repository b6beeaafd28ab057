"""Drawings for an experiment's report, as SVG: everything over time, and the phases of each move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from mhatool.display.chart import Bar, Row, chart

PHASES: Final = {
    "movement detection": "a",
    "address and duplicate detection": "b",
    "home agent discovery": "c",
    "registration": "d",
}
"""The phases of a move, each with the letter of its colour."""
_MOMENTS: Final = {
    "noticed_after_s": "noticed",
    "taken_over_after_s": "taken over",
    "told_after_s": "told",
    "routing_switched_after_s": "routing switched",
}
"""What is drawn of a failure: the time until then."""


def overview(document: Mapping[str, Any]) -> str:
    """Bindings at each home agent and correspondent, and each stream with its losses, over the time of the run."""
    rows = [*_bindings(document), *_streams(document)]
    marks = [(step["at_s"], step["what"]) for step in document["steps"]]
    return chart(rows, marks, 0.0, document["duration_s"])


def after_step(document: Mapping[str, Any], index: int) -> str:
    """What became of traffic after a step, and the phases of its moves: from the step until all flows again."""
    step = document["steps"][index]
    begin_s, end_s = step["at_s"], _end_of(document, index)
    rows = [_phases(move) for move in document["moves"] if move["at_s"] == begin_s]
    for failure in document["failures"]:
        rows += _moments(failure) if failure["at_s"] == begin_s else []
    rows += _streams(document)
    margin = max((end_s - begin_s) * 0.06, 0.02)
    return chart(rows, [(begin_s, step["what"])], begin_s - margin, end_s + margin, zero_s=begin_s)


def _end_of(document: Mapping[str, Any], index: int) -> float:
    """When the last thing that a step led to was over."""
    begin_s = document["steps"][index]["at_s"]
    gaps = [gap["to_s"] for stream in document["streams"] for gap in _gaps(stream) if gap["step"] == index]
    moves = [move["at_s"] + (_total(move) or 0) for move in document["moves"] if move["at_s"] == begin_s]
    moments = [
        bar.to_s
        for failure in document["failures"]
        if failure["at_s"] == begin_s
        for row in _moments(failure)
        for bar in row.bars
    ]
    return float(max([begin_s + 0.1, *gaps, *moves, *moments]))


def _total(move: Mapping[str, Any]) -> float:
    return max(sum(phase["duration_s"] for phase in move["phases"]), move["optimised_after_s"] or 0)


# --- rows ---


def _bindings(document: Mapping[str, Any]) -> Iterator[Row]:
    names = {address: node["name"] for node in document["nodes"] for address in node["addresses"]}
    when = _clock(document["start"])
    timeline = document["timeline"]
    found: dict[str, list[Bar]] = {}
    colours: dict[str, str] = {}
    held = [(binding["home_agent"], binding) for binding in timeline["bindings"]]
    held += [(each["correspondent"], binding) for each in timeline["correspondents"] for binding in each["bindings"]]
    for holder, binding in held:
        for part in binding["care_of_addresses"]:
            colour = colours.setdefault(part["care_of_address"], f"care{len(colours) % 4}")
            end_s = when(part["end"]) if part["end"] else document["duration_s"]
            told = f"{names.get(holder, holder)} has {part['care_of_address']}"
            found.setdefault(holder, []).append(Bar(when(part["start"]), end_s, colour, told))
    for holder, bars in found.items():
        yield Row(f"binding at {names.get(holder, holder)}", tuple(bars))


def _streams(document: Mapping[str, Any]) -> list[Row]:
    rows = []
    for stream in document["streams"]:
        what = "waits" if stream["transport"] == "tcp" else "lost"
        bars = tuple(
            Bar(gap["from_s"], gap["to_s"], what, f"{gap['to_s'] - gap['from_s']:.3f} s {_count(gap)}")
            for gap in _gaps(stream)
        )
        rows.append(Row(f"{stream['transport']} {stream['from']} → {stream['to']}", bars, stream["from_s"]))
    return rows


def _count(gap: Mapping[str, Any]) -> str:
    return f"without {gap['count']} packets" if "count" in gap else "without news"


def _gaps(stream: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*stream.get("gaps", []), *stream.get("waits", [])]


def _phases(move: Mapping[str, Any]) -> Row:
    bars, begin_s = [], move["at_s"]
    for phase in move["phases"]:
        end_s = begin_s + phase["duration_s"]
        share = f", {phase['share']:.0%}" if phase["share"] is not None else ""
        bars.append(
            Bar(begin_s, end_s, f"phase-{PHASES[phase['name']]}", f"{phase['name']} {phase['duration_s']:.3f} s{share}")
        )
        begin_s = end_s
    return Row(f"{move['node']} registers", tuple(bars))


def _moments(failure: Mapping[str, Any]) -> list[Row]:
    found = []
    for key, name in _MOMENTS.items():
        after_s = failure[key]
        if after_s is not None:
            bar = Bar(failure["at_s"], failure["at_s"] + after_s, "moment", f"{name} after {after_s:.3f} s")
            found.append(Row(name, (bar,)))
    return sorted(found, key=lambda row: row.bars[0].to_s)


def _clock(start: str) -> Callable[[str], float]:
    """Seconds from the start, of a time as the timeline writes it."""
    zero = datetime.fromisoformat(start[:26] + "+00:00")
    return lambda text: (datetime.fromisoformat(text[:26] + "+00:00") - zero).total_seconds()


__all__ = ["PHASES", "after_step", "overview"]

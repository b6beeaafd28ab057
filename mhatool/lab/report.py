"""An experiment's report: one JSON document, and a few lines for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mhatool.lab.gathering import names_of
from mhatool.lab.measures import Measures, seconds
from mhatool.lab.trial import Trial
from mhatool.protocol.instant import rfc3339

SCHEMA_ID: Final = "mhatool.experiment/1"


def measured(trial: Trial) -> dict[str, Any]:
    """What was done and measured; judgements are added by whoever judges."""
    measures = Measures(trial)
    return {
        "schema": SCHEMA_ID,
        "name": trial.experiment.name,
        "title": trial.experiment.title,
        "topology": trial.experiment.topology,
        "start": rfc3339(trial.start_ns),
        "duration_s": seconds(trial.end_ns - trial.start_ns),
        "nodes": [{"name": name, "addresses": said["addresses"]} for name, said in names_of(trial.lab).items()],
        "steps": [{"at_s": seconds(done.began_ns - trial.start_ns), "what": done.step.told} for done in trial.done],
        "moves": measures.moves(),
        "failures": measures.failures(),
        "streams": measures.streams(),
    }


# --- for people ---


def lines(document: dict[str, Any]) -> Iterator[str]:
    """What was done, how long it took, what was lost, what the judges say."""
    yield f"{document['name']}: {document['title']}"
    told = [(move["at_s"], _move(move)) for move in document["moves"]]
    told += [(failure["at_s"], _failure(failure)) for failure in document["failures"]]
    for _, part in sorted(told, key=lambda pair: pair[0]):
        yield from part
    for stream in document["streams"]:
        yield stream_line(stream, document["steps"])
    yield from _judgements(document)


def _move(move: dict[str, Any]) -> Iterator[str]:
    accepted = move["accepted_after_s"]
    became = f"accepted after {accepted:.3f} s" if accepted is not None else "not accepted"
    optimised = move["optimised_after_s"]
    became += f", optimised after {optimised:.3f} s" if optimised is not None else ""
    yield f"{move['at_s']:7.2f} s  {move['node']} moves to {move['link']}: {became}"
    for phase in move["phases"]:
        share = f"{phase['share']:6.1%}" if phase["share"] is not None else ""
        yield f"           {phase['name']:31} {phase['duration_s']:7.3f} s {share}"


FAILURE_WORDS: Final = {
    "down_after_s": "its links are down",
    "noticed_after_s": "another agent holds it unreachable",
    "taken_over_after_s": "another agent answers for the home address",
    "told_after_s": "the mobile node is told",
    "routing_switched_after_s": "the last router has another way",
    "given_up_after_s": "the mobile node gives it up",
    "registered_again_after_s": "registered without it",
}


def moments(failure: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """What came of a failure, in words, and after how long; by time, last what wasn't seen.

    Of a failure that no agent noticed, only what was seen.
    """
    is_noticed = failure["noticed_after_s"] is not None
    found = [(words, failure[key]) for key, words in FAILURE_WORDS.items() if is_noticed or failure[key] is not None]
    return sorted(found, key=lambda moment: moment[1] if moment[1] is not None else math.inf)


def _failure(failure: dict[str, Any]) -> Iterator[str]:
    yield f"{failure['at_s']:7.2f} s  {failure['node']} fails ({failure['how']})"
    for words, after in moments(failure):
        yield f"           {words:42} {f'{after:7.3f} s' if after is not None else '-':>9}"


def stream_line(stream: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    """A direction of a stream in a line."""
    head = f"  {stream['transport']} {stream['from']} > {stream['to']}: {stream['sent']} sent"
    if stream["transport"] == "tcp":
        waits = ", ".join(f"{wait['to_s'] - wait['from_s']:.3f} s {_after(wait, steps)}" for wait in stream["waits"])
        return f"{head}, {stream['received']} came; waits: {waits or 'none'}"
    gaps = ", ".join(f"{gap['count']} in {outage(gap):.3f} s {_after(gap, steps)}" for gap in stream["gaps"])
    return f"{head}, {stream['lost']} lost{f': {gaps}' if gaps else ''}"


def outage(gap: dict[str, Any]) -> float:
    """Seconds from the first packet of a gap to the last one."""
    return float(gap["to_s"] - gap["from_s"])


def _after(gap: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    return f"({steps[gap['step']]['what']})" if gap["step"] is not None else "(before all)"


def _judgements(document: dict[str, Any]) -> Iterator[str]:
    for capture in document["captures"]:
        found = ", ".join(f"{count} {severity}s" for severity, count in capture["findings"].items() if count)
        yield f"  {capture['file']}: {capture['packets']} packets; findings: {found or 'none'}"
    simulation = document["simulation"]
    if simulation is not None:
        differences = simulation["differences"]
        yield f"  simulate {simulation['scenario']} tells {'another' if differences else 'the same'} story"
        yield from (f"    {line}" for line in differences)


# --- the schema ---

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_SECONDS: Final = {"type": "number"}
_LATER: Final = {"type": ["number", "null"], "description": "Seconds after it, null where it wasn't seen"}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _list(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(**properties)}


_STEP: Final = {"type": ["integer", "null"], "description": "The last step before it, from 0"}
_GAPS: Final = _list(count=_COUNT, from_s=_SECONDS, to_s=_SECONDS, step=_STEP)
_WAITS: Final = _list(from_s=_SECONDS, to_s=_SECONDS, step=_STEP)
_STREAM: Final[dict[str, Any]] = {
    **_object(
        **{"transport": {"enum": ["udp", "tcp"]}, "from": _TEXT, "to": _TEXT},
        from_s={"type": "number", "description": "When it began"},
        sent=_COUNT,
        received=_COUNT,
        lost=_COUNT,
        gaps={**_GAPS, "description": "Datagrams in a row that never came, by when they left"},
        waits={**_WAITS, "description": "How long TCP brought nothing, from 0.2 s on"},
    ),
    "required": ["transport", "from", "to", "from_s", "sent", "received", "lost"],
}
_SHARE: Final = {"type": ["number", "null"], "description": "Of the time until all home agents have accepted"}
_SIMULATION: Final = {
    "anyOf": [
        {"type": "null"},
        _object(
            scenario=_TEXT,
            changes={"type": "array", "items": _TEXT},
            exchanges=_COUNT,
            differences={"type": "array", "items": _TEXT},
        ),
    ]
}
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "What an experiment in a lab has measured",
    **_object(
        schema={"const": SCHEMA_ID},
        name=_TEXT,
        title=_TEXT,
        topology=_TEXT,
        start=_TEXT,
        duration_s=_SECONDS,
        nodes=_list(name=_TEXT, addresses={"type": "array", "items": _TEXT}),
        steps=_list(at_s=_SECONDS, what=_TEXT),
        moves=_list(
            node=_TEXT,
            link=_TEXT,
            at_s=_SECONDS,
            phases=_list(name=_TEXT, duration_s=_SECONDS, share=_SHARE),
            accepted_after_s=_LATER,
            optimised_after_s=_LATER,
        ),
        failures=_list(node=_TEXT, how=_TEXT, at_s=_SECONDS, **dict.fromkeys(FAILURE_WORDS, _LATER)),
        streams={"type": "array", "items": _STREAM},
        captures=_list(file=_TEXT, packets=_COUNT, findings={"type": "object", "additionalProperties": _COUNT}),
        simulation=_SIMULATION,
        tables=_list(at_s=_SECONDS, node=_TEXT, text=_TEXT),
        timeline={"type": "object", "description": "As `mhatool timeline --json` prints it: mhatool schema timeline"},
    ),
}

__all__ = ["FAILURE_WORDS", "SCHEMA", "lines", "measured", "moments", "outage", "stream_line"]

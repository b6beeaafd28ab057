"""`mhatool simulate --search`: networks drawn from seeds, each failing one with what replays it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mhatool.cli.common import Out, fail, is_terminal

if TYPE_CHECKING:
    from mhatool.search import Drawn, Outcome

_TELL_EVERY, _COLLECT_EVERY = 100, 50


def search(
    count: int, seed: int, keep: str | None, json: bool, outputs: dict[str, Any], *, quiet: bool = False
) -> None:
    """Run so many seeds from one on; fail where invariants don't hold, once all have been run and told.

    `keep` are the numbers of the misfortunes that happen, for one seed; `outputs` streams for its capture and trace.
    `quiet`: one of them is standard output, so nothing is told there. An interrupt ends it, and what was found by then
    is told.
    """
    out = Out("json" if json else "text")
    tells = not (json or quiet)
    found = Found(seed)
    try:
        for number in range(seed, seed + count):
            _run(_drawn(number, keep), outputs, found, out if tells else None, is_whole=keep is None and not outputs)
            _show_progress(found.seeds, count, len(found.failed))
            if number % _COLLECT_EVERY == 0:
                gc.collect()  # networks are circles of references, which the collector was told to count as old
    except KeyboardInterrupt:
        _tell_all(found, out, json=json, tells=tells)
        raise
    _tell_all(found, out, json=json, tells=tells)
    if found.failed:
        first = found.failed[0].drawn.command
        fail(f"{len(found.failed):,} of {count:,} seeds break an invariant", f"run `{first}`")


@dataclass(slots=True)
class Found:
    """What was found: the first seed, how many have been run, and how those ended that break an invariant."""

    seed: int
    seeds: int = 0
    failed: list[Outcome] = field(default_factory=list)


def _run(drawn: Drawn, outputs: dict[str, Any], found: Found, out: Out | None, *, is_whole: bool) -> None:
    """Run one seed, and tell it where it fails, with as few misfortunes as possible, as found by an interrupt."""
    from mhatool.search.run import run
    from mhatool.search.shrink import shrink

    outcome = run(drawn, outputs.get("write"), outputs.get("trace"))
    found.seeds += 1
    if outcome.holds:
        return
    found.failed.append(outcome)
    try:
        if is_whole:
            found.failed[-1] = shrink(outcome)
    finally:
        if out is not None:
            _tell(found.failed[-1], out)


def _tell_all(found: Found, out: Out, *, json: bool, tells: bool) -> None:
    if json:
        out.document(document(found.seed, found.seeds, found.failed))
    elif tells:
        failed = len(found.failed)
        out.line(f"{found.seeds:,} seeds from {found.seed} on: {found.seeds - failed:,} hold, {failed:,} don't")


def _show_progress(done: int, count: int, failed: int) -> None:
    """How far it is, now and then, on a terminal."""
    if is_terminal(sys.stderr) and done % _TELL_EVERY == 0:
        print(f"{done:,} of {count:,} seeds, {failed:,} fail", file=sys.stderr, flush=True)


def _drawn(seed: int, keep: str | None) -> Drawn:
    from mhatool.search.drawn import draw

    drawn = draw(seed)
    if keep is None:
        return drawn
    try:
        return drawn.keeping([_number(text) for text in _numbers(keep)])
    except ValueError as error:
        fail(f"--keep {keep}: {error}", "give numbers with commas between, as 0,3, or none")


def _numbers(keep: str) -> Iterable[str]:
    return () if keep == "none" else keep.split(",")


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _tell(found: Outcome, out: Out) -> None:
    out.line(f"seed {found.drawn.seed}: {found.drawn.shape}")
    for misfortune in found.drawn.happening:
        out.line(f"    {misfortune}")
    for name, wrong in found.broken:
        out.line(f"  broken: {name}: {wrong}")
    out.line(f"  again: {found.drawn.command}")


def document(seed: int, count: int, failed: list[Outcome]) -> dict[str, Any]:
    """What was found, as one JSON document."""
    return {
        "schema": SCHEMA["$id"],
        "seed": seed,
        "seeds": count,
        "failures": [
            {
                "seed": found.drawn.seed,
                "network": str(found.drawn.shape),
                "events": [str(each).strip() for each in found.drawn.happening],
                "broken": [{"invariant": name, "seen": wrong} for name, wrong in found.broken],
                "command": found.drawn.command,
            }
            for found in failed
        ],
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}


_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "mhatool.search/1",
    "title": "Seeds whose networks break an invariant",
    **_object(
        schema={"const": "mhatool.search/1"},
        seed={"type": "integer"},
        seeds={"type": "integer", "minimum": 0, "description": "Those that were run: fewer after an interrupt"},
        failures={
            "type": "array",
            "items": _object(
                seed={"type": "integer"},
                network=_TEXT,
                events={"type": "array", "items": _TEXT},
                broken={"type": "array", "items": _object(invariant=_TEXT, seen=_TEXT)},
                command=_TEXT,
            ),
        },
    ),
}

__all__ = ["SCHEMA", "document", "search"]

"""An experiment's report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from mhatool.display.page import card, table, whole_page
from mhatool.lab.charts import PHASES, after_step, overview
from mhatool.lab.report import moments, outage


def page(document: Mapping[str, Any], story: str) -> str:
    """The whole page; `story` is the timeline as text."""
    return whole_page(f"{document['name']}: {document['title']}", _facts(document), _body(document, story))


def _facts(document: Mapping[str, Any]) -> str:
    return f"topology {document['topology']}, {document['start'][:19]} UTC, {document['duration_s']:.1f} s"


def _body(document: Mapping[str, Any], story: str) -> Iterator[str]:
    yield from _cards(document)
    yield "<h2>Over time</h2>"
    yield overview(document)
    yield from _steps(document)
    yield from _traffic(document)
    yield from _judges(document)
    yield from _tables(document)
    yield "<h2>Timeline</h2>"
    yield f"<pre>{escape(story)}</pre>"


# --- at a glance ---


def _cards(document: Mapping[str, Any]) -> Iterator[str]:
    yield '<div class="cards">'
    for move in document["moves"]:
        after = move["accepted_after_s"]
        yield card(_s(after), f"{move['node']} to {move['link']}: accepted", bad=after is None)
    for index, step in enumerate(document["steps"]):
        worst = _longest(document, index)
        if worst is not None and any(failure["at_s"] == step["at_s"] for failure in document["failures"]):
            yield card(_s(worst), f"longest outage when {step['what']}", bad=worst >= 1)
    if document["streams"]:
        lost = sum(stream["lost"] for stream in document["streams"])
        yield card(f"{lost:,}", f"packets lost of {sum(stream['sent'] for stream in document['streams']):,}")
    errors = sum(capture["findings"].get("error", 0) for capture in document["captures"])
    yield card(str(errors), "errors found in the captures", bad=errors > 0)
    simulation = document["simulation"]
    if simulation is not None:
        found = len(simulation["differences"])
        yield card("same" if not found else "differs", f"story as simulate {simulation['scenario']}", bad=found > 0)
    yield "</div>"


def _longest(document: Mapping[str, Any], index: int) -> float | None:
    gaps = [gap for stream in document["streams"] for gap in stream.get("gaps", []) if gap["step"] == index]
    return max(map(outage, gaps)) if gaps else None


def _s(seconds: float | None) -> str:
    return f"{seconds:.3f} s" if seconds is not None else "–"


# --- step by step ---


def _steps(document: Mapping[str, Any]) -> Iterator[str]:
    for index, step in enumerate(document["steps"]):
        if not _led_to_anything(document, index):
            continue
        yield f"<h2>{escape(step['what'])}, at {step['at_s']:.2f} s</h2>"
        yield after_step(document, index)
        for move in document["moves"]:
            if move["at_s"] == step["at_s"]:
                yield from _move(move)
        for failure in document["failures"]:
            if failure["at_s"] == step["at_s"]:
                yield from _failure(document, failure)


def _led_to_anything(document: Mapping[str, Any], index: int) -> bool:
    """Whether there is something to show of a step."""
    at_s = document["steps"][index]["at_s"]
    changes = (change["at_s"] == at_s for change in (*document["moves"], *document["failures"]))
    gaps = (gap for stream in document["streams"] for gap in (*stream.get("gaps", []), *stream.get("waits", [])))
    return any(changes) or any(gap["step"] == index for gap in gaps)


def _move(move: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        (
            f'<span class="key phase-{PHASES[phase["name"]]}"></span>{escape(phase["name"])}',
            _s(phase["duration_s"]),
            f"{phase['share']:.1%}" if phase["share"] is not None else "–",
        )
        for phase in move["phases"]
    ]
    yield from table(("Phase", "Took>", "Share>"), rows)
    if move["optimised_after_s"] is not None:
        yield f'<p class="soft">Correspondents had accepted {_s(move["optimised_after_s"])} after the link change.</p>'


def _failure(document: Mapping[str, Any], failure: Mapping[str, Any]) -> Iterator[str]:
    rows = [(escape(words), _s(after)) for words, after in moments(failure)]
    yield from table(("What came of it", "After>"), rows)
    for outage_ in document["timeline"]["failures"]:
        for recovery in outage_["recoveries"]:
            phases = [(escape(phase["name"]), _s(phase["duration_s"])) for phase in recovery["phases"]]
            yield from table(("Recovery by phase, from the packets", "Took>"), phases)


# --- the rest ---


def _traffic(document: Mapping[str, Any]) -> Iterator[str]:
    if not document["streams"]:
        return
    yield "<h2>Traffic</h2>"
    rows = []
    for stream in document["streams"]:
        gaps = [(gap, f"{gap['count']} in {_s(outage(gap))}") for gap in stream.get("gaps", [])]
        gaps += [(wait, f"{_s(outage(wait))} without news") for wait in stream.get("waits", [])]
        told = "<br>".join(escape(f"{text}, from {gap['from_s']:.3f} s") for gap, text in gaps)
        way = f"{stream['transport']} {stream['from']} → {stream['to']}"
        rows.append((escape(way), told or "–", f"{stream['sent']:,}", f"{stream['received']:,}", f"{stream['lost']:,}"))
    yield from table(("Stream", "Lost, or late", "Sent>", "Came>", "Lost>"), rows)


def _judges(document: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Captures</h2>"
    rows = [
        (
            f'<a href="{escape(capture["file"])}">{escape(capture["file"])}</a>',
            f"{capture['packets']:,}",
            *(str(capture["findings"].get(severity, 0)) for severity in ("error", "warning", "note")),
        )
        for capture in document["captures"]
    ]
    yield from table(("File", "Packets>", "Errors>", "Warnings>", "Notes>"), rows)
    simulation = document["simulation"]
    if simulation is not None:
        changes = " ".join(f"--set {change}" for change in simulation["changes"])
        yield f"<h3>Beside <code>mhatool simulate {escape(simulation['scenario'])} {escape(changes)}</code></h3>"
        told = "\n".join(simulation["differences"]) or f"No differences in {simulation['exchanges']} exchanges."
        yield f"<pre>{escape(told)}</pre>"


def _tables(document: Mapping[str, Any]) -> Iterator[str]:
    times = dict.fromkeys(table["at_s"] for table in document["tables"])
    if times:
        yield "<h2>Binding tables, as the paper prints them</h2>"
    for at_s in times:
        yield f'<details open><summary>at {at_s:.2f} s</summary><div class="tables">'
        for found in document["tables"]:
            if found["at_s"] == at_s:
                yield f"<div><h3>{escape(found['node'])}</h3><pre>{escape(found['text'])}</pre></div>"
        yield "</div></details>"


__all__ = ["page"]

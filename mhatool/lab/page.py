"""An experiment's report as one HTML page that needs nothing else: no scripts, no fonts, no pictures from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from mhatool.lab.charts import PHASES, after_step, overview
from mhatool.lab.report import moments, outage

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6878; --line: #d9dee6; --ground: #fff; --card: #f5f7fa;
  --good: #2f9e6e; --bad: #d1435b; --late: #e08a1e; --a: #4c78c8; --b: #8e6bbf; --c: #35a0a8; --d: #c9a227;
  --care0: #6fa8dc; --care1: #93c47d; --care2: #f6b26b; --care3: #c27ba0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #9aa5b4; --line: #38414d; --ground: #161b22;
  --card: #1f2630; } }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.2rem 4rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.4rem 0 .6rem; } h3 { font-size: 1rem; }
.soft, .facts { color: var(--soft); } .facts { margin: .3rem 0 1.4rem; }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; }
.card { background: var(--card); border-radius: 8px; padding: .7rem 1rem; min-width: 9rem; }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.card.good b { color: var(--good); } .card.bad b { color: var(--bad); }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 1.2rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; } td.n, th.n { text-align: right; }
svg { width: 100%; height: auto; display: block; margin: .5rem 0; font: 11.5px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .name { text-anchor: end; } svg .tick { text-anchor: middle; fill: var(--soft); }
svg .grid { stroke: var(--line); } svg line.mark { stroke: var(--ink); stroke-dasharray: 3 3; }
svg text.mark { font-weight: 600; } .flows { fill: var(--good); opacity: .45; } .lost { fill: var(--bad); }
.waits { fill: var(--late); }
.care0 { fill: var(--care0); } .care1 { fill: var(--care1); } .care2 { fill: var(--care2); }
.care3 { fill: var(--care3); } .phase-a { fill: var(--a); } .phase-b { fill: var(--b); } .phase-c { fill: var(--c); }
.phase-d { fill: var(--d); } .moment { fill: var(--a); opacity: .8; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
.key.phase-a { background: var(--a); } .key.phase-b { background: var(--b); } .key.phase-c { background: var(--c); }
.key.phase-d { background: var(--d); } .key.lost { background: var(--bad); }
pre { background: var(--card); border-radius: 8px; padding: .8rem 1rem; overflow-x: auto; font-size: 12.5px; }
.tables { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 0 1rem; }
details { margin: .4rem 0; } summary { cursor: pointer; }
"""


def page(document: Mapping[str, Any], story: str) -> str:
    """The whole page; `story` is the timeline as text."""
    title = escape(f"{document['name']}: {document['title']}")
    return "\n".join([
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f'<p class="facts">topology {escape(document["topology"])}, {escape(document["start"][:19])} UTC, '
        f"{document['duration_s']:.1f} s</p>",
        *_cards(document),
        "<h2>Over time</h2>",
        overview(document),
        *_steps(document),
        *_traffic(document),
        *_judges(document),
        *_tables(document),
        "<h2>Timeline</h2>",
        f"<pre>{escape(story)}</pre>",
        "</body></html>\n",
    ])  # fmt: skip


# --- at a glance ---


def _cards(document: Mapping[str, Any]) -> Iterator[str]:
    yield '<div class="cards">'
    for move in document["moves"]:
        after = move["accepted_after_s"]
        yield _card(_s(after), f"{move['node']} to {move['link']}: accepted", bad=after is None)
    for index, step in enumerate(document["steps"]):
        worst = _longest(document, index)
        if worst is not None and any(failure["at_s"] == step["at_s"] for failure in document["failures"]):
            yield _card(_s(worst), f"longest outage when {step['what']}", bad=worst >= 1)
    if document["streams"]:
        lost = sum(stream["lost"] for stream in document["streams"])
        yield _card(f"{lost:,}", f"packets lost of {sum(stream['sent'] for stream in document['streams']):,}")
    errors = sum(capture["findings"].get("error", 0) for capture in document["captures"])
    yield _card(str(errors), "errors found in the captures", bad=errors > 0)
    simulation = document["simulation"]
    if simulation is not None:
        found = len(simulation["differences"])
        yield _card("same" if not found else "differs", f"story as simulate {simulation['scenario']}", bad=found > 0)
    yield "</div>"


def _card(value: str, what: str, *, bad: bool = False) -> str:
    return f'<div class="card {"bad" if bad else "good"}"><b>{escape(value)}</b>{escape(what)}</div>'


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
    yield from _table(("Phase", "Took", "Share"), rows, numbers=2)
    if move["optimised_after_s"] is not None:
        yield f'<p class="soft">Correspondents had accepted {_s(move["optimised_after_s"])} after the link change.</p>'


def _failure(document: Mapping[str, Any], failure: Mapping[str, Any]) -> Iterator[str]:
    rows = [(escape(words), _s(after)) for words, after in moments(failure)]
    yield from _table(("What came of it", "After"), rows, numbers=1)
    for outage_ in document["timeline"]["failures"]:
        for recovery in outage_["recoveries"]:
            phases = [(escape(phase["name"]), _s(phase["duration_s"])) for phase in recovery["phases"]]
            yield from _table(("Recovery by phase, from the packets", "Took"), phases, numbers=1)


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
    yield from _table(("Stream", "Lost, or late", "Sent", "Came", "Lost"), rows, numbers=3)


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
    yield from _table(("File", "Packets", "Errors", "Warnings", "Notes"), rows, numbers=4)
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
        for table in document["tables"]:
            if table["at_s"] == at_s:
                yield f"<div><h3>{escape(table['node'])}</h3><pre>{escape(table['text'])}</pre></div>"
        yield "</div></details>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int) -> Iterator[str]:
    """A table whose cells are HTML; the last `numbers` columns are to the right."""
    first = len(head) - numbers

    def line(tag: str, cells: Sequence[str]) -> str:
        kinds = ("" if index < first else ' class="n"' for index in range(len(cells)))
        return f"<tr>{''.join(f'<{tag}{kind}>{cell}</{tag}>' for kind, cell in zip(kinds, cells, strict=True))}</tr>"

    yield f"<table><thead>{line('th', list(map(escape, head)))}</thead><tbody>"
    yield from (line("td", row) for row in rows)
    yield "</tbody></table>"


__all__ = ["page"]

"""HTML pages that need nothing else: no scripts, no fonts, no pictures from elsewhere. Light or dark, as each likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

COLOURS: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6878; --line: #d9dee6; --ground: #fff; --card: #f5f7fa;
  --good: #2f9e6e; --bad: #d1435b; --late: #e08a1e; --a: #4c78c8; --b: #8e6bbf; --c: #35a0a8; --d: #c9a227;
  --care0: #6fa8dc; --care1: #93c47d; --care2: #f6b26b; --care3: #c27ba0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #9aa5b4; --line: #38414d; --ground: #161b22;
  --card: #1f2630; } }
"""
SHAPES: Final = """
svg text { fill: var(--ink); font: 11.5px system-ui, sans-serif; } svg .name { text-anchor: end; }
svg .tick { text-anchor: middle; fill: var(--soft); }
svg .grid { stroke: var(--line); } svg line.mark { stroke: var(--ink); stroke-dasharray: 3 3; }
svg text.mark { font-weight: 600; } .flows { fill: var(--good); opacity: .45; } .lost { fill: var(--bad); }
.waits { fill: var(--late); } .error { fill: var(--bad); } .warning { fill: var(--late); } .note { fill: var(--soft); }
.care0 { fill: var(--care0); } .care1 { fill: var(--care1); } .care2 { fill: var(--care2); }
.care3 { fill: var(--care3); } .phase-a { fill: var(--a); } .phase-b { fill: var(--b); } .phase-c { fill: var(--c); }
.phase-d { fill: var(--d); } .moment { fill: var(--a); opacity: .8; }
svg .lane { stroke: var(--line); stroke-width: 2; } svg .node { text-anchor: middle; font-weight: 600; }
svg .said { text-anchor: middle; } svg .time { fill: var(--soft); } svg .arrow { stroke: var(--a); stroke-width: 1.5; }
svg .tunnelled { stroke-dasharray: 6 3; } svg .head { fill: var(--a); } svg .remark { fill: var(--card);
  stroke: var(--line); } svg .remark.bound { stroke: var(--good); } svg .remark.gap { stroke: var(--bad); }
svg .remark.found { stroke: var(--late); }
"""
STYLE: Final = f"""{COLOURS}
body {{ margin: 0 auto; max-width: 62rem; padding: 2rem 1.2rem 4rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.5rem; margin: 0; }} h2 {{ font-size: 1.1rem; margin: 2.4rem 0 .6rem; }} h3 {{ font-size: 1rem; }}
.soft, .facts {{ color: var(--soft); }} .facts {{ margin: .3rem 0 1.4rem; }}
.cards {{ display: flex; flex-wrap: wrap; gap: .8rem; }}
.card {{ background: var(--card); border-radius: 8px; padding: .7rem 1rem; min-width: 9rem; }}
.card b {{ display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }}
.card.good b {{ color: var(--good); }} .card.bad b {{ color: var(--bad); }}
table {{ border-collapse: collapse; width: 100%; margin: .3rem 0 1.2rem; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }}
th {{ color: var(--soft); font-weight: 500; }} td.n, th.n {{ text-align: right; }}
td:last-child {{ overflow-wrap: anywhere; }}
svg {{ width: 100%; height: auto; display: block; margin: .5rem 0; }} .wide {{ overflow-x: auto; }}
.key {{ display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }}
.key.phase-a {{ background: var(--a); }} .key.phase-b {{ background: var(--b); }}
.key.phase-c {{ background: var(--c); }} .key.phase-d {{ background: var(--d); }}
.key.lost {{ background: var(--bad); }}
.key.care0 {{ background: var(--care0); }} .key.care1 {{ background: var(--care1); }}
.key.care2 {{ background: var(--care2); }} .key.care3 {{ background: var(--care3); }}
pre {{ background: var(--card); border-radius: 8px; padding: .8rem 1rem; overflow-x: auto; font-size: 12.5px; }}
.tables {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 0 1rem; }}
details {{ margin: .4rem 0; }} summary {{ cursor: pointer; }}
{SHAPES}"""


def whole_page(title: str, facts: str, body: Iterable[str]) -> str:
    """A page under a title, with a line of facts; `body` is HTML."""
    head = escape(title)
    return "\n".join([
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{head}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{head}</h1>",
        f'<p class="facts">{escape(facts)}</p>',
        *body,
        "</body></html>\n",
    ])  # fmt: skip


def card(value: str, what: str, *, bad: bool = False) -> str:
    """A figure that tells most, with a word about it."""
    return f'<div class="card {"bad" if bad else "good"}"><b>{escape(value)}</b>{escape(what)}</div>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table whose cells are HTML; a column whose name ends in `>` is flush right."""
    kinds = [' class="n"' if column.endswith(">") else "" for column in columns]

    def line(tag: str, cells: Sequence[str]) -> str:
        return f"<tr>{''.join(f'<{tag}{kind}>{cell}</{tag}>' for kind, cell in zip(kinds, cells, strict=True))}</tr>"

    yield f"<table><thead>{line('th', [escape(column.rstrip('>')) for column in columns])}</thead><tbody>"
    yield from (line("td", row) for row in rows)
    yield "</tbody></table>"


__all__ = ["COLOURS", "SHAPES", "STYLE", "card", "table", "whole_page"]

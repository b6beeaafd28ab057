"""What was measured, told: as a table for people, as JSON, and as a part of the README."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.others import LITTLE
from bench.result import Result

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "bench.json"
README = ROOT / "README.md"
_BLOCK = re.compile(r"<!-- bench -->\n.*?<!-- /bench -->", re.DOTALL)

#: What the README shows, by keys: what it is, where that isn't as in the row above, and beside whom.
README_ROWS = {
    "scan-cat": ("find all signalling: `mhatool info`", "`cat`, which only reads"),
    "scan-tcpdump": ("", "`tcpdump FILTER`, piped into `tshark -T fields`"),
    "scan-dpkt": ("", "dpkt, without those in fragments"),
    "scan-tshark": ("", "`tshark -Y FILTER -T fields`"),
    "memory-limit": ("memory for it", "limit"),
    "objects-tshark": ("to objects, with checksums and bindings", "`tshark -T fields`"),
    "objects-scapy": ("", "Scapy, by a part, without checksums"),
    "validate-tshark": ("against all rules: `mhatool validate`", "`tshark -T fields`"),
}


class NoBlockError(Exception):
    """The README has no block for the figures; the text says what it looks like."""


def print_table(results: Sequence[Result]) -> None:
    """Each measurement a row; a promise that isn't kept is marked."""
    table = Table("measurement", "ours", "peer", "peer's", "compared", "promised", "runs")
    table.title = "mhatool beside its peers (medians)"
    for result in results:
        ours, theirs = figure(result.ours, result.unit), figure(result.theirs, result.unit)
        kept = "" if result.required is None else promise(result.required) + ("" if result.held else "  MISSED")
        table.add_row(result.what, ours, result.peer, theirs, comparison(result.ratio), kept, str(result.runs))
    Console(width=None if sys.stdout.isatty() else 190).print(table)


def figure(value: float, unit: str) -> str:
    """Three figures, with the unit."""
    text = f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:.3f} {unit}" if value < 1 else f"{text} {unit}"


def comparison(ratio: float) -> str:
    """How many times better, or how many times the peer's time or memory it takes."""
    return f"{ratio:.1f} x better" if ratio >= 1 else f"{1 / ratio:.2f} x the peer's"


def promise(required: float) -> str:
    """The least that `comparison` may say."""
    if required == 1:
        return "no worse"
    return f"{required:g} x better" if required > 1 else f"{1 / required:g} x the peer's at most"


def document(results: Sequence[Result], others: float = 0.0) -> dict[str, Any]:
    """What the file holds; `others`: how many cores other programs used meanwhile."""
    return {
        "schema": "mhatool.bench/1",
        "machine": _machine() | {"used_by_others": others},
        "measurements": [result._asdict() | {"held": result.held} for result in results],
    }


def write(results: Sequence[Result], path: Path = FILE, others: float = 0.0) -> None:
    """Put the figures into the file, ratios and all with four digits."""
    rounded = json.loads(json.dumps(document(results, others)), parse_float=lambda text: float(f"{float(text):.4g}"))
    path.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


def _machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "tshark": _first_version("tshark"),
        "tcpdump": _first_version("tcpdump"),
        "scapy": version("scapy"),
        "dpkt": version("dpkt"),
    }


def _first_version(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(?:\.\d+)+", said.stdout + said.stderr)
    return found[0] if found else "unknown"


# --- README ---


def readme_block(figures: dict[str, Any]) -> str:
    """The marked part of the README, from what the file holds."""
    by_key = {each["key"]: each for each in figures["measurements"]}
    machine, scan, objects = figures["machine"], by_key["scan-cat"], by_key["objects-tshark"]
    lines = [
        "<!-- bench -->",
        f"In {_size(scan['what'])}, 0.5 % of them mobility signalling, also in VLANs, tunnels, fragments and behind",
        f"extension headers; then with {_size(objects['what'])}:",
        "",
        "| | mhatool | beside it | | |",
        "|---|---|---|---|---|",
        *(_readme_row(by_key[key], *words) for key, words in README_ROWS.items()),
        "",
        f"Whole processes, medians, {machine['cores']} cores, Python {machine['python']}, tshark {machine['tshark']}, "
        f"Scapy {machine['scapy']}, dpkt {machine['dpkt']}{_beside(machine)}.",
        "`make bench` measures it again; all figures are in [docs/bench.json](docs/bench.json).",
        "<!-- /bench -->",
    ]
    return "\n".join(lines)


def _beside(machine: dict[str, Any]) -> str:
    """That the machine had something else to do, where it had."""
    cores = machine.get("used_by_others", 0.0)
    return f"; other programs used {cores:.1f} of the cores meanwhile" if cores > LITTLE else ""


def _size(what: str) -> str:
    """The part of a measurement's words that says how much it was."""
    found = re.search(r"\d[\d,]* (?:packets, [\d.]+ GB|signalling messages)", what)
    return found[0] if found else what


def _readme_row(row: dict[str, Any], what: str, peer: str) -> str:
    ours, theirs = figure(row["ours"], row["unit"]), figure(row["theirs"], row["unit"])
    return f"| {what} | {ours} | {peer} | {theirs} | {comparison(row['ratio'])} |"


def rewrite_readme(path: Path = README, figures: Path = FILE) -> None:
    """Put the file's figures into the README; NoBlockError where it has no place for them."""
    text = path.read_text(encoding="utf-8")
    block = readme_block(json.loads(figures.read_text(encoding="utf-8")))
    if block_of(text) is None:
        raise NoBlockError(f"{path.name} has no part between <!-- bench --> and <!-- /bench -->: put the two lines in")
    path.write_text(_BLOCK.sub(lambda _: block, text), encoding="utf-8")


def block_of(text: str) -> str | None:
    """The marked part as it stands; None without one."""
    found = _BLOCK.search(text)
    return found[0] if found else None

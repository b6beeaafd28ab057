"""README's figures are those of docs/bench.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import report


def figures() -> dict[str, Any]:
    """A file with round numbers."""

    def measurement(key: str, ratio: float, what: str = "", unit: str = "s") -> dict[str, Any]:
        return {"key": key, "what": what, "unit": unit, "ours": 2.0, "theirs": 2.0 * ratio, "ratio": ratio}

    measurements = [
        measurement("scan-cat", 0.5, "info: find all signalling in 2,000 packets, 1.50 GB"),
        *(measurement(key, 40.0) for key in ("scan-tcpdump", "scan-dpkt", "scan-tshark")),
        measurement("memory-limit", 1.5, unit="MB"),
        measurement("objects-tshark", 3.0, "300 signalling messages to objects"),
        *(measurement(key, 1.0) for key in ("objects-scapy", "validate-tshark", "not-in-the-readme")),
    ]
    machine = {"cores": 2, "python": "3.11.7", "tshark": "4.0.17", "scapy": "2.8.0", "dpkt": "1.9.8"}
    return {"machine": machine, "measurements": measurements}


def test_the_readme_says_what_was_measured() -> None:
    block = report.block_of(report.README.read_text(encoding="utf-8"))
    assert block == report.readme_block(json.loads(report.FILE.read_text(encoding="utf-8")))


def test_every_row_has_its_figures() -> None:
    lines = report.readme_block(figures()).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 1 + len(report.README_ROWS)
    assert all(row.count("|") == 6 for row in rows)
    assert rows[1].endswith("| 2.00 s | `cat`, which only reads | 1.00 s | 2.00 x the peer's |")
    assert rows[4].endswith("| 2.00 s | `tshark -Y FILTER -T fields` | 80.0 s | 40.0 x better |")
    assert rows[5] == "| memory for it | 2.00 MB | limit | 3.00 MB | 1.5 x better |"
    assert "In 2,000 packets, 1.50 GB" in "\n".join(lines)
    assert "with 300 signalling messages:" in "\n".join(lines)


def test_rewriting_changes_the_marked_part_alone(tmp_path: Path) -> None:
    readme, file = tmp_path / "README.md", tmp_path / "bench.json"
    file.write_text(json.dumps(figures()))
    readme.write_text("# Before\n\n<!-- bench -->\nold | \\1\n<!-- /bench -->\n\nafter\n")
    report.rewrite_readme(readme, file)
    block = report.readme_block(figures())
    assert readme.read_text() == f"# Before\n\n{block}\n\nafter\n"
    report.rewrite_readme(readme, file)
    assert readme.read_text() == f"# Before\n\n{block}\n\nafter\n"


def test_a_readme_without_the_part_is_told(tmp_path: Path) -> None:
    readme, file = tmp_path / "README.md", tmp_path / "bench.json"
    file.write_text(json.dumps(figures()))
    readme.write_text("# Nothing here\n")
    with pytest.raises(report.NoBlockError, match=r"README\.md has no part between"):
        report.rewrite_readme(readme, file)

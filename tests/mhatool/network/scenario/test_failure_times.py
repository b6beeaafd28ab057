"""docs/failure-times.md is what the scenarios give today, and within what the timers allow."""

import re
from pathlib import Path

import pytest

from mhatool.network.scenario.failure_times import CASES, FAST, PROBES, crowd, document

PAGE = Path(__file__).resolve().parents[4] / "docs" / "failure-times.md"
FAILURES = 3


def test_the_page_is_up_to_date() -> None:
    written = PAGE.read_text("utf-8")
    made = document(with_crowd=False)
    assert written.startswith(made)
    rows = [line.split(" | ") for line in made.splitlines() if re.match(r"\| (routers|one-armed)", line)]
    assert len(rows) == len(CASES)
    for case, cells in zip(CASES, rows, strict=True):
        interval_s, idle_s = PROBES[case.probes]
        assert float(cells[3]) <= idle_s + FAILURES * interval_s
        assert 0 < float(cells[4]) - float(cells[3]) < 0.5
        if case.probes == FAST:
            assert float(cells[4]) <= 0.7


def test_a_crowd_of_twenty() -> None:
    text = crowd(("nodes.mn.copies=20",))
    assert "## 20 mobile nodes at once" in text
    assert "; 20 have all agents again" in text
    assert "Until then 20 Home Agent Unreachable messages" in text
    octets = [int(cell.replace(",", "")) for cell in re.findall(r"\| ([\d,]+) \|$", text, re.MULTILINE)]
    assert len(octets) == 6
    assert all(octets)


@pytest.mark.soak
def test_the_page_of_the_crowd_is_up_to_date() -> None:
    made = document(with_crowd=True)
    print(made)
    assert PAGE.read_text("utf-8") == made
    assert "; 1,000 have all agents again" in made

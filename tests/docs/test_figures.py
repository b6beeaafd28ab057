"""Figures in the documentation are those of the records beside it, or ranges that hold them."""

import json
import re

import pytest

from tests.docs.test_examples import REPOSITORY

DOCS = REPOSITORY / "docs"
RATIOS = {
    measured["key"]: measured["ratio"] for measured in json.loads((DOCS / "bench.json").read_text())["measurements"]
}
LIVE = (DOCS / "live.md").read_text("utf-8")
#: A row of the table of live.md, and what lab-slow.txt says in its place.
ROWS = {
    "another agent holds it unreachable, and answers for the home address": [
        "another agent holds it unreachable",
        "another agent answers for the home address",
    ],
    "the mobile node is told": ["the mobile node is told"],
    "the last router has another way": ["the last router has another way"],
    "registered without it, with a third agent": ["registered without it"],
}


def recorded(experiment: str) -> str:
    """What lab-slow.txt holds of it."""
    whole = (DOCS / "lab-slow.txt").read_text("utf-8")
    return whole.partition(f"\n{experiment}: ")[2].partition("\n\n")[0]


def in_the_table(row: str, column: int) -> float:
    found = re.search(rf"^\| {re.escape(row)} \|(.*)\|$", LIVE, re.MULTILINE)
    assert found is not None, row
    return float(found[1].split("|")[column])


@pytest.mark.parametrize(("column", "experiment"), list(enumerate(["failure", "failure-slow"])))
def test_how_long_a_dead_agent_is_felt(column: int, experiment: str) -> None:
    record = recorded(experiment)
    for row, names in ROWS.items():
        for name in names:
            found = re.search(rf"^ +{name} +([\d.]+) s$", record, re.MULTILINE)
            assert found is not None, name
            assert round(float(found[1]), 1) == in_the_table(row, column), (row, found[1])
    gaps = [float(gap) for gap in re.findall(r"in ([\d.]+) s \(ha1 fails", record)]
    assert round(max(gaps), 1) == in_the_table("packets are lost for", column)


def test_what_slow_routing_adds_up_to() -> None:
    """RFC 2080, 2.4: an update each 30 s, a route ends 180 s after the last one: 180 - 30 and 180 + 30."""
    record = recorded("failure-slow")
    found = re.search(r"the last router has another way +([\d.]+) s", record)
    assert found is not None
    assert "150 s to 210 s" in LIVE
    assert 150 < float(found[1]) < 210


@pytest.mark.parametrize(
    ("plane", "peer", "pattern"),
    [
        ("seg6-*-to", "", r"about ([\d.]+) to ([\d.]+) to a mobile node"),
        ("seg6-*-from", "", r"and ([\d.]+) to ([\d.]+) from it \(`seg6`\)"),
        ("tun-*-*", "", r"([\d.]+) to ([\d.]+) \(`tun`\)"),
        ("seg6-*-*", "-bare", r"without a tunnel, and ([\d.]+) to ([\d.]+) and"),
        ("tun-*-*", "-bare", r"without a tunnel, and [\d.]+ to [\d.]+ and ([\d.]+) to ([\d.]+) of what a router"),
    ],
)
def test_what_tunnels_carry(plane: str, peer: str, pattern: str) -> None:
    keys = re.compile("carried-" + plane.replace("*", r"\w+") + peer)
    found = re.search(pattern, re.sub(r"\s+", " ", LIVE))
    assert found is not None
    measured = [ratio for key, ratio in RATIOS.items() if keys.fullmatch(key)]
    assert measured
    assert all(float(found[1]) <= ratio <= float(found[2]) for ratio in measured), measured


def test_what_a_packet_that_is_looked_at_costs() -> None:
    """Times as long as tshark alone: in words, since it is one for all machines."""
    text = re.sub(r"\s+", " ", (DOCS / "wireshark.md").read_text("utf-8"))
    assert "takes ten to twenty times as long as tshark takes alone" in text
    assert 10 < 1 / RATIOS["plugin-looked-at"] < 20

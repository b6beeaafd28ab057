"""The rows tell what the timeline tells, nothing less."""

from pathlib import Path

import pytest

from mhatool.timeline import Timeline, as_text
from mhatool.view.story import Story
from tests.mhatool.view.stories import told

CAPTURES = ["umip/failover60-mn.pcap", "umip/ro-mn.pcap", "umip/tour-mn.pcap", "scenarios/ha-failure.pcapng"]


@pytest.mark.parametrize("name", CAPTURES)
def test_every_time_in_the_text_has_a_row(captures: Path, name: str) -> None:
    made, story = told(captures / name)
    rows = {story.words.clock(row.time_ns) for row in story.listing.rows}
    telling = as_text(made).partition("\nNodes\n")
    lines = [
        line.split() for part in (telling[0], telling[2].partition("\nFindings\n")[2]) for line in part.splitlines()
    ]
    starts = {words[0] for words in lines if words and words[0].count(":") == 2 and "." in words[0]}
    steps = {
        story.words.clock(step.time_ns) for gap in made.gaps for step in gap.steps
    }  # in the story of the gap's row
    assert starts
    assert starts - rows - steps == set()


@pytest.mark.parametrize("name", CAPTURES)
def test_rows_are_in_order_and_hold_all_events_and_findings(captures: Path, name: str) -> None:
    made, story = told(captures / name)
    rows = story.listing.rows
    assert [row.time_ns for row in rows] == sorted(row.time_ns for row in rows)
    kinds = [(e.time_ns, e.home_address, e.home_agent, e.frames) for e in made.events]
    assert set(kinds) <= {(r.time_ns, r.home_address, r.node, r.frames) for r in rows}
    assert [row.finding for row in rows if row.finding is not None] == list(made.findings)


def test_what_a_failover_looks_like(failover: tuple[Timeline, Story]) -> None:
    """Frames and durations are those of `timeline` and the MANIFEST."""
    rows = {(row.what, row.detail) for row in failover[1].listing.rows}
    assert ("unanswered ×6", "A  seq 42217-42222  60 s  frames 349..378  until 09:55:43.048") in rows
    assert ("no usable binding", "for 107.416 s  until 09:56:16.116  updates stayed unanswered") in rows
    assert ("expired", "A  no packet: the lifetime was over") in rows
    assert ("registered", "A  seq 47076  60 s  frames 395 397  after 1.051 s") in rows


def test_trouble_is_what_failed_or_was_found(failover: tuple[Timeline, Story]) -> None:
    kinds = {row.what.split(" ×")[0]: row.is_trouble for row in failover[1].listing.rows}
    assert {what for what, is_trouble in kinds.items() if is_trouble} == {
        "unanswered", "no usable binding", "no valid binding", "not delivered", "prefixes asked", "warning", "note",
    }  # fmt: skip


def test_a_failing_home_agent_and_its_alarms(captures: Path) -> None:
    _, story = told(captures / "scenarios" / "ha-failure.pcapng")
    told_of = [row for row in story.listing.rows if row.what in ("agent fails", "told")]
    assert [row.what for row in told_of] == ["agent fails", "told"]
    assert all(row.is_trouble for row in told_of)
    assert any("cost" in line for line in told_of[1].story)

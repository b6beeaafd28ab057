"""Packets and tables are read again when they are asked for, and are what `dissect` and `timeline --at` print."""

from pathlib import Path

import pytest

from dissectors.profile import RFC6275
from mhatool.cli.kame import tables
from mhatool.display.tree import plain
from mhatool.exchange import Frame
from mhatool.timeline import Timeline
from mhatool.view.packets import MOST_KEPT, Packets, UnreadableError
from mhatool.view.story import Story, story_of
from mhatool.view.tables import Tables
from tests.mhatool.cli.process import mhatool
from tests.mhatool.view.stories import told


def test_the_trees_are_those_of_dissect(failover: tuple[Timeline, Story], failover_path: Path) -> None:
    story = failover[1]
    row = next(row for row in story.listing.rows if row.what == "unanswered ×6")
    numbers = [frame.number for frame in row.frames]
    printed = mhatool("dissect", failover_path, "-Y", " or ".join(f"frame == {number}" for number in numbers)).out
    assert numbers[0] == 349
    assert "\n".join(story.details.packets(row, plain)).strip("\n") == printed.strip("\n")
    assert "  0000  " in "\n".join(story.details.packets(row, plain, octets=True))


def test_several_files_are_named(captures: Path) -> None:
    _, story = told(captures / "umip" / "ro-mn.pcap", captures / "umip" / "ro-home.pcap")
    for file in ("ro-mn.pcap", "ro-home.pcap"):
        row = next(row for row in story.listing.rows if row.frames and row.frames[0].file.endswith(file))
        assert next(line for line in story.details.packets(row, plain) if line).startswith(f"{row.frames[0].file}:")


def test_fragments_before_a_frame_belong_to_it(captures: Path) -> None:
    """The message is whole only with the fragments before it."""
    path = str(captures / "rules" / "MIP6-MH-010.breaks.pcapng")
    (frame,) = Packets({path: path}, RFC6275).of([Frame(path, 2)])
    assert any(layer.reassembled for layer in frame.packet.layers)


def test_no_more_than_is_wanted_is_read_and_kept(failover_path: Path) -> None:
    path = str(failover_path)
    packets = Packets({path: path}, RFC6275)
    assert [frame.record.frame for frame in packets.of([Frame(path, 131), Frame(path, 130)], [Frame(path, 2)])] == [
        131,
        130,
    ]
    packets._sources = {}  # what is near was read with it
    assert [frame.record.frame for frame in packets.of([Frame(path, 2)])] == [2]
    assert packets.of([], [Frame(path, 9)]) == []
    assert len(packets._kept) <= MOST_KEPT


def test_nobody_waits_for_what_is_unwanted(failover_path: Path) -> None:
    path = str(failover_path)
    assert Packets({path: path}, RFC6275).of([Frame(path, 349)], stop=lambda: True) == []


def test_what_can_be_read_once_says_so(failover: tuple[Timeline, Story], failover_path: Path) -> None:
    made = failover[0]
    story = story_of(made, {str(failover_path): None}, RFC6275)
    row = story.listing.rows[0]
    assert "can be read only once" in "".join(story.details.packets(row, plain))
    with pytest.raises(UnreadableError, match="only once"):
        list(story.tables.lines(row.nodes, row.time_ns))


def test_a_file_that_is_gone(failover: tuple[Timeline, Story], tmp_path: Path) -> None:
    story = failover[1]
    row = story.listing.rows[0]
    story.details._packets = Packets({row.frames[0].file: str(tmp_path / "gone.pcap")}, RFC6275)
    assert "no such file" in "".join(story.details.packets(row, plain))


def test_tables_are_those_of_the_timeline(failover: tuple[Timeline, Story], failover_path: Path) -> None:
    path, story = str(failover_path), failover[1]
    row = next(row for row in story.listing.rows if row.what == "registered")
    home, agent = map(story.words.name, row.nodes)
    lines = list(Tables({path: path}, RFC6275).lines(row.nodes, row.time_ns))
    seconds, fraction = divmod(row.time_ns, 1_000_000_000)
    printed = [tables([path], None, None, node, f"{seconds}.{fraction:09d}").splitlines() for node in (home, agent)]
    assert lines[1:] == ["", f"{home}:", *printed[0], "", f"{agent}:", *printed[1]]
    assert "pcoa       2001:200:1:1:240:26ff:fe4c:51fd" in lines


def test_a_finding_shows_its_rule(failover: tuple[Timeline, Story]) -> None:
    story = failover[1]
    row = next(row for row in story.listing.rows if row.finding is not None and row.finding.rule == "MIP6-BA-001")
    facts = list(story.details.facts(row, 80, plain))
    explained = mhatool("rule", "MIP6-BA-001", environment={"COLUMNS": "80"}).out.splitlines()
    begin = facts.index("MIP6-BA-001: A Binding Update that wants an answer gets one")
    assert facts[begin:] == explained[: len(facts) - begin]
    assert max(map(len, facts[:begin])) <= 80

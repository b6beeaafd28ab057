"""The bars are those of `timeline`, and may show a part of the time."""

from pathlib import Path
from unicodedata import east_asian_width

import pytest

from dissectors.profile import RFC6275
from mhatool.timeline import Timeline, as_text
from mhatool.timeline.names import NamedNode, Names
from mhatool.view.draw import Painter
from mhatool.view.story import Story, story_of
from mhatool.view.style import terminal_style
from tests.mhatool.view.stories import told

WIDTH = 100


def columns(text: str) -> int:
    """By Unicode's East Asian Width."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


@pytest.mark.parametrize("name", ["umip/failover60-mn.pcap", "umip/ro-mn.pcap", "scenarios/ha-failure.pcapng"])
def test_bars_are_those_of_the_timeline(captures: Path, name: str) -> None:
    made, story = told(captures / name)
    lines = [story.bindings.line(number, WIDTH) for number in range(len(story.bindings))]
    text = as_text(made, width=WIDTH).splitlines()
    bars = [line.text for line in lines if line.bar is not None]
    assert len(bars) == len(made.agencies) + len(made.correspondences)
    assert set(bars) <= set(text)
    assert {line.text for line in lines if line.bar is None and not line.is_title} <= set(text)


def test_wide_letters_move_no_bar(failover_path: Path) -> None:
    """Unicode's East Asian Width has them in two columns each: five letters, ten columns."""
    timeline, _ = told(failover_path)
    agents = {agency.home_agent: name for agency, name in zip(timeline.agencies, ["移動ノード", "ha2"], strict=True)}
    names = Names([NamedNode(name, frozenset({octets})) for octets, name in agents.items()])
    story = story_of(timeline, {}, RFC6275, called=names)
    lines = [story.bindings.line(number, WIDTH) for number in range(3)]
    assert [line.text[: line.bar[0]] for line in lines if line.bar] == ["  移動ノード  ", "  ha2         "]
    assert [columns(line.text) for line in lines] == [WIDTH] * 3
    assert [set(line.text[slice(*line.bar)]) <= set("A.?") for line in lines if line.bar] == [True, True]
    text = as_text(timeline, width=WIDTH, names=agents).splitlines()
    assert [line.text for line in lines if line.bar] == [line for line in text if line.startswith(("  移", "  ha2"))]
    drawn = Painter(story, terminal_style(color=True)).bar(1, WIDTH)
    assert drawn.plain == lines[1].text


def test_a_part_of_the_time(failover: tuple[Timeline, Story]) -> None:
    made, bindings = failover[0], failover[1].bindings
    granted = next(event for event in made.events if event.kind == "registered")
    bindings.show(granted.time_ns, 10_000_000_000)
    first, last = bindings.window
    assert (last - first, first + 5_000_000_000) == (10_000_000_000, granted.time_ns)
    line = bindings.line(1, WIDTH)
    begin, end = line.bar or (0, 0)
    cell = bindings.cell(granted.time_ns, end - begin) or 0
    assert set(line.text[begin : begin + cell]) == {"."}
    assert set(line.text[begin + cell :]) == {"A"}
    assert bindings.cell(made.last_ns, 80) is None
    bindings.follow(made.last_ns)
    assert bindings.cell(made.last_ns, 80) == 79
    bindings.show(made.last_ns, None)
    assert bindings.window == (made.first_ns, made.last_ns)


def test_at_its_ends_and_no_further(failover: tuple[Timeline, Story]) -> None:
    made, bindings = failover[0], failover[1].bindings
    bindings.show(made.first_ns, 10_000_000_000)
    assert bindings.window == (made.first_ns, made.first_ns + 10_000_000_000)
    bindings.show(made.last_ns, 1)
    assert bindings.window == (made.last_ns - 1_000_000, made.last_ns)


@pytest.mark.parametrize("width", [1, 20, 33, 80, 300])
def test_any_width(failover: tuple[Timeline, Story], width: int) -> None:
    bindings = failover[1].bindings
    for number in range(len(bindings)):
        line = bindings.line(number, width)
        if line.bar is not None:
            assert line.bar[1] == len(line.text) <= max(width, 32)

"""Which rows are shown, and how they fit."""

from itertools import product

import pytest

from mhatool.timeline import Timeline
from mhatool.timeline.cells import shortened
from mhatool.view.story import Story
from tests.mhatool.view.stories import told

AGENT = bytes.fromhex("20010200000100020000000000000002")


def test_words_choose_rows(failover: tuple[Timeline, Story]) -> None:
    listing = failover[1].listing
    listing.choose("MIP6-SEC frame 395")
    assert [row.finding.rule for row in listing.rows if row.finding] == ["MIP6-SEC-001"]
    assert len(listing.rows) == 1
    listing.choose("no such words")
    assert listing.rows == []
    listing.choose("")
    assert len(listing.rows) == listing.total


def test_nodes_choose_rows(failover: tuple[Timeline, Story]) -> None:
    made, listing = failover[0], failover[1].listing
    listing.choose(nodes=(made.home_addresses[0], AGENT))
    assert {row.what for row in listing.rows} == {"registered", "tunnel", "deregistered"}
    listing.choose("seq")
    assert {row.what for row in listing.rows} == {"registered", "deregistered"}


def test_the_next_trouble(failover: tuple[Timeline, Story]) -> None:
    listing = failover[1].listing
    place: int | None = -1
    found = []
    while (place := listing.next_trouble(place, 1)) is not None:
        found.append(listing.rows[place])
    assert found == [row for row in listing.rows if row.is_trouble]
    back = [listing.next_trouble(len(listing.rows), -1)]
    assert listing.rows[back[0] or 0] is found[-1]
    assert listing.next_trouble(0, -1) is None


def test_a_row_is_found_again(failover: tuple[Timeline, Story]) -> None:
    listing = failover[1].listing
    for place, row in enumerate(listing.rows):
        assert listing.place_of(row, row.time_ns) == place
    last = listing.rows[-1]
    listing.choose("registered")
    assert listing.place_of(last, last.time_ns) == len(listing.rows) - 1
    listing.choose("no such words")
    assert listing.place_of(last, last.time_ns) == 0


def test_columns_stand_below_one_another(failover: tuple[Timeline, Story]) -> None:
    listing = failover[1].listing
    for width, row in product((1, 40, 80, 200), listing.rows):
        line = listing.line(row, width)
        assert line.endswith(row.detail)
        assert len(line) - len(row.detail) == len(listing.line(listing.rows[0], width)) - len(listing.rows[0].detail)
        assert line.startswith("!" if row.is_trouble else " ")


@pytest.mark.parametrize(
    ("width", "text"),
    [(40, "2001:db8:1:2:3:4:5:1a"), (21, "2001:db8:1:2:3:4:5:1a"), (13, "2001…3:4:5:1a"), (2, "2…"), (1, "…")],
)
def test_both_ends_of_a_name_are_seen(width: int, text: str) -> None:
    assert shortened("2001:db8:1:2:3:4:5:1a", width) == text
    assert len(text) <= width


@pytest.mark.parametrize(("width", "text"), [(10, "移動ノード"), (9, "移 … ード"), (5, "移…ド"), (1, "…")])
def test_wide_letters_are_never_halved(width: int, text: str) -> None:
    """Two columns a letter: of 9 three before the sign and five behind it, in which two letters leave one free."""
    assert shortened("移動ノード", width) == text


def test_nothing_at_all(tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.mhatool.capture.builders import pcap_header

    empty = tmp_path_factory.mktemp("empty") / "empty.pcap"
    empty.write_bytes(pcap_header())
    _, story = told(empty)
    assert list(story.listing.rows) == []
    assert len(story.bindings) == 0
    assert story.listing.at(0) == 0

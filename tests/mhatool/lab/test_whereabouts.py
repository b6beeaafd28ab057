"""Files that are read while they grow, and whether a mobile node has settled by its trace."""

import json
from pathlib import Path
from typing import Any

import pytest

from mhatool.lab.whereabouts import Lines, Whereabouts

AT_HOME, AWAY = "2001:db8:2::100", "2001:db8:3::100"


class Trace:
    """A mobile node's, of which each event is a nanosecond after the one before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 0
        self.path.write_text('{"schema":"header"}\n', "ascii")

    def tell(self, name: str, **data: Any) -> None:
        self.now += 1
        with self.path.open("a", encoding="ascii") as file:
            file.write(json.dumps({"time_ns": self.now, "name": name, "data": data}) + "\n")

    def arrive(self, location: str, address: str) -> None:
        self.tell("nd:care_of_address_changed", care_of_address=address)
        self.tell("nd:location_changed", location=location)
        self.tell("nd:address_assigned", address=address)

    def agent(self, number: int, state: str, *, gone: bool = False, at_home: bool = True) -> None:
        peer = f"2001:db8:2::{number}"
        entry = {"peer": peer, "state": state, "care_of_address": AWAY, "gone": gone, "home_registration": at_home}
        self.tell("binding:update_list_entry", **entry)


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "mn.jsonl")


def test_each_line_is_given_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    lines = Lines(path)
    assert list(lines.new()) == []  # not there yet
    path.write_text('{"a": 1}\n{"a":', "ascii")
    assert list(lines.new()) == [{"a": 1}]
    path.write_text('{"a": 1}\n{"a": 2}\n', "ascii")
    assert (list(lines.new()), list(lines.new())) == ([{"a": 2}], [])
    path.write_text('{"a": 3}\n', "ascii")  # begun anew
    assert list(lines.new()) == [{"a": 3}]


def test_at_home_it_has_settled_with_its_address(trace: Trace) -> None:
    seen = Whereabouts(trace.path)
    assert not seen.settled(0)
    trace.tell("nd:care_of_address_changed", care_of_address=AT_HOME)
    trace.tell("nd:location_changed", location="home")
    assert not seen.settled(0)
    trace.tell("nd:address_assigned", address=AT_HOME)
    assert seen.settled(0)
    assert not seen.settled(trace.now)  # it is to come somewhere after that


def test_away_it_has_settled_when_each_home_agent_has_accepted_where_it_is(trace: Trace) -> None:
    seen = Whereabouts(trace.path)
    trace.arrive("foreign", AWAY)
    assert not seen.settled(0)
    trace.agent(1, "WAITA")
    trace.agent(2, "BOUND")
    trace.agent(9, "WAITA", at_home=False)  # a correspondent
    assert not seen.settled(0)
    trace.agent(1, "BOUND")
    assert seen.settled(0)
    trace.arrive("foreign", "2001:db8:1::100")
    assert not seen.settled(0)  # they have the address before


def test_back_home_it_has_settled_when_no_home_agent_is_left(trace: Trace) -> None:
    seen = Whereabouts(trace.path)
    trace.arrive("foreign", AWAY)
    trace.agent(1, "BOUND")
    trace.arrive("home", AT_HOME)
    trace.agent(1, "WAITD")
    assert not seen.settled(0)
    trace.agent(1, "IDLE", gone=True)
    assert seen.settled(0)

"""A home agent fails, told as text, tables and JSON; times and octets by arithmetic (see tests/recipes)."""

import jsonschema
import pytest

from mhatool.observe import observe
from mhatool.timeline import TIMELINE, Timeline, as_json, as_text, build
from mhatool.timeline.table import as_table
from tests.mhatool.scenes import AGENT, AGENT2, HOME, S, Source, scene
from tests.recipes import failing_agents as made
from tests.recipes.example import Packet

NAMES = {AGENT: "ha1", AGENT2: "ha2", made.SPARE: "ha3", HOME: "mn"}


def told(*packets: Packet) -> Timeline:
    return build(observe([scene(*packets)]))


def story(*packets: Packet) -> list[str]:
    """The lines of the failures."""
    lines = as_text(told(*packets), names=NAMES).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Home agent ha"))
    end = next(i for i, line in enumerate(lines) if line in ("Tunnels", "Home agent discovery", "Nodes") and i > start)
    return [" ".join(line.split()) for line in lines[start:end] if line]


def test_who_told_whom_and_what_came_of_it() -> None:
    assert story(*made.SEARCHED) == [
        "Home agent ha1 is said to be unreachable: last seen 00:00:01.100, binding acknowledgement",
        "Mobile node mn",
        "00:00:10.000 told by ha2, id 5 ×2 frames 5 10",
        "00:00:10.010 searches for home agents frame 6",
        "00:00:10.020 asks ha1 itself frame 7",
        "00:00:10.100 finds ha2 ha3 frame 8",
        "00:00:10.200 registers with ha3 ha2 frame 9",
        "00:00:11.300 accepted by ha3 frame 11",
        "took: detect 8.900 s, notify 0.010 s, discover 0.090 s, register 1.100 s",
        f"cost: 9 messages, {sum(len(octets) for _, octets in made.SEARCHED[4:])} octets",
    ]


def test_alarms_of_several_failures_tell_the_ids_of_all() -> None:
    """The agent counts: an id is a failure. One is told twice, and one after those between them was told elsewhere."""
    alarms = [made.alarm(identifier=number) for number in (5, 6, 6, 7, 9)]
    lines = story(*made.ROUND, *((10.0 + i, alarm) for i, alarm in enumerate(alarms)))
    assert "00:00:10.000 told by ha2, ids 5-7 9 ×5 frames 5..9" in lines


def test_of_a_cut_offer_there_may_be_more() -> None:
    """The first of the two has 40 + 8 + 16 octets with all before it."""
    found = []
    for octets in (40 + 8, 40 + 8 + 16):
        source = scene(*made.SEARCHED)
        cut = [
            record if record.frame != 8 else record._replace(captured=record.captured[:octets])
            for record in source.records
        ]
        lines = as_text(build(observe([Source("cut", cut)])), names=NAMES).splitlines()
        found += [" ".join(line.split()[1:]) for line in lines if "finds" in line]
    assert found == ["finds [truncated] frame 8", "finds ha2 [truncated] frame 8"]


def test_who_noticed_and_who_carries_on() -> None:
    lines = story(*made.UNANSWERED[:-1], (12.5, made.by(AGENT, 1)), (16.01, made.alarm()), (16.5, made.by(AGENT2, 2)))
    assert "00:00:13.010 unanswered probes by ha2 in vain ×3 frames 9 11" in lines
    assert "00:00:16.500 tunnelled packets of 2001:db8:c::10 by ha2, after 4.000 s frames 12 14" in lines
    assert lines[-1].endswith("; no packets for 4.000 s")


def test_seen_again() -> None:
    assert story(*made.ALARMED, (12.0, made.by(AGENT, 1)))[1] == "00:00:12.000 seen again tunnelled packet frame 6"


@pytest.mark.parametrize("example", made.EXAMPLES, ids=[example.rule for example in made.EXAMPLES])
def test_documents_and_tables_of_every_example(example: made.Example) -> None:
    for packets in (example.clean, example.broken):
        timeline = told(*packets)
        jsonschema.validate(as_json(timeline), TIMELINE)
        table = as_table(timeline, width=80)
        assert table.isascii()
        assert max(map(len, table.splitlines())) <= 120  # titles aren't folded


def test_the_document() -> None:
    (failure,) = as_json(told(*made.TAKEN_UP))["failures"]
    assert (failure["home_agent"], failure["cause"]) == ("2001:db8:1::1", "accused")
    assert (failure["last_seen"]["shown_by"], failure["last_seen"]["frame"]) == ("tunnelled_packet", 6)
    (recovery,) = failure["recoveries"]
    assert [alarm["frame"] for alarm in recovery["alarms"]] == [7]
    assert recovery["offered"] == ["2001:db8:1::2", "2001:db8:1::3"]
    assert {phase["name"]: phase["duration_s"] for phase in recovery["phases"]} == {
        "detect": 4.0,
        "notify": 0.1,
        "discover": 0.1,
        "reroute": 5.25,
    }
    (flow,) = recovery["flows"]
    assert (flow["last"]["frame"], flow["first"]["frame"], flow["gap_s"]) == (6, 10, 5.25)


def test_a_table_of_phases() -> None:
    lines = as_table(told(*made.TAKEN_UP), names=NAMES).splitlines()
    assert "Recovery of mn without ha1: 3 messages, 216 octets; no packets for 5.250 s" in lines
    assert any(line.split() == ["reroute", "00:00:03.000", "00:00:08.250", "5.250", "s"] for line in lines)


def test_nothing_failed() -> None:
    timeline = told(*made.CARRIED_ON)
    assert as_json(timeline)["failures"] == []
    assert timeline.last_ns == 9 * S

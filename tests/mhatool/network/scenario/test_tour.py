"""The tour: where everybody believes the mobile node to be, which packets get lost, and that nothing is left."""

import pytest

from dissectors.ipv6.address import parse, text
from mhatool.engine.events import CacheEntry
from mhatool.engine.link_events import Attached
from mhatool.engine.nd_events import AddressDuplicate, AddressTentative, Announced
from tests.mhatool.network.scenario.runs import Happened, accepted, happen, left_of, quiet, updates_of

HOME = parse("2001:db8:2:0:0:5eff:fe10:1")
LINK_LOCAL = parse("fe80::5eff:fe10:1")
"""What the agents defend beside it, asked by the L bit."""
CARE_OF = {1: parse("2001:db8:1:0:0:5eff:fe10:1"), 3: parse("2001:db8:3:0:0:5eff:fe10:1")}
AGENTS = ("ha1", "ha2")
MOVES = {20: CARE_OF[1], 60: CARE_OF[3], 110: None}
"""Seconds from the start, and where the mobile node is then; None: at home."""
TRANSIT_NS = 13_000_000
"""From a correspondent through an agent to the mobile node: links of 1, 5, 5 and 2 ms."""


@pytest.fixture(scope="module")
def tour() -> Happened:
    return happen("tour")


def move_times(tour: Happened) -> list[int]:
    return [event.time_ns for event in tour.told(Attached)]


def test_it_moves_when_the_scenario_says(tour: Happened) -> None:
    assert [tour.seconds(at) for at in move_times(tour)] == list(MOVES)


@pytest.mark.parametrize("since", MOVES)
@pytest.mark.parametrize("node", [*AGENTS, "cn1"])
def test_every_agent_and_the_correspondent_learn_of_each_move(tour: Happened, node: str, since: int) -> None:
    # Movement detection: an advertisement within 3 s or its solicitation's answer, duplicate address detection of 1 s
    # at the mobile node, and of 1 s at an agent that doesn't know it yet.
    assert tour.seconds(accepted(tour, node, since, MOVES[since])) - since < 3 + 1 + 1


@pytest.mark.parametrize("since", MOVES)
def test_the_updates_to_both_agents_leave_in_the_same_instant(tour: Happened, since: int) -> None:
    agents = {parse("2001:db8:2::1"), parse("2001:db8:2::2")}
    after = [sent for sent in updates_of(tour, "mn") if tour.seconds(sent.time_ns) >= since]
    first = [sent for sent in after if sent.time_ns == after[0].time_ns]
    assert agents <= {sent.destination for sent in first}


def forwarder(flow: str, since: int) -> str:
    """Who has to know where the mobile node is: the first agent's, or the correspondent once it holds a binding."""
    return "cn1" if flow == "cn1-mn" and since > 20 else "ha1"


@pytest.mark.parametrize("flow", ["cn1-mn", "mn-cn1", "cn2-mn", "mn-cn2"])
def test_traffic_is_lost_between_a_move_and_its_acceptance_only(tour: Happened, flow: str) -> None:
    windows = {
        since: (at - TRANSIT_NS, accepted(tour, forwarder(flow, since), since, MOVES[since]) + TRANSIT_NS)
        for since, at in zip(MOVES, move_times(tour), strict=True)
    }
    lost = tour.run.build.network.flows[flow].lost
    outside = [tour.seconds(at) for at in lost if not any(begin <= at <= end for begin, end in windows.values())]
    assert outside == []
    for since, (begin, end) in windows.items():
        assert any(begin <= at <= end for at in lost), f"nothing was lost at {since}: the move did nothing"


def test_traffic_to_the_mobile_node_is_lost_all_the_time_in_between(tour: Happened) -> None:
    flow = tour.run.build.network.flows["cn2-mn"]
    begin, end = move_times(tour)[1], accepted(tour, "ha1", 60, CARE_OF[3])
    inside = [sent.sent_at for sent in flow.datagrams if begin < sent.sent_at < end - TRANSIT_NS]
    assert inside
    assert set(inside) <= set(flow.lost)


def test_no_datagram_comes_twice_or_late(tour: Happened) -> None:
    for flow in tour.run.build.network.flows.values():
        assert all(sent.copies <= 1 for sent in flow.datagrams)
        delays = [sent.received_at - sent.sent_at for sent in flow.datagrams if sent.received_at is not None]
        assert max(delays) <= TRANSIT_NS + 10_000_000  # neighbour discovery on each link, once


def test_traffic_to_the_optimising_correspondent_avoids_the_agents(tour: Happened) -> None:
    """By the agent from peers, core, core and foreign1: 13 ms; without it 1 + 5 + 2 ms."""
    flow = tour.run.build.network.flows["cn1-mn"]
    settled = [s for s in flow.datagrams if 30 <= tour.seconds(s.sent_at) < 55]
    assert {s.received_at - s.sent_at for s in settled if s.received_at is not None} == {8_000_000}
    tunnelled = [s for s in tour.run.build.network.flows["cn2-mn"].datagrams if 30 <= tour.seconds(s.sent_at) < 55]
    assert {s.received_at - s.sent_at for s in tunnelled if s.received_at is not None} == {TRANSIT_NS}


def test_after_the_return_nothing_is_left_anywhere(tour: Happened) -> None:
    assert tour.run.chronicle.cache == {}
    assert [entry for entry in tour.run.chronicle.updates.values() if not entry.unsupported] == []
    network = tour.run.build.network
    for name, machine in network.machines.items():
        if name != "mn":
            assert left_of(machine, HOME) == []
    mobile = network.machines["mn"]
    assert (mobile.detours.tunnels, mobile.detours.optimised_routes) == ([], [])
    assert list(mobile.loopback.addresses) == []
    assert {HOME, LINK_LOCAL} <= set(mobile.interfaces["eth0"].addresses)
    assert [address for address in mobile.interfaces["eth0"].addresses if address[:2] == LINK_LOCAL[:2]] == [LINK_LOCAL]
    for name in (*AGENTS, "core"):
        neighbours = network.machines[name].neighbours.values()
        for entry in [n.entries.get(address) for n in neighbours for address in (HOME, LINK_LOCAL)]:
            assert entry is None or entry.link_address in (mobile.interfaces["eth0"].link_address, b"")


def test_before_the_return_the_agents_held_the_link_local_address_too(tour: Happened) -> None:
    held = {(entry.node, entry.gone) for entry in tour.told(CacheEntry) if entry.home_address == LINK_LOCAL}
    assert held == {(agent, gone) for agent in AGENTS for gone in (False, True)}


def test_after_the_return_no_address_that_agents_defend_is_tried_out(tour: Happened) -> None:
    """RFC 6275, 11.5.5: neither the home address nor, with L, its link-local namesake."""
    tried = [event for event in tour.told(AddressTentative) if tour.seconds(event.time_ns) >= 110]
    assert [event for event in tried if event.node == "mn"] == []
    assert [event for event in tour.told(AddressDuplicate) if event.node == "mn"] == []
    told = [event.address for event in tour.told(Announced) if event.node == "mn"]
    assert told == [HOME, LINK_LOCAL] * len(AGENTS)


def test_what_the_scenario_expects_holds(tour: Happened) -> None:
    verdicts = tour.run.chronicle.verdicts
    assert len(verdicts) == 18
    assert [verdict for verdict in verdicts if not verdict.holds] == []


def end_of(happened: Happened) -> dict[str, object]:
    """What each node still knows of the mobile node."""
    chronicle, network = happened.run.chronicle, happened.run.build.network
    updates = [text(entry.peer) for entry in chronicle.updates.values() if not entry.unsupported]
    return {
        "caches": [(entry.node, text(entry.home_address)) for entry in chronicle.cache.values()],
        "updates": updates,
        "left": {name: left_of(m, HOME) for name, m in network.machines.items() if name != "mn"},
        "at home": sorted(text(address) for address in network.machines["mn"].interfaces["eth0"].addresses),
    }


@pytest.mark.parametrize("seed", [1, 7])
def test_with_three_frames_in_ten_lost_it_ends_the_same(tour: Happened, seed: int) -> None:
    lossy = happen("lossy", ["flows.0.rate=1", "flows.1.rate=1", "flows.2.rate=1", "flows.3.rate=1"], seed)
    lost = sum(lossy.run.chronicle.lost.values())
    assert lost / lossy.run.build.network.carried == pytest.approx(0.3, abs=0.02)
    assert {entry.node for entry in lossy.told(CacheEntry) if not entry.gone} >= set(AGENTS)
    assert end_of(lossy) == end_of(tour)


def test_plain_mobile_ipv6_has_no_trace_of_the_extension() -> None:
    plain = quiet("plain-mipv6")
    assert all(verdict.holds for verdict in plain.run.chronicle.verdicts)
    flags = {entry.flags for entry in plain.told(CacheEntry)}
    assert flags
    assert not any("M" in letters for letters in flags)
    assert (plain.seconds(accepted(plain, "ha1", 20, CARE_OF[1])) - 20) < 5


def test_a_tour_by_another_seed_still_holds() -> None:
    other = happen("tour", [f"flows.{index}.rate=1" for index in range(4)], seed=99)
    assert [verdict for verdict in other.run.chronicle.verdicts if not verdict.holds] == []

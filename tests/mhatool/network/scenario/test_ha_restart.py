"""An agent that restarts without its bindings: known from its restart counter, and registered with again at once."""

import pytest

from mhatool.engine.events import CacheEntry, MessageReceived
from mhatool.engine.failure_events import PeerChanged
from mhatool.network.datagram import destination, source
from tests.mhatool.network.scenario.recoveries import AGENT, AWAY, HOME, MS, Failed, S, failed, probing

RESTART_S = 40.0
PROBE_ROUND_S = 1.0
"""Who answered a second ago is asked again."""
FAST_S = 0.05
ROUND_TRIP_MS = 2 * (2 + 5 + 1)
"""Mobile node, its router, the home router, an agent, and back: links of 2, 5 and 1 ms."""
HOME_LINK_MS = 2 + 2
"""A probe and its answer; a check for duplicates, which the other agent answers."""
SEEDS = (1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 13)))


def restarted(seed: int) -> Failed:
    return failed("ha-restart", seed=seed)


def held_again(found: Failed) -> int:
    """When the restarted agent held the binding again."""
    entries = [event for event in found.told(CacheEntry, "ha1") if event.home_address == HOME and not event.pending]
    return next(event.time_ns for event in entries if event.time_ns > found.at(RESTART_S))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_scenario_expects_holds(seed: int) -> None:
    assert restarted(seed).broken == []


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_registered_with_again_within_a_probe_round_and_a_round_trip(seed: int) -> None:
    """UMIP's mobile node stayed cut off for 65 s. The alarm and the Binding Update are the round trip."""
    found = restarted(seed)
    after = held_again(found) - found.at(RESTART_S)
    assert after <= PROBE_ROUND_S * S + (ROUND_TRIP_MS + HOME_LINK_MS) * MS


@pytest.mark.parametrize("seed", SEEDS)
def test_with_fast_probes_it_is_as_quick_as_these(seed: int) -> None:
    """Each 50 ms: nobody waits for a router advertisement, which would take up to half a second (RFC 4861, 6.2.6). What
    the agent asks back is on its way with the alarm."""
    found = failed("ha-restart", *probing(FAST_S), "duration_s=45", "expectations=[]", seed=seed)
    after = held_again(found) - found.at(RESTART_S)
    assert after <= FAST_S * S + (ROUND_TRIP_MS + HOME_LINK_MS) * MS
    changes = [event for event in found.told(PeerChanged, "ha2") if event.time_ns > found.at(RESTART_S)]
    assert [event.state for event in changes] == ["empty", "reachable"]


@pytest.mark.parametrize("seed", SEEDS)
def test_its_peer_knows_that_it_is_empty_until_it_holds_the_binding(seed: int) -> None:
    found = restarted(seed)
    changes = [event for event in found.told(PeerChanged, "ha2") if event.time_ns > found.at(RESTART_S)]
    assert [(event.address, event.state) for event in changes] == [
        (AGENT["ha1"], "empty"),
        (AGENT["ha1"], "reachable"),
    ]
    assert changes[1].time_ns <= held_again(found) + HOME_LINK_MS * MS


@pytest.mark.parametrize("seed", SEEDS)
def test_no_traffic_is_entrusted_to_it_before(seed: int) -> None:
    """Once the other agent has noticed, its tunnel carries everything until the restarted one holds the binding."""
    found = restarted(seed)
    noticed = found.told(PeerChanged, "ha2")
    empty = next(event.time_ns for event in noticed if event.state == "empty")
    assert found.lost("cn1-mn", empty + 10 * MS) == []
    announced = [event for event in found.advertisements if event.time_ns >= found.at(RESTART_S)]
    by_ha1 = [event.time_ns for event in announced if event.node == "ha1"]
    assert all(at >= held_again(found) for at in by_ha1)
    assert any(event.node == "ha2" and event.time_ns <= empty + 2 * MS for event in announced)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mobile_node_is_told_by_the_other_one(seed: int) -> None:
    found = restarted(seed)
    alarms = [event for event in found.told(MessageReceived, "mn") if event.message == "home_agent_unreachable"]
    assert [(source(event.frame), destination(event.frame)) for event in alarms] == [(AGENT["ha2"], AWAY)]

"""The mobile node comes home while an agent is dead: nothing of it is left, and only it answers for its address."""

import pytest

from mhatool.engine.events import CacheEntry, MessageSent
from mhatool.engine.link_events import Attached
from tests.mhatool.network.scenario.recoveries import HOME, Failed, S, failed
from tests.mhatool.network.scenario.runs import left_of

AGENTS = ("ha1", "ha2")
SEEDS = (1, pytest.param(2, marks=pytest.mark.soak))


@pytest.fixture(scope="module", params=SEEDS)
def run(request: pytest.FixtureRequest) -> Failed:
    return failed("return-during-failure", seed=request.param)


def home_at(found: Failed) -> int:
    return found.told(Attached, "mn")[-1].time_ns


def test_what_the_scenario_expects_holds(run: Failed) -> None:
    assert run.broken == []


def test_the_living_agent_gives_the_binding_up_at_once(run: Failed) -> None:
    """An advertisement within three seconds tells the mobile node where it is; it needs no check of its own address."""
    gone = [event for event in run.told(CacheEntry, "ha2") if event.gone and event.home_address == HOME]
    assert [0 < (event.time_ns - home_at(run)) / S < 3.5 for event in gone] == [True]


def test_nobody_tells_a_mobile_node_that_is_home(run: Failed) -> None:
    """The second agent has nothing more to do with it when the probes would have failed."""
    sent = [event for event in run.told(MessageSent) if event.message == "home_agent_unreachable"]
    assert [event.node for event in sent if event.time_ns > home_at(run) + 3.5 * S] == []


def test_only_the_mobile_node_answers_for_its_address(run: Failed) -> None:
    late = {event.node for event in run.advertisements if event.time_ns > home_at(run) + 5 * S}
    assert late <= {"mn"}
    assert run.lost("cn1-mn", home_at(run) + 5 * S) == []


def test_nothing_is_left_anywhere(run: Failed) -> None:
    network, chronicle = run.run.build.network, run.run.chronicle
    assert chronicle.cache == {}
    assert [entry for entry in chronicle.updates.values() if not entry.unsupported] == []
    for name in AGENTS:
        assert left_of(network.machines[name], HOME) == []
    mobile = network.machines["mn"]
    assert (mobile.detours.tunnels, list(mobile.loopback.addresses)) == ([], [])

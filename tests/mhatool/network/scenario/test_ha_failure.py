"""A home agent dies: who is told when, by whom, and which packets are lost until then. In both topologies."""

from collections import Counter
from dataclasses import replace

import pytest

from dissectors.mobility.agent_switch import Heartbeat
from mhatool.engine.events import CacheEntry, MessageSent
from mhatool.engine.failure_events import AgentChecked, AlarmEnded, AlarmRaised, PeerChanged
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration
from mhatool.engine.link_events import MachineFailed
from mhatool.engine.node import Randomness
from mhatool.engine.reception import Handler
from tests.mhatool.network.scenario.recoveries import AGENT, HOME, MS, PROBES, Failed, S, failed, probing
from tests.mhatool.network.scenario.runs import happen

ROUTERS, ONE_ARMED = "ha-failure", "ha-failure-one-armed"
INTERVALS_S = (1.0, 0.05)
ONE_WAY_MS = {ROUTERS: 7, ONE_ARMED: 8}
"""From the teller to the mobile node: links of 5 and 2 ms; `one-armed` crosses the home link's 1 ms first."""
HOME_LINK_MS = 2
"""A question on the home link, and its answer: a probe's, or that of an agent which has the home address already."""
QUESTIONS_S = (0, 1.5, 3, 4, 6)
"""After the alarm: the spare agent's first Binding Update, sent again after 1.5 s (RFC 6275, 12); the end of the check,
with which the living agent gets the new list, sent again after 1 s and after 2 s. Whatever is answered first lets the
spare one be asked at once."""
BY_ANOTHER_MS = {ROUTERS: 3, ONE_ARMED: 0}
"""To the spare agent by the living one, the next hop: the home link's 1 ms, and 2 ms to resolve its address."""
DAD_S = 1.0
"""A home agent's check of a home address that nobody answers for (RFC 4862: RetransTimer, once)."""
CASES = [
    pytest.param(
        name,
        interval_s,
        seed,
        id=f"{name}, {interval_s:g} s, seed {seed}",
        marks=[pytest.mark.soak] if seed > 1 else [],
    )
    for name in (ROUTERS, ONE_ARMED)
    for interval_s in INTERVALS_S
    for seed in (1, 6)
]


def case(name: str, interval_s: float, seed: int) -> Failed:
    return failed(name, *probing(interval_s), "duration_s=62", seed=seed)


def instants(found: Failed) -> tuple[int, int, int]:
    """When the agent failed, when the mobile node was told, and from when on packets find another way home."""
    recovery = found.recovery
    assert recovery.failed is not None
    assert recovery.told is not None
    return recovery.failed, recovery.told, recovery.routing_switched or recovery.failed


@pytest.mark.parametrize(("name", "interval_s", "seed"), CASES)
def test_the_mobile_node_is_told_in_time(name: str, interval_s: float, seed: int) -> None:
    """Three probes in vain, the first of them sent up to an interval after the failure, or just before its answer."""
    failure, told, _ = instants(case(name, interval_s, seed))
    noticed = told - failure - ONE_WAY_MS[name] * MS
    assert (PROBES - 1) * interval_s * S - HOME_LINK_MS * MS <= noticed <= PROBES * interval_s * S
    assert told - failure <= PROBES * interval_s * S + 0.5 * S  # what was promised


@pytest.mark.parametrize(("name", "interval_s", "seed"), CASES)
def test_one_agent_tells_it_three_times_at_most(name: str, interval_s: float, seed: int) -> None:
    found = case(name, interval_s, seed)
    assert list(found.recovery.tellers) == ["ha2"]
    assert found.recovery.tellers["ha2"] <= 3
    raised = found.told(AlarmRaised)
    assert [(event.node, event.home_address, event.unreachable) for event in raised] == [("ha2", HOME, (AGENT["ha1"],))]
    assert [event.identifier for event in found.told(AlarmEnded)] == [raised[0].identifier]


def is_checked(found: Failed) -> bool:
    """Whether the agent that came last had nobody to vouch for the home address, and checked it."""
    failure = found.recovery.failed or 0
    waits = [event.time_ns for event in found.told(CacheEntry, "ha3") if event.pending and event.time_ns > failure]
    return found.recovery.complete is not None and found.recovery.complete - waits[-1] >= DAD_S * S


@pytest.mark.parametrize(("name", "interval_s", "seed"), CASES)
def test_it_has_its_agents_again_in_time(name: str, interval_s: float, seed: int) -> None:
    """Within 2 s of the later of message and way, and a check for duplicates where there is one: with the first
    question that finds the way, and what its answer leads to."""
    found = case(name, interval_s, seed)
    _, told, switched = instants(found)
    assert found.recovery.complete is not None
    dad = DAD_S * S if is_checked(found) else 0
    assert found.recovery.complete <= max(told, switched) + 2 * S + dad
    asked = next(at for at in QUESTIONS_S if told + at * S >= switched)
    answers = 2 if asked >= 3 else 1
    ways = answers * 2 * ONE_WAY_MS[name] + HOME_LINK_MS + BY_ANOTHER_MS[name]
    assert found.recovery.complete <= told + asked * S + dad + ways * MS
    assert [(event.home_agent, event.alive) for event in found.told(AgentChecked)] == [(AGENT["ha1"], False)]


@pytest.mark.parametrize(("name", "interval_s", "seed"), CASES)
def test_a_new_correspondent_loses_nothing_once_there_is_a_way(name: str, interval_s: float, seed: int) -> None:
    """In `routers` when the routers know it, in `one-armed` when the next agent answers for the home address."""
    found = case(name, interval_s, seed)
    recovery = found.recovery
    way = recovery.switched["core"] if name == ROUTERS else recovery.taken_over["ha2"]
    assert found.lost("cn3-mn", way) == []
    failure = recovery.failed or 0
    lost = found.lost("cn3-mn", failure)
    assert lost, "nothing was lost while the agent was dead and nobody knew: it did nothing"
    assert lost[-1] <= found.s(way)


@pytest.mark.parametrize(("name", "interval_s", "seed"), CASES)
def test_its_own_packets_lose_nothing_once_it_knows_and_there_is_a_way(name: str, interval_s: float, seed: int) -> None:
    found = case(name, interval_s, seed)
    _, told, switched = instants(found)
    assert found.lost("mn-cn3", max(told, switched) + MS) == []


@pytest.mark.parametrize(("name", "interval_s", "seed"), CASES)
def test_an_optimised_route_does_not_notice(name: str, interval_s: float, seed: int) -> None:
    found = case(name, interval_s, seed)
    assert found.lost("cn1-mn", found.at(20)) == []
    assert found.lost("mn-cn1", found.at(20)) == []


@pytest.mark.parametrize(("name", "interval_s", "seed"), CASES)
def test_what_the_scenario_expects_holds(name: str, interval_s: float, seed: int) -> None:
    """With fast probes the alarm is repeated sooner too."""
    assert case(name, interval_s, seed).broken == []


def test_routers_switch_when_their_timers_say() -> None:
    """Three seconds after the last update; these leave 1.0 s apart, give or take 0.2. The next one of another agent
    tells of a way, and where that was the third agent's, the next one of the second agent of a shorter one."""
    found = failed(ROUTERS, *probing(1.0))
    for router in ("core", "ar1"):
        switched_s = found.recovery.after_s(found.recovery.switched[router])
        assert switched_s is not None
        assert 3 - 1.2 <= switched_s <= 3 + 1.2 + 0.1


@pytest.mark.parametrize("second_s", [41.5, 43.9])
def test_if_the_teller_dies_the_next_one_tells_of_both(second_s: float) -> None:
    """The second one dies before or just as it would have told: it has found nothing, or its message alone was sent."""
    changes = (f"failures.1.at={second_s}", "expectations=[]")
    found = failed("ha-failure-three", *changes, agents=3, node="ha1")
    second = [event.time_ns for event in found.told(MachineFailed) if event.node == "ha2"]
    raised = [event for event in found.told(AlarmRaised, "ha3") if event.unreachable == (AGENT["ha1"], AGENT["ha2"])]
    assert raised
    assert raised[0].time_ns <= second[0] + PROBES * S
    assert "ha3" in found.recovery.tellers
    dead = [(event.home_agent, event.alive) for event in found.told(AgentChecked)]
    assert sorted(dead) == [(AGENT["ha1"], False), (AGENT["ha2"], False)]
    assert "ha4" not in found.recovery.tellers


@pytest.mark.parametrize("seed", [1, pytest.param(3, marks=pytest.mark.soak)])
def test_one_of_three_tells_it(seed: int) -> None:
    """All three probe each other; the third one would tell if the second one's alarm weren't answered."""
    changes = ('failures=[{at=40, node="ha1", how="crash"}]', "expectations=[]", "duration_s=62")
    found = failed("ha-failure-three", *changes, seed=seed, agents=3)
    assert [event.turn for event in found.told(AlarmRaised, "ha3")] == [1]
    assert list(found.recovery.tellers) == ["ha2"]


def test_two_of_three_die() -> None:
    found = failed("ha-failure-three", agents=3)
    assert found.broken == []
    lost = [event.node for event in found.told(PeerChanged) if event.state == "unreachable"]
    assert set(lost) >= {"ha3"}


def test_agents_that_are_no_default_routers_are_told_of_and_replaced_like_others() -> None:
    """A router lifetime of 0 says nothing of the home agent (RFC 4861, 4.2; RFC 6275, 7.4)."""
    changes = [f"nodes.{agent}.home_agent.advertising.router_lifetime_s=0" for agent in ("ha1", "ha2", "ha3")]
    verdicts = happen(ONE_ARMED, changes).run.chronicle.verdicts
    assert len(verdicts) > 10
    assert [each.expected for each in verdicts if not each.holds] == []


class PlainAgent(HomeAgent):
    """The first agent knows nothing of Heartbeats, as any of RFC 6275 alone."""

    def __init__(self, configuration: HomeAgentConfiguration, randomness: Randomness) -> None:
        if configuration.name == "ha1":
            constants = replace(configuration.constants, probe_failures=0)
            configuration = replace(configuration, constants=constants)
        super().__init__(configuration, randomness)

    def _by_message(self) -> dict[type, Handler]:
        handlers = super()._by_message()
        if self.name == "ha1":
            del handlers[Heartbeat]
        return handlers


def test_an_agent_without_heartbeats_is_watched_by_solicitations(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no dead one for that, and its death is found like any other's (RFC 4861, 7.3): all expectations hold."""
    monkeypatch.setattr("mhatool.engine.home_agent.HomeAgent", PlainAgent)
    happened = happen(ONE_ARMED)
    assert [each.expected for each in happened.run.chronicle.verdicts if not each.holds] == []
    lost = [(event.node, event.address) for event in happened.told(PeerChanged) if event.state == "unreachable"]
    assert lost == [("ha2", AGENT["ha1"])]
    asked = Counter(
        e.message for e in happened.told(MessageSent) if e.node == "ha2" and happened.seconds(e.time_ns) < 40
    )
    assert asked["neighbor_solicitation"] > 25  # from 12 s on, one a second
    assert [e.message for e in happened.told(MessageSent) if e.node == "ha1"].count("binding_error") <= 2

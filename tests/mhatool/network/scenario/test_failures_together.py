"""Home agents that fail while others have failed already, or have come back without their bindings: whose is what."""

from pathlib import Path

import pytest

from dissectors.ipv6.link import ETHERNET
from dissectors.profile import RFC6275
from dissectors.walk import Dissector
from mhatool.capture import open_capture
from mhatool.engine.events import Event, MessageReceived, UpdateListEntry
from mhatool.network.scenario import load
from mhatool.network.scenario.crowd_recovery import COST, CrowdRecovery
from mhatool.network.scenario.run import Run
from tests.mhatool.network.scenario.recoveries import AGENT, PROBES

ONE_ARMED, THREE = "ha-failure-one-armed", "ha-failure-three"
NOBODY = ("expectations=[]", "flows=[]")


def run(scenario: str, *failures: str, more: tuple[str, ...] = ()) -> tuple[Run, list[Event]]:
    """The scenario with these failures in place of its own, and what its nodes told."""
    made = Run(load(scenario, (*NOBODY, f"failures=[{', '.join(failures)}]", *more)))
    events: list[Event] = []
    made.listen(events)
    made.happen()
    return made, events


def crash(node: str, at_s: float) -> str:
    return f'{{at={at_s}, node="{node}", how="crash"}}'


def after_s(recovery: CrowdRecovery, instants: dict[str, int]) -> float:
    found = recovery.after_s(instants)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("failures", [(("ha1", 40), ("ha2", 41.5)), (("ha3", 40), ("ha2", 43))])
def test_of_four_agents_two_are_dead_and_three_are_wanted(failures: tuple[tuple[str, float], ...]) -> None:
    """4 - 2 = 2 are left, which is fewer than 3, though the mobile node goes on holding itself registered with three
    for a while: with the fourth one, and with the one whose death it hasn't heard of."""
    made, events = run(THREE, *(crash(node, at_s) for node, at_s in failures))
    since = made.recoveries[1].failed
    entries = [event for event in events if isinstance(event, UpdateListEntry) and event.time_ns > since]
    assert AGENT["ha4"] in {event.peer for event in entries if event.state == "BOUND"}
    assert [(each.node, list(each.affected), each.complete) for each in made.recoveries] == [
        (node, ["mn"], {}) for node, _ in failures
    ]
    assert all(each.is_going_on for each in made.recoveries)


def test_one_that_goes_on_does_not_make_up_for_one_that_is_dead() -> None:
    """ha2 hangs from 41.5 s to 41.9 s, and keeps its binding: with ha3 these are two then. The third one is ha4, in the
    place of ha1, which is found dead by three probes in vain. So both failures are over in one instant."""
    goes_on = '{at=41.9, node="ha2", how="resume"}'
    made, events = run(THREE, crash("ha1", 40), '{at=41.5, node="ha2", how="hang"}', goes_on)
    first, second = made.recoveries
    assert first.complete == second.complete
    bound = [
        event.time_ns
        for event in events
        if isinstance(event, UpdateListEntry) and event.peer == AGENT["ha4"] and event.state == "BOUND"
    ]
    assert first.complete == {"mn": bound[0]}
    assert after_s(first, first.complete) > PROBES - 1 - 0.1


def test_who_was_told_of_one_was_not_told_of_the_other() -> None:
    """ha2 dies at 43 s, just before ha3's death is told: that is found at the fourth probe, a second apart, at the
    latest; so the first alarm about ha2 comes more than two probe intervals after its death. Alarms until then name
    ha3 alone (icmpv6 type 154: addresses from octet 8 on, behind IPv6 and a type 2 routing header)."""
    made, events = run(THREE, crash("ha3", 40), crash("ha2", 43))
    third, second = made.recoveries
    alarms = [
        event for event in events if isinstance(event, MessageReceived) and event.message == "home_agent_unreachable"
    ]
    named = [(event.time_ns, event.frame[40 + 24 + 8 :]) for event in alarms if event.node == "mn"]
    about = {name: [at for at, octets in named if AGENT[name] in octets] for name in ("ha2", "ha3")}
    assert third.told == {"mn": about["ha3"][0]}
    assert second.told == {"mn": about["ha2"][0]}
    assert about["ha3"][0] < about["ha2"][0]
    assert 2 < after_s(second, second.told) < PROBES + 0.5


def test_a_crash_right_after_a_restart_is_an_outage_of_its_own() -> None:
    """The mobile node holds itself registered all the time. As after a crash alone: three probes in vain, a second
    apart, since an answer up to a second before; then two round trips at most, and a check of a home address."""
    made, _ = run(ONE_ARMED, '{at=40, node="ha1", how="restart"}', crash("ha1", 40.1))
    restart, crashed = made.recoveries
    assert restart.failed_again == crashed.failed
    assert list(crashed.affected) == ["mn"]
    assert PROBES - 1 - 0.1 < after_s(crashed, crashed.complete) < PROBES + 0.5
    assert restart.complete == {}


@pytest.mark.parametrize(
    "failure",
    ['{at=40, node="ha1", interface="home", how="down", silent=true}', crash("ha1", 40)],
    ids=["an interface that is down, silently", "a crash"],
)
def test_the_cost_is_what_links_carried(failure: str, tmp_path: Path) -> None:
    """By a capture of all links: each message once, however many routers have taken one off its hop limit (octet 7).

    An agent whose interface is silently down goes on sending: that reaches no link.
    """
    path = tmp_path / "all.pcapng"
    plan = load(ONE_ARMED, (*NOBODY, f"failures=[{failure}]"))
    with path.open("wb") as sink:
        made = Run(plan, capture=sink, vantage=tuple(plan.links))
        made.happen()
    (recovery,) = made.recoveries
    last = max(recovery.complete.values())
    dissector, seen = Dissector(RFC6275), {}
    with open_capture(path) as reader:
        for record in reader:
            octets = bytes(record.captured)
            (*_, datagram) = dissector.look(octets, ETHERNET, len(octets), record.time_ns).datagrams
            if recovery.failed <= record.time_ns <= last and datagram.carries in COST and not datagram.quoted:
                seen[octets[14:21] + octets[22:]] = len(octets) - 14
    assert sum(recovery.messages.values()) == len(seen)
    assert recovery.message_octets == sum(seen.values())

"""Who is in whose list, who probes whom, who is alive: packets by hand, expected values by arithmetic beside them."""

import pytest

from mhatool.observe import Observer, observe
from mhatool.observe.failure import Failures, LifeKind, OutageCause, Recovery, Switch, phases_of
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, HOME, PEER, S, scene
from tests.recipes import failing_agents as made
from tests.recipes.binding_updates import neighbor_solicitation
from tests.recipes.example import Packet
from tests.recipes.failing_agents import ROUND, SPARE, alarm, answered, asked, by, heartbeat, probe, update
from tests.recipes.packets import (
    ba,
    binding_error,
    bu,
    dhaad_reply,
    echo_reply,
    echo_request,
    home_agent_information,
    prefix_information,
    router_advertisement,
)


def observer(*packets: Packet) -> Observer:
    return observe([scene(*packets)])


def failures(*packets: Packet) -> Failures:
    return observer(*packets).facts.failures


def recovery(*packets: Packet) -> Recovery:
    (found,) = failures(*packets).recoveries
    return found


# --- lists ---


def test_the_list_of_each_agent_and_the_current_one() -> None:
    roster = failures(*ROUND, (20, update(AGENT2, SPARE, to=SPARE, seq=9))).rosters.get(HOME)
    assert roster is not None
    told = {agent: roster.told(agent) for agent in (AGENT, AGENT2, SPARE)}
    assert {agent: list_.home_agents for agent, list_ in told.items() if list_} == {
        AGENT: (AGENT, AGENT2),
        AGENT2: (AGENT, AGENT2),
        SPARE: (AGENT2, SPARE),
    }
    assert {agent: list_.accepted is not None for agent, list_ in told.items() if list_} == {
        AGENT: True,
        AGENT2: True,
        SPARE: False,
    }
    assert roster.current is told[SPARE]
    assert list(roster.named) == [AGENT, AGENT2, SPARE] or set(roster.named) == {AGENT, AGENT2, SPARE}


def test_an_update_without_m_ends_the_list() -> None:
    roster = failures(*ROUND, (20, bu(to=AGENT, seq=2, flags="AH"))).rosters.get(HOME)
    assert roster is not None
    assert roster.current is not None
    assert roster.current.home_agents == (AGENT,)


def test_a_deletion_names_nobody() -> None:
    roster = failures(*ROUND, (20, update(AGENT, AGENT2, to=AGENT, seq=2, life=0))).rosters.get(HOME)
    assert roster is not None
    told = roster.told(AGENT)
    assert told is not None
    assert told.home_agents == ()


def test_who_has_one_home_agent_is_no_concern() -> None:
    found = failures((0, bu()), (1, ba()), (2, by(AGENT, 1)))
    assert found.rosters.get(HOME) is None
    assert found.recoveries == []


# --- probes ---


def test_probes_in_vain_are_counted_since_the_last_answer() -> None:
    probing = failures(*ROUND, *probe(2, 1), asked(3, 2), asked(4, 3)).probes.get(AGENT2, AGENT)
    assert probing is not None
    run = probing.current()
    assert run is not None
    assert (run.count, run.first.time_ns, run.last.time_ns) == (2, 3 * S, 4 * S)
    assert probing.interval_ns == 1 * S


def test_an_answer_ends_the_run_before_its_probe() -> None:
    packets = (*ROUND, asked(3, 2), asked(4, 3), asked(5, 4), answered(5.01, 4))
    probing = failures(*packets).probes.get(AGENT2, AGENT)
    assert probing is not None
    assert probing.current() is None
    assert probing.run is not None
    assert probing.run.count == 2  # numbers 2 and 3; number 4 was answered


def test_an_answer_may_be_stamped_before_its_probe() -> None:
    probing = failures(*ROUND, *probe(2, 1), answered(3, 2), asked(3.05, 2)).probes.get(AGENT2, AGENT)
    assert probing is not None
    assert probing.current() is None


def test_echo_requests_and_solicitations_are_probes_too() -> None:
    echoes = failures(*ROUND, (3, echo_request(AGENT2, AGENT, 1)), (3.1, echo_reply(AGENT, AGENT2, 1)))
    probing = echoes.probes.get(AGENT2, AGENT)
    assert probing is not None
    assert probing.current() is None
    asked_for = failures(*ROUND, (3, neighbor_solicitation(AGENT2, AGENT)), (4, neighbor_solicitation(AGENT2, AGENT)))
    probing = asked_for.probes.get(AGENT2, AGENT)
    assert probing is not None
    run = probing.current()
    assert run is not None
    assert run.count == 2


@pytest.mark.parametrize("at", [3.0, 9.0])
def test_beside_heartbeats_nothing_else_is_a_probe(at: float) -> None:
    """A kernel resolves an address, and the other one's answers, whatever became of the daemon there."""
    answer = made.advertisement(AGENT, solicited=True, target=AGENT, to=AGENT2)
    resolved = ((at, neighbor_solicitation(AGENT2, AGENT)), (at + 0.1, answer))
    packets = sorted((*probe(6, 1), asked(8, 2), *resolved), key=lambda packet: packet[0])
    probing = failures(*ROUND, *packets).probes.get(AGENT2, AGENT)
    assert probing is not None
    run = probing.current()
    assert run is not None
    assert (run.count, run.first.time_ns % (100 * S)) == (1, 8 * S)


def test_who_knows_no_heartbeats_says_so_and_is_solicited() -> None:
    """RFC 6275, 9.2: that answers the Heartbeat, and from then on a solicitation is a probe, too."""
    refused = binding_error(2, bytes(16), AGENT, AGENT2)
    solicited = ((5, neighbor_solicitation(AGENT2, AGENT)), (6, neighbor_solicitation(AGENT2, AGENT)))
    probing = failures(*ROUND, asked(3, 1), (3.1, refused)).probes.get(AGENT2, AGENT)
    assert probing is not None
    assert probing.current() is None
    probing = failures(*ROUND, asked(3, 1), (3.1, refused), *solicited).probes.get(AGENT2, AGENT)
    assert probing is not None
    run = probing.current()
    assert run is not None
    assert (run.count, run.first.time_ns, run.last.time_ns) == (2, 5 * S, 6 * S)


def test_an_answer_is_to_the_latest_of_equal_probes() -> None:
    """Solicitations carry nothing that tells one from another."""
    ask = neighbor_solicitation(AGENT2, AGENT)
    answer = made.advertisement(AGENT, solicited=True, target=AGENT, to=AGENT2)
    packets = ((3, ask), (4, ask), (5, ask), (5.1, answer))
    probing = failures(*ROUND, *packets).probes.get(AGENT2, AGENT)
    assert probing is not None
    assert probing.current() is None
    assert probing.run is not None
    assert probing.run.count == 2


def test_three_in_vain_and_a_fourth_make_an_outage() -> None:
    unanswered = [asked(float(3 + i), 2 + i) for i in range(4)]
    assert list(failures(*ROUND, *probe(2, 1), *unanswered[:3]).outages) == []
    (outage,) = failures(*ROUND, *probe(2, 1), *unanswered).outages
    assert (outage.home_agent, outage.cause) == (AGENT, OutageCause.UNANSWERED)
    assert outage.last_sign is not None
    assert (outage.last_sign.moment.time_ns, outage.last_sign.kind) == (round(2.01 * S), LifeKind.HEARTBEAT)
    assert list(outage.notices) == [AGENT2]


@pytest.mark.parametrize(("seen", "cause"), [(2, OutageCause.ACCUSED), (3, OutageCause.UNANSWERED)])
def test_who_is_accused_after_fewer_probes_than_three_is_only_said_to_be_unreachable(
    seen: int, cause: OutageCause
) -> None:
    """The answer to one before them was captured, and got lost behind that, or the accuser has less patience."""
    unanswered = [asked(float(3 + i), 2 + i) for i in range(seen)]
    (outage,) = failures(*ROUND, *probe(2, 1), *unanswered, (8.0, alarm())).outages
    assert outage.cause == cause
    assert [notice.run.count for notice in outage.notices.values()] == [seen]


def test_alive_elsewhere_is_told_once() -> None:
    """The first agent tunnels while the second one's probes stay unanswered: one outage, seen again at once."""
    unanswered = [asked(float(3 + i), 2 + i) for i in range(12)]
    alive = [(3.5 + i, by(AGENT, i)) for i in range(11)]
    packets = sorted([*unanswered, *alive], key=lambda packet: packet[0])
    (outage,) = failures(*ROUND, *probe(2, 1), *packets).outages
    assert outage.back is not None
    assert outage.back.moment.time_ns == round(6.5 * S)  # the fourth probe in vain is the one at 6 s


def test_a_changed_restart_counter_is_an_outage_until_bindings_are_held_again() -> None:
    packets = (*ROUND, *probe(2, 1, counter=4), *probe(3, 2, counter=5), *probe(4, 3, counter=5))
    (outage,) = failures(*packets).outages
    assert (outage.cause, outage.back) == (OutageCause.RESTARTED, None)
    again = ((5, update(AGENT, AGENT2, to=AGENT, seq=2)), (6, ba(seq=2)))
    (outage,) = failures(*packets, *again).outages
    assert outage.back is not None
    assert (outage.back.moment.time_ns, outage.back.kind) == (6 * S, LifeKind.ACKNOWLEDGEMENT)


def test_taking_leave() -> None:
    """First it says that its bindings are gone, then it advertises itself for the last time."""
    says = (8.0, heartbeat(AGENT, AGENT2, 1, flags=3, counter=5))
    (outage,) = failures(*ROUND, *probe(2, 1), says, (8.01, says[1]), *probe(9, 2, counter=5)).outages
    assert (outage.cause, outage.noticed_ns, outage.back) == (OutageCause.RESTARTED, 8 * S, None)
    last = router_advertisement(
        home_agent_information(lifetime=0), prefix_information(AGENT), source=made.LINK_LOCAL, lifetime=0
    )
    (outage,) = failures(*ROUND, *probe(2, 1), says, (8.02, last)).outages
    assert (outage.cause, outage.noticed_ns) == (OutageCause.LEFT, 8 * S)
    (outage,) = failures(*ROUND, *probe(2, 1), (8.02, last)).outages
    assert outage.cause is OutageCause.LEFT


def test_who_only_introduces_itself_has_lost_nothing() -> None:
    """An unsolicited Heartbeat tells of another Restart Counter (RFC 5847, 3.2), or of none that anybody has seen."""
    says = heartbeat(AGENT, AGENT2, 1, flags=3, counter=5)
    assert list(failures((-1.0, says), *ROUND, *probe(9, 2, counter=5)).outages) == []  # before any binding
    assert list(failures(*ROUND, *probe(2, 1, counter=5), (8.0, says)).outages) == []
    (outage,) = failures(*ROUND, (8.0, says)).outages  # with bindings, and nobody knows the counter before
    assert (outage.cause, outage.noticed_ns) == (OutageCause.RESTARTED, 8 * S)


def test_an_agent_that_is_no_default_router_takes_no_leave() -> None:
    """A router lifetime of 0 says so (RFC 4861, 4.2), and its own is in the option (RFC 6275, 7.4)."""
    goes_on = router_advertisement(
        home_agent_information(lifetime=1800), prefix_information(AGENT), source=made.LINK_LOCAL, lifetime=0
    )
    assert list(failures(*ROUND, *probe(2, 1), (8.02, goes_on)).outages) == []


# --- recoveries ---


def test_phases_and_cost_of_a_recovery() -> None:
    """In TAKEN_UP: last sign 3 s, alarm 7 s, request 7.1 s, reply 7.2 s, tunnels 3 s and 8.25 s.

    Octets: the alarm 40 + 24 + 8 + 16, the request 40 + 8, the reply 40 + 8 + 32.
    """
    found = recovery(*made.TAKEN_UP)
    took = {phase.name: phase.duration_ns for phase in phases_of(found)}
    assert took == {
        "detect": 4 * S,
        "notify": round(0.1 * S),
        "discover": round(0.1 * S),
        "reroute": round(5.25 * S),
    }
    assert (found.messages, found.octets) == (3, 88 + 48 + 80)
    assert found.offered == (AGENT2, SPARE)
    (switch,) = found.switches
    assert (switch.correspondent, switch.from_agent, switch.to_agent) == (PEER, AGENT, AGENT2)


def test_refreshes_cost_nothing_more() -> None:
    """Nor does what the agents of the new list are asked once they have accepted it."""
    before, after = recovery(*made.SEARCHED), recovery(*made.GIVEN_UP)
    assert (after.messages, after.octets) == (before.messages, before.octets)


def test_what_the_mobile_node_does() -> None:
    found = recovery(*made.SEARCHED)
    assert [alarm.moment.time_ns for alarm in found.alarms] == [10 * S, 11 * S]
    assert [check.time_ns for check in found.checks] == [round(10.02 * S)]
    assert found.round is not None
    assert found.round.home_agents == (SPARE, AGENT2)
    assert found.added == (SPARE,)
    assert (found.accepted_by, found.accepted and found.accepted.time_ns) == (SPARE, round(11.3 * S))
    assert found.reaction is not None
    assert found.reaction.time_ns == round(10.01 * S)
    assert not found.is_false_alarm


def test_an_answer_makes_it_a_false_alarm() -> None:
    check = ((10.5, update(AGENT, AGENT2, to=AGENT, seq=2)), (10.6, ba(seq=2)))
    assert recovery(*made.ALARMED, *check).is_false_alarm


def test_a_copy_on_another_link_is_no_second_alarm() -> None:
    forwarded = (10.01, alarm(hops=62))
    assert len(recovery(*made.ALARMED, forwarded).alarms) == 1


def test_without_an_alarm_probes_and_tunnels_tell_it() -> None:
    """As on a home link by which the alarm doesn't pass."""
    unanswered = [asked(float(3 + i), 2 + i) for i in range(4)]
    found = recovery(*ROUND, *probe(2, 1), (2.5, by(AGENT, 1)), *unanswered, (6.5, by(AGENT2, 2)))
    assert (found.home_address, list(found.alarms)) == (HOME, [])
    assert [switch.first.time_ns - switch.last.time_ns for switch in found.switches] == [4 * S]


def test_a_silent_flow_did_not_suffer() -> None:
    """The second agent's first packet comes after the alarm, but the flow was silent for 11 s before the last sign."""
    packets = ((2.0, by(AGENT, 1)), (13.5, dhaad_reply(AGENT, AGENT2)), (14, alarm()), (15, by(AGENT2, 2)))
    assert recovery(*ROUND, *packets).switches == ()


def test_a_take_over_on_the_home_link() -> None:
    announced = (17.0, made.advertisement(made.LINK_LOCAL2, solicited=False))
    found = recovery(*made.ADVERTISED, (16.0, alarm()), announced)
    assert found.take_over is not None
    assert (found.take_over.defender, found.take_over.first.time_ns) == (AGENT2, 17 * S)


def test_packets_seen_on_several_links_count_once() -> None:
    """The first agent's packet is seen again on another link, behind a router, after the second one's first."""
    again = bytearray(by(AGENT, 2))
    again[7] = 62
    packets = ((2.0, by(AGENT, 1)), (3.0, by(AGENT, 2)), (3.01, by(AGENT2, 3)), (3.02, bytes(again)))
    found = failures(*ROUND, *packets).carriers
    switches: list[Switch] = list(found.switches(AGENT, 0, None))
    assert [(switch.last.time_ns, switch.first.time_ns) for switch in switches] == [(3 * S, round(3.01 * S))]
    assert list(found.switches(AGENT2, 0, None)) == []


def test_care_of_addresses_belong_to_home_addresses() -> None:
    assert failures(*ROUND).rosters.home_of(CARE1) == HOME


def test_forged_alarms_without_end_take_no_memory_without_end() -> None:
    """Each names another agent; of one mobile node's so many are kept as an update could ever name, and a few."""
    forged = [(10.0 + i, alarm(i.to_bytes(16))) for i in range(1, 200)]
    found = failures(*ROUND, *forged)
    assert sum(found.recovery(HOME, i.to_bytes(16)) is not None for i in range(1, 200)) == 64

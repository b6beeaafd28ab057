"""Alarms, reactions and take-over: what is allowed and looks wrong, and what captures do to what was right."""

from collections.abc import Callable

import pytest

from mhatool.exchange import Source
from mhatool.validate import RULES, Finding, Severity, validate
from tests.mhatool.scenes import AGENT, AGENT2, HOME, PEER, S, ip, record, scene, tunnel
from tests.mhatool.validate.scenes import Packet, shaken, told, twice
from tests.recipes import failing_agents as made
from tests.recipes.binding_updates import neighbor_solicitation
from tests.recipes.example import Example
from tests.recipes.failing_agents import (
    LINK_LOCAL,
    LINK_LOCAL2,
    ROUND,
    ROUTED,
    SPARE,
    STRANGER,
    advertisement,
    alarm,
    answered,
    asked,
    by,
    heartbeat,
    inner,
    probe,
    update,
)
from tests.recipes.packets import ba, dhaad_reply

ABOUT_FAILURES = [example.rule for example in made.EXAMPLES]
SELF = ["MHA-018", "MHA-019"]
RETOLD = [example for example in made.EXAMPLES if RULES[example.rule].severity is not Severity.NOTE]
NEW_ROUND = (
    (20.0, update(AGENT2, SPARE, to=AGENT2, seq=2)),
    (20.1, ba(source=AGENT2, seq=2)),
    (20.2, update(AGENT2, SPARE, to=SPARE, seq=2)),
    (20.3, ba(source=SPARE, seq=2)),
)


def sure(rule: str, *packets: Packet) -> list[int]:
    return [frame for _, frame, inconclusive in told([rule], *packets) if not inconclusive]


def unsure(rule: str, *packets: Packet) -> list[int]:
    return [frame for _, frame, inconclusive in told([rule], *packets) if inconclusive]


def first(rule: str, *packets: Packet) -> Finding:
    return validate([scene(*packets)], select=[rule])[0]


# --- what captures do ---

Spoil = Callable[[list[Packet]], list[Packet]]
SPOILT: dict[str, Spoil] = {
    "shaken by 50 ms": shaken,
    "shaken the other way": lambda packets: shaken(packets, -0.05),
    "each twice": twice,
    "from the middle on": lambda packets: packets[len(packets) // 2 :],
    "from the second on": lambda packets: packets[1:],
    "without the end": lambda packets: packets[:-1],
    "every other one": lambda packets: packets[::2],
    "the others": lambda packets: packets[1::2],
}


def bad(packets: list[Packet]) -> list[tuple[str, int]]:
    """Errors and warnings of these rules."""
    source = Source("scene", [record(i, round((at + 100) * S), octets) for i, (at, octets) in enumerate(packets, 1)])
    found = validate([source], select=ABOUT_FAILURES)
    return [(f.rule, f.frames[-1].number) for f in found if f.severity is not Severity.NOTE]


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("example", made.EXAMPLES, ids=ABOUT_FAILURES)
def test_a_spoilt_clean_capture_has_no_error(example: Example, spoil: str) -> None:
    assert bad(SPOILT[spoil](list(example.clean))) == []


@pytest.mark.parametrize("example", RETOLD, ids=[example.rule for example in RETOLD])
def test_each_direction_alone_has_no_other_error(example: Example) -> None:
    whole = {rule for rule, _ in bad(list(example.broken))}
    for source in {octets[8:24] for _, octets in example.broken}:
        half = [(at, octets) for at, octets in example.broken if octets[8:24] == source]
        assert {rule for rule, _ in bad(half)} <= whole


@pytest.mark.parametrize("example", RETOLD, ids=[example.rule for example in RETOLD])
def test_the_broken_one_is_found_when_shaken_and_doubled(example: Example) -> None:
    assert example.rule in {rule for rule, _ in bad(shaken(example.broken))}
    assert example.rule in {rule for rule, _ in bad(twice(example.broken))}


@pytest.mark.parametrize("example", made.EXAMPLES, ids=ABOUT_FAILURES)
def test_cut_captures_have_no_error(example: Example) -> None:
    for snap in range(40, 160, 8):
        records = [record(i, round(at * S), octets, snap=snap) for i, (at, octets) in enumerate(example.clean, 1)]
        found = validate([Source("cut", records)], select=ABOUT_FAILURES)
        assert [f.rule for f in found if f.severity is not Severity.NOTE] == []


# --- who says it, about whom ---


def test_without_any_list_nobody_is_a_stranger() -> None:
    assert told(SELF, (10, alarm(source=STRANGER))) == []


def test_lists_without_answers_leave_strangers_inconclusive() -> None:
    """One direction: the list that names the sender may have gone another way."""
    assert unsure("MHA-018", *ROUND[:2], (10, alarm(source=STRANGER))) == [3]


def test_a_former_agent_may_not_know_yet() -> None:
    """It was told nothing new; the list without it went to others."""
    assert told(["MHA-018"], *ROUND, *NEW_ROUND, (21.5, alarm(SPARE, source=AGENT))) == []
    gone = ((20.4, update(AGENT2, SPARE, to=AGENT, seq=2, life=0)), (20.5, ba(source=AGENT, seq=2, life=0)))
    assert unsure("MHA-018", *ROUND, *NEW_ROUND, *gone, (21, alarm(SPARE, source=AGENT))) == [11]
    late = (22, alarm(SPARE, source=AGENT))
    goes_on = [(50, update(AGENT2, SPARE, to=agent, seq=3)) for agent in (AGENT2, SPARE)]
    assert sure("MHA-018", *ROUND, *NEW_ROUND, *gone, late, *goes_on) == [11]
    looks = (21.5, neighbor_solicitation(AGENT, AGENT[:15] + b"\xfe"))  # its router's address: the alarm waits for that
    assert unsure("MHA-018", *ROUND, *NEW_ROUND, *gone, looks, late, *goes_on) == [12]


def test_the_sender_names_itself() -> None:
    finding = first("MHA-019", (10, alarm(AGENT, AGENT2)))
    assert (finding.offset, finding.seen) == (64 + 8 + 16, "the sender 2001:db8:1::2")


def test_one_that_is_not_listed_any_more() -> None:
    """A moment after the new list was accepted the alarm may have been on its way."""
    goes_on = (50, update(AGENT2, SPARE, to=AGENT2, seq=3))
    assert unsure("MHA-019", *ROUND, *NEW_ROUND, (20.9, alarm(AGENT)), goes_on) == [9]
    assert sure("MHA-019", *ROUND, *NEW_ROUND, (21.2, alarm(AGENT)), goes_on) == [9]


@pytest.mark.parametrize(("rule", "said"), [("MHA-018", alarm(source=STRANGER)), ("MHA-019", alarm(STRANGER))])
def test_the_capture_may_have_lost_another_list(rule: str, said: bytes) -> None:
    """Each update takes the next number (RFC 6275, 11.7.1), so a number that is left out was that of a lost one."""
    first, second = update(AGENT, AGENT2, to=AGENT, seq=2), update(AGENT, AGENT2, to=AGENT2, seq=2)
    strange = update(AGENT, STRANGER, AGENT2, to=AGENT2, seq=2)
    gap = update(AGENT, AGENT2, to=AGENT2, seq=3)
    assert sure(rule, *ROUND, (10, said), (30, first), (31, second)) == [5]
    assert unsure(rule, *ROUND, (10, said), (30, first)) == [5]
    assert unsure(rule, *ROUND, (10, said), (30, first), (31, strange)) == [5]
    assert unsure(rule, *ROUND, (10, said), (30, first), (31, gap), (32, second)) == [5]


def test_a_stranger_may_be_the_one_that_took_over_from_the_first_agent() -> None:
    """What the first agent is told next isn't known: the mobile node may have told the stranger instead."""
    second = update(AGENT, AGENT2, to=AGENT2, seq=2)
    assert unsure("MHA-018", *ROUND, (10, alarm(source=STRANGER)), (31, second)) == [5]


@pytest.mark.parametrize("said", [alarm(SPARE, source=AGENT2), alarm(AGENT, source=SPARE)])
def test_a_list_may_be_stamped_after_the_alarm_that_goes_by_it(said: bytes) -> None:
    """Each stamp may be off by up to 50 ms, so 0.1 s make no order; a list without the address explains nothing."""
    listed = update(AGENT, AGENT2, SPARE, to=AGENT2, seq=2)
    assert told(SELF, *ROUND, (10, said), (10.1, listed)) == []
    assert len(told(SELF, *ROUND, (10, said), (10.101, listed))) == 1
    other = update(AGENT, AGENT2, STRANGER, to=AGENT2, seq=2)
    assert len(told(SELF, *ROUND, (10, said), (10.05, other))) == 1
    gone = update(AGENT, AGENT2, SPARE, to=AGENT2, seq=2, life=0)
    assert len(told(SELF, *ROUND, (10, said), (10.05, gone))) == 1


def test_who_was_told_of_the_end_knows_another_list_if_it_speaks() -> None:
    """The capture lost its new registration: which agents that named nobody saw."""
    gone = ((20.4, update(SPARE, to=AGENT2, seq=3, life=0)), (20.5, ba(source=AGENT2, seq=3, life=0)))
    assert unsure("MHA-019", *ROUND, *gone, (30, alarm(STRANGER))) == [len(ROUND) + 3]


def test_what_the_sender_was_told_counts() -> None:
    """The second agent's own list still names the first one."""
    assert told(["MHA-019"], *ROUND, *NEW_ROUND[2:], (30, alarm(AGENT))) == []


# --- what was known before ---


def test_no_probe_was_seen_on_this_link() -> None:
    assert told(["MHA-020"], *made.ALARMED) == []


def test_fewer_probes_than_usual_are_inconclusive() -> None:
    packets = (*ROUND, *probe(2, 1), asked(13, 2), (14, alarm()))
    assert unsure("MHA-020", *packets) == [8]
    assert sure("MHA-020", *packets) == []


def test_a_lost_route_needs_no_probe_in_vain() -> None:
    """The agent was never heard again; a routing protocol may have told."""
    assert sure("MHA-020", *ROUND, *probe(2, 1), (2.5, alarm()), asked(3, 2), asked(4, 3)) == []


def test_who_was_started_anew_or_left_may_be_named() -> None:
    packets = (*ROUND, *probe(1.5, 1, counter=4), *probe(12, 2, counter=5), (12.2, alarm()), *probe(13, 3, counter=5))
    assert told(["MHA-020", "MHA-021"], *packets) == []
    leaves = (12.0, heartbeat(AGENT, AGENT2, 9, flags=3, counter=5))
    packets = (*ROUND, *probe(1.5, 1), *probe(11, 2), leaves, (12.1, alarm()), *probe(12.5, 3))
    assert told(["MHA-020", "MHA-021"], *packets) == []


@pytest.mark.parametrize(("late_s", "found"), [(0.05, False), (0.18, False), (0.4, True)])
def test_by_another_clock_it_was_started_anew_just_after_the_alarm(late_s: float, found: bool) -> None:
    """What told the sender is stamped later than its alarm, as by two captures whose clocks differ."""
    before = (*ROUND, *(packet for i in range(11) for packet in probe(1.5 + i, 1 + i)))
    packets = (*before, (12.0, alarm()), *probe(12.0 + late_s - 0.01, 99, counter=5))
    assert bool(told(["MHA-020", "MHA-021"], *packets)) is found
    leaves = (12.0 + late_s, heartbeat(AGENT, AGENT2, 9, flags=3, counter=4))
    assert bool(told(["MHA-020", "MHA-021"], *before, (12.0, alarm()), *sorted([leaves, *probe(12.6, 99)]))) is found


def test_alive_elsewhere_is_not_alive_for_the_sender() -> None:
    """The two are cut off from each other; the first one tunnels all the time."""
    probes = [asked(float(13 + i), 72 + i) for i in range(6)]
    tunnelled = [(13.5 + i, by(AGENT, i)) for i in range(6)]
    packets = sorted([*probes, (16.2, alarm()), *tunnelled], key=lambda packet: packet[0])
    found = told(["MHA-020", "MHA-021"], *ROUND, *probe(2, 70), *probe(12, 71), *packets)
    assert [(rule, inconclusive) for rule, _, inconclusive in found] == [("MHA-021", True)]


def test_who_was_cut_off_itself_sent_probes_that_no_link_shows() -> None:
    """Heartbeats each second; then none for 3 s: its own interface was down. It is up again as it tells so."""
    silent = (*ROUND, *[p for i in range(12) for p in probe(2.0 + i, 70 + i)])
    back = (asked(17.0, 90), answered(17.01, 90), (17.02, alarm()), *probe(18.0, 91))
    assert unsure("MHA-020", *silent, *back) == [len(silent) + 3]
    assert sure("MHA-020", *silent, *back) == []
    assert sure("MHA-021", *silent, *back) == []
    without_a_gap = (*silent, *probe(14.0, 90), (14.5, alarm()), *probe(15.0, 91))
    assert sure("MHA-020", *without_a_gap) == [len(silent) + 3]
    assert len(sure("MHA-021", *without_a_gap)) == 1


def test_answers_may_be_lost_behind_the_place_of_capture() -> None:
    """Who gets none gives up as the third one's time is over, and asks again in that instant."""
    probes = [p for i in range(14) for p in probe(2.0 + i, 70 + i)]
    as_it_asks = ((16.0, alarm()), *probe(16.001, 90))
    assert sure("MHA-020", *ROUND, *probes, *probe(15.99, 89), *as_it_asks) == []
    assert len(sure("MHA-020", *ROUND, *probes, (15.5, alarm()), *probe(16.0, 90))) == 1


def test_the_first_answers_after_probes_in_vain_may_be_lost() -> None:
    """Three in vain; the sender's turn to tell it comes half a second after an answer that it need not have got."""
    silent = (*ROUND, *probe(2.0, 70), *probe(12.0, 71), *[asked(13.0 + i, 72 + i) for i in range(3)])
    back = [p for i in range(4) for p in probe(16.0 + i, 75 + i)]
    for answers, says in ((1, unsure), (2, unsure), (3, sure)):
        packets = (*silent, *back[: 2 * answers], (15.5 + answers, alarm()), *back[2 * answers :])
        assert says("MHA-021", *packets) == [len(silent) + 2 * answers + 1]


def test_an_alarm_may_wait_for_the_address_of_its_next_hop() -> None:
    """The sender solicits its router (RFC 4861, 7.2.2): what it had to say before the last answer leaves then."""
    solicitation = neighbor_solicitation(AGENT2, LINK_LOCAL)
    probes = [p for i in range(14) for p in probe(2.0 + i, 70 + i)]
    for at, rule in ((15.45, "MHA-020"), (15.45, "MHA-021"), (12.4, "MHA-020"), (12.4, "MHA-021")):
        packets = sorted([*probes, (at, solicitation), (15.5, alarm()), *probe(16.0, 90)], key=lambda packet: packet[0])
        assert bool(sure(rule, *ROUND, *packets)) == (at < 15.5 - 3)


def test_that_an_address_was_resolved_is_no_answer_to_a_probe() -> None:
    """Heartbeats in vain; the other one's kernel answers for its address, before the alarm and after it."""
    answer = made.advertisement(AGENT, solicited=True, target=AGENT, to=AGENT2)
    solicitations = [
        (at + d, o) for at in (8.5, 9.5) for d, o in ((0, neighbor_solicitation(AGENT2, AGENT)), (0.1, answer))
    ]
    beats = [asked(3.0 + i, 71 + i) for i in range(6)]
    packets = sorted([*beats, (9.0, alarm()), *solicitations], key=lambda packet: packet[0])
    assert sure("MHA-020", *ROUND, *probe(2.0, 70), *packets) == []
    assert sure("MHA-021", *ROUND, *probe(2.0, 70), *packets) == []


def test_a_true_alarm_is_none_of_a_living_agent() -> None:
    """It answered half a second before its failure was told, and was never seen again."""
    assert told(["MHA-021"], *ROUND, *probe(2, 1), *probe(12, 2), (12.5, alarm())) == []


# --- pace ---


def test_several_agents_may_say_it_at_once() -> None:
    packets = (*ROUND, (10, alarm(SPARE)), (10.1, alarm(SPARE, source=AGENT)))
    assert told(["MHA-023"], *packets) == []


def test_another_failure_may_be_told_at_once_with_the_first() -> None:
    assert told(["MHA-023"], *ROUND, (10, alarm(AGENT)), (10.1, alarm(AGENT, SPARE, identifier=6))) == []


def test_another_agent_is_another_matter() -> None:
    assert told(["MHA-023"], *ROUND, (10, alarm(AGENT)), (10.1, alarm(SPARE, identifier=6))) == []
    assert told(["MHA-023"], *ROUND, (10, alarm(AGENT)), (10.1, alarm(AGENT, identifier=6))) == [("MHA-023", 6, False)]


# --- what the mobile node does ---


def test_two_alarms_may_be_lost() -> None:
    assert unsure("MHA-024", *ROUND, *made.TOLD[:2], *made.REFRESH) == [7]


def test_alarms_on_their_sender_s_link_may_be_lost_behind_it() -> None:
    packets = [(at, alarm()) for at in (20.0, 21.0, 22.0)]
    assert unsure("MHA-024", *ROUND, *packets, *made.REFRESH) == [8]


def test_alarms_of_strangers_need_no_answer() -> None:
    packets = [(at, alarm(source=STRANGER, hops=ROUTED)) for at in (20.0, 21.0, 22.0)]
    assert told(["MHA-024"], *ROUND, *packets, *made.REFRESH) == []


def test_who_is_alive_needs_no_replacement() -> None:
    assert told(["MHA-024"], *ROUND, *made.TOLD, (30, by(AGENT, 1)), *made.REFRESH) == []


def test_a_spare_one_that_was_offered_is_taken() -> None:
    """The mobile node searches, but goes on with the dead agent 20 s later."""
    searched = ((22.5, made.dhaad_request()), (22.6, dhaad_reply(AGENT2, SPARE, source=AGENT2)))
    assert sure("MHA-024", *ROUND, *made.TOLD, *searched, *made.REFRESH) == [10]
    nobody = ((22.5, made.dhaad_request()), (22.6, dhaad_reply(AGENT2, source=AGENT2)))
    assert told(["MHA-024"], *ROUND, *made.TOLD, *nobody, *made.REFRESH) == []


def test_taken_again_after_a_sign_of_life_or_an_offer() -> None:
    again = made.TAKEN_AGAIN[-2:]
    for sign in (by(AGENT, 1), dhaad_reply(AGENT, AGENT2, source=AGENT2)):
        assert told(["MHA-025"], *made.SEARCHED, (45, sign), *again) == []


def test_asking_the_dead_one_with_its_own_list_is_no_taking_again() -> None:
    """The check goes on while the replacement registers already."""
    asked_again = (11.02, update(AGENT, AGENT2, to=AGENT, seq=3))
    packets = sorted([*made.SEARCHED, asked_again], key=lambda packet: packet[0])
    assert told(["MHA-025"], *packets) == []


def test_asking_another_one_with_its_own_list_is_none_either() -> None:
    """The second agent still has the first list when the spare one says that it is dead too."""
    packets = (
        *made.SEARCHED[:-2],
        (12.0, alarm(AGENT2, source=SPARE)),
        (12.1, update(AGENT, AGENT2, to=AGENT2, seq=2)),
    )
    assert told(["MHA-025"], *packets) == []


def again(first: float, *waits: float) -> list[Packet]:
    """A refresh at the second agent and its repetitions, none answered, after so many seconds each."""
    times = [first + sum(waits[:i]) for i in range(len(waits) + 1)]
    return [(at, update(AGENT, AGENT2, to=AGENT2, seq=2 + i)) for i, at in enumerate(times)]


def test_a_refresh_and_three_checks_may_look_like_a_timer_that_does_not_double() -> None:
    """The alarm passed elsewhere. At another pace than that of checks it is a breach as ever."""
    assert unsure("MIP6-RTX-002", *ROUND, *again(20, 1.024, 1, 1)) == [8]
    assert sure("MIP6-RTX-002", *ROUND, *again(20, 1.5, 1.5, 1.5)) == [8]


def test_a_refusal_that_the_next_update_puts_right() -> None:
    packets = (
        *ROUND[:2],
        (0.1, ba(seq=7, status=135, life=0)),
        ROUND[3],
        (30, update(AGENT, AGENT2, to=AGENT2, seq=2)),
    )
    assert told(["MHA-030"], *packets) == []


# --- who carries on ---


def test_senders_that_repeat_themselves_are_not_judged() -> None:
    """The same octets from the first agent twice, then from the second one: nobody can tell them apart."""
    packets = ((2.0, by(AGENT, 1)), (2.3, by(AGENT, 1)), (2.5, by(AGENT2, 1)))
    assert told(["MHA-028"], *ROUND, *packets) == []
    assert sure("MHA-028", *ROUND, packets[0], (2.09, by(AGENT2, 1))) == [6]
    assert unsure("MHA-028", *ROUND, packets[0], (2.21, by(AGENT2, 1))) == [6]  # TCP sends again after 0.2 s
    assert told(["MHA-028"], *ROUND, packets[0], (2.6, by(AGENT2, 1))) == []


def test_what_waited_for_a_neighbour_looks_like_what_is_sent_again() -> None:
    """A router looks for the home address (RFC 4861, 7.2.2); the first packet has waited there for up to 3 s."""
    doubled = ((5.0, by(AGENT, 1)), (5.05, by(AGENT2, 1)))
    for at, says in ((1.9, sure), (2.1, unsure)):
        assert says("MHA-028", *ROUND, (at, neighbor_solicitation(PEER, HOME)), *doubled) == [7]
    again = ((9.0, by(AGENT, 2)), (9.05, by(AGENT2, 2)))
    assert sure("MHA-028", *ROUND, (2.1, neighbor_solicitation(PEER, HOME)), *doubled, *again) == [9]


def test_the_packet_itself_is_no_second_one() -> None:
    """It is seen before the tunnel, and in the tunnel on two links."""
    again = bytearray(by(AGENT, 1))
    again[7] = ROUTED
    assert told(["MHA-028"], *ROUND, (2.0, inner(1)), (2.001, by(AGENT, 1)), (2.01, bytes(again))) == []


def test_strangers_tunnels_are_not_judged() -> None:
    other = tunnel(STRANGER, ip("2001:db8:a::100"), inner(1))
    assert told(["MHA-028"], *ROUND, (2.0, by(AGENT, 1)), (2.1, other)) == []


def test_a_divided_link_is_inconclusive() -> None:
    """The second agent's probe stays unanswered meanwhile."""
    turns = made.BY_TURNS[len(made.ADVERTISED) :]
    assert sure("MHA-029", *made.BY_TURNS) == [10]
    assert unsure("MHA-029", *made.ADVERTISED, asked(15, 1), *turns) == [11]


def test_two_may_answer_while_it_settles() -> None:
    packets = (
        (20.0, advertisement(LINK_LOCAL2, solicited=False)),
        (20.1, advertisement(LINK_LOCAL2, solicited=True)),
        (20.2, advertisement(LINK_LOCAL, solicited=True)),
        (20.3, advertisement(LINK_LOCAL2, solicited=True)),
    )
    assert told(["MHA-029"], *made.ADVERTISED, *packets) == []


def test_two_that_answer_one_question() -> None:
    """One that comes back with an old binding answers the same asker a millisecond after the one that took over."""
    took_over = (20.0, advertisement(LINK_LOCAL2, solicited=False))
    answers = ((30.0, advertisement(LINK_LOCAL2, solicited=True)), (30.001, advertisement(LINK_LOCAL, solicited=True)))
    packets = (*made.ADVERTISED, took_over, *answers)
    assert sure("MHA-029", *packets) == [len(packets)]
    apart = (*made.ADVERTISED, took_over, answers[0], (30.9, answers[1][1]))
    assert told(["MHA-029"], *apart) == []
    announced = (
        *made.ADVERTISED,
        took_over,
        answers[0],
        (30.0005, advertisement(LINK_LOCAL, solicited=False)),
        answers[1],
    )
    assert told(["MHA-029"], *announced) == []


def test_the_time_without_tunnel_is_told() -> None:
    """3 s to 8.25 s; the alarm 4 s after the last sign of life."""
    finding = first("MHA-026", *made.TAKEN_UP)
    assert finding.seen == "by 2001:db8:1::2 after 5.250 s (detect 4.000 s, notify 0.100 s, discover 0.100 s)"
    assert finding.home_address == HOME
    assert finding.expected == "packets of 2001:db8:c::10 by 2001:db8:1::1"
    assert ip("2001:db8:c::10") == PEER


def test_what_a_round_costs() -> None:
    """An update is 40 + 24 + 12 + 18 + 2 + 34 octets padded to eights, an answer 40 + 24 + 16: two of each."""
    sizes = [len(octets) for _, octets in ROUND]
    finding = first("MHA-027", *ROUND)
    assert finding.seen == f"{sum(sizes)} octets a round of 2 home agents"


@pytest.mark.parametrize(("rounds", "apart_s"), [(2, 90), (3, 90), (11, 336)])
def test_what_an_hour_costs_is_a_round_for_each_time_between_two_of_them(rounds: int, apart_s: int) -> None:
    """However many there were."""
    packets = [(at + index * apart_s, octets) for index in range(rounds) for at, octets in ROUND]
    hour = sum(len(octets) for _, octets in ROUND) * 3600 // apart_s
    assert first("MHA-027", *packets).seen.endswith(f" a round of 2 home agents, {hour} octets an hour")


def test_what_a_first_round_in_vain_cost_is_not_what_an_hour_costs() -> None:
    """An update to each agent again, 2 s later; 90 s after the first ones comes another round."""
    again = [(at + 2, octets) for at, octets in ROUND[:2]]
    later = [(at + 90, octets) for at, octets in ROUND]
    hour = sum(len(octets) for _, octets in ROUND) * 3600 // 90
    assert first("MHA-027", *ROUND[:2], *again, *later).seen.endswith(f", {hour} octets an hour")


def test_half_a_round_tells_nothing_of_a_whole_one() -> None:
    assert told(["MHA-027"], ROUND[0]) == []


@pytest.mark.parametrize(("apart_s", "updates"), [(2, 3), (39, 3), (41, 4)])
def test_updates_that_are_sent_again_make_a_round_dearer(apart_s: int, updates: int) -> None:
    """After the two of the round, two to one agent in vain: no more than 40 s later it is the same one again."""
    in_vain = [(20.0 + i * apart_s, update(AGENT, AGENT2, to=AGENT, seq=70 + i)) for i in range(2)]
    octets = sum(len(packet) for _, packet in (*ROUND, *in_vain))
    said = first("MHA-027", *ROUND, *in_vain).seen
    assert said.startswith(f"{octets * 2 // updates} octets a round of 2 home agents")

"""A home agent is said to be unreachable: who is believed how far, what is asked, what follows (the paper, III-D).

Times are those of PROTOCOL.md: three Binding Updates 1 s apart, an answer to the last one awaited for 1 s, so a check
ends 3 s after the message; one check of an agent in 10 s; a search for more agents each 60 s.
"""

from __future__ import annotations

import pytest

from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest
from dissectors.profile import KAME2003
from dissectors.spec import Flags
from mhatool.engine.actions import End, SetTunnel
from mhatool.engine.commands import LinkChanged, Stop
from mhatool.engine.constants import KAME2003 as KAME_CONSTANTS
from mhatool.engine.drops import DropReason
from mhatool.engine.events import UpdateListEntry
from mhatool.engine.failure_events import AgentChecked, AgentReturned, AgentSuspected
from mhatool.engine.mobile_node_events import ReverseTunnelSet, RoundStarted
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    AGENT3,
    ALARM,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    LINK_LOCAL,
    PEER,
    ROUTERS,
    Journey,
    options_of,
)
from tests.mhatool.engine.playbook import S, Sent

AGENT4 = AGENT1[:-1] + b"\x04"


def registered(*agents: bytes, **changes: object) -> Journey:
    """A node abroad with these agents, and no others heard of; the router of its link is there."""
    play = Journey(**{"home_agents": len(agents), "has_router": True, **changes})
    play.is_registered_with(*agents)
    return play


def listed(update: Sent) -> tuple[bytes, ...]:
    option = options_of(update).get("multiple_home_agents")
    return option.home_agents if option is not None else ()


def seen(updates: list[Sent], since: int) -> list[tuple[float, bytes, tuple[bytes, ...]]]:
    """When each left, to whom, and with which list."""
    return [((each.at - since) / S, each.arrival.destination, listed(each)) for each in updates]


def hears_reply(play: Journey, request: Sent, *agents: bytes) -> None:
    """The answer to a discovery request that was taken out before."""
    reply = DhaadReply(identifier=request.message.identifier, flags=Flags(), home_agents=agents)
    play.hears(reply, agents[0] if agents else AGENT2, request.arrival.source)


BOTH = (AGENT1, AGENT2)


# --- a true alarm ---


def test_at_once_the_tunnel_turns_the_agent_is_asked_and_others_are_looked_for() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    told = play.tells(AgentSuspected)
    assert (told.home_agent, told.sender, told.identifier) == (AGENT1, AGENT2, ALARM)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT2, AGENT1)))
    assert play.finds(DhaadRequest).at == play.now
    (update,) = play.takes_updates()
    assert seen([update], play.now) == [(0, AGENT1, BOTH)]
    assert update.message.flags == set("AHLM")


def test_a_dead_agent_is_asked_three_times_and_then_there_is_a_round_without_it() -> None:
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(3.5)
    updates = play.takes_updates()
    assert seen(updates, begin) == [(0, AGENT1, BOTH), (1, AGENT1, BOTH), (2, AGENT1, BOTH), (3, AGENT2, ())]
    first, second, third, alone = updates
    assert second.message.sequence_number == (first.message.sequence_number + 1) % 65536
    assert third.message.sequence_number == (first.message.sequence_number + 2) % 65536
    assert alone.message.flags == set("AHL")
    told = play.tells(AgentChecked)
    assert (told.home_agent, told.alive, told.time_ns) == (AGENT1, False, begin + 3 * S)
    assert play.tells(UpdateListEntry, gone=True).peer == AGENT1
    assert play.tells(RoundStarted).home_agents == (AGENT2,)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT2, AGENT1)))


def test_what_an_agent_without_an_entry_tunnels_is_taken_until_it_can_hold_no_binding() -> None:
    """It may have been cut off alone, and answer for the home address when it is back. Its last Binding Update asked
    for 420 s, 2 s after the alarm."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    begin = play.now
    play.waits(3)
    for _ in range(4):
        for update in play.takes_updates():
            if update.arrival.destination == AGENT2:
                play.is_answered(update)
        play.waits(104)
    play.forgets()
    play.waits(2.9)
    assert (play.now - begin) / S == 421.9
    assert [action for action in play.actions if isinstance(action, SetTunnel)] == []
    play.waits(0.1)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT2,)))


def test_the_living_are_sent_nothing_until_the_check_has_ended() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.waits(2.9)
    assert {each.arrival.destination for each in play.takes_updates()} == {AGENT1}


def test_a_spare_agent_that_discovery_finds_is_registered_with_at_once() -> None:
    """It lists who lives; when the check has ended, who lives is sent the same list."""
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(0.2)
    play.is_offered(AGENT2, AGENT3)
    check, spare = play.takes_updates()
    assert check.arrival.destination == AGENT1
    assert seen([spare], begin) == [(0.2, AGENT3, (AGENT2, AGENT3))]
    play.is_answered(spare)
    play.waits(3)
    assert seen(play.takes_updates(), begin) == [
        (1, AGENT1, BOTH),
        (2, AGENT1, BOTH),
        (3, AGENT2, (AGENT2, AGENT3)),
    ]


def test_a_spare_agent_that_was_offered_before_is_registered_with_at_the_alarm_itself() -> None:
    """The anycast address may still lead to the dead agent: who is known from the last reply doesn't wait for it."""
    play = Journey(has_router=True)
    for update in play.goes_abroad(AGENT1, AGENT2, AGENT3):
        play.is_answered(update)
    play.forgets()
    begin = play.now
    play.hears_alarm(AGENT1)
    check, spare = play.takes_updates()
    assert seen([check, spare], begin) == [(0, AGENT1, BOTH), (0, AGENT3, (AGENT2, AGENT3))]
    assert play.finds(DhaadRequest).at == begin
    play.is_answered(spare)
    play.waits(3)
    after = [row for row in seen(play.takes_updates(), begin) if row[1] != AGENT1]
    assert after == [(3, AGENT2, (AGENT2, AGENT3))]


def test_who_was_asked_in_vain_is_asked_once_more_as_soon_as_something_comes_through() -> None:
    """While the routing leads to the dead agent nobody answers, and waits double (RFC 6275, 11.8): 1.5 s, 3 s. With the
    end of the check, after 3 s, the living one is sent the new list: its answer shows that there is a way again."""
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    hears_reply(play, play.finds(DhaadRequest), AGENT2, AGENT3)
    play.waits(3)
    updates = play.takes_updates()
    spare = [each for each in updates if each.arrival.destination == AGENT3]
    (living,) = [each for each in updates if each.arrival.destination == AGENT2]
    play.waits(0.02)
    play.is_answered(living)
    spare += play.takes_updates()
    assert seen(spare, begin) == [(at, AGENT3, (AGENT2, AGENT3)) for at in (0, 1.5, 3.02)]
    play.waits(5.9)
    assert play.takes_updates() == []


@pytest.mark.parametrize(("offered", "times"), [((AGENT1,), [0, 1, 3, 7]), (BOTH, [0, 1, 2.5, 6.5])])
def test_a_reply_hurries_only_whom_it_lists(offered: tuple[bytes, ...], times: list[float]) -> None:
    """A third agent is wanted, so the node searches. Waits double (RFC 6275, 11.8): 1, 2 and 4 s, also after the one
    that the reply makes shorter."""
    play = registered(*BOTH, home_agents=3, lifetime_s=76)
    play.waits(60.9)  # a search after 60 s, refreshes after 0.8 of the lifetime, in units of 4 s
    request = play.finds(DhaadRequest)
    refresh = next(each for each in play.takes_updates() if each.arrival.destination == AGENT2)
    play.waits((refresh.at + 5 * S // 2 - play.now) / S)
    again = play.takes_updates()
    hears_reply(play, request, *offered)
    play.waits(4.8)
    to_second = [each for each in (refresh, *again, *play.takes_updates()) if each.arrival.destination == AGENT2]
    assert [(each.at - refresh.at) / S for each in to_second] == times


def test_who_was_asked_just_now_is_not_asked_again_when_another_answers() -> None:
    """Its answer may be on its way, and a first registration takes 1.5 s."""
    play = Journey(home_agents=2)
    first, _ = play.goes_abroad(*BOTH)
    play.waits(1.2)
    play.is_answered(first)
    assert play.takes_updates() == []
    play.waits(0.3)
    assert [each.arrival.destination for each in play.takes_updates()] == [AGENT2]


def test_a_spare_agents_tunnel_counts_from_its_binding_update_on() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_offered(AGENT2, AGENT3)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT2, AGENT3, AGENT1)))


def test_a_reply_after_the_end_of_the_check_completes_the_round() -> None:
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(3.1)
    play.is_answered(play.takes_updates()[-1])
    play.waits(2.9)
    play.is_offered(AGENT2, AGENT3)
    (spare,) = play.takes_updates()
    assert seen([spare], begin) == [(6, AGENT3, (AGENT2, AGENT3))]
    play.is_answered(spare)
    assert seen(play.takes_updates(), begin) == [(6, AGENT2, (AGENT2, AGENT3))]
    assert play.tells(RoundStarted, home_agents=(AGENT2, AGENT3)).cause == "another agent accepted"


def test_agents_that_are_given_are_taken_without_discovery() -> None:
    play = Journey(static_home_agents=(AGENT1, AGENT2, AGENT3))
    for update in play.goes_abroad_to_given():
        play.is_answered(update)
    play.forgets()
    play.hears_alarm(AGENT1)
    assert seen(play.takes_updates(), play.now) == [(0, AGENT1, BOTH), (0, AGENT3, (AGENT2, AGENT3))]


def test_where_nobody_is_offered_it_goes_on_with_the_living_and_asks_again_after_a_minute() -> None:
    """The replies, 0.5 s and 63.1 s after the alarm, name only who is there already: each time 60 s later again."""
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(0.5)
    play.is_offered(AGENT2)
    play.waits(2.6)
    (*_, alone) = play.takes_updates()
    play.is_answered(alone)
    play.waits(60)
    request = play.finds(DhaadRequest)
    assert (request.at - begin) / S == 60.5
    hears_reply(play, request, AGENT2)
    play.waits(60)
    assert (play.finds(DhaadRequest).at - begin) / S == 63.1 + 60
    assert play.takes_updates() == []


def test_another_alarm_lets_the_search_that_is_out_go_on() -> None:
    """RFC 6275, 11.8: waits double, whoever says what meanwhile: 3, 6 and 12 s; a move asks from the new address."""
    play = registered(AGENT1, AGENT2, AGENT3)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(4)
    play.hears_alarm(AGENT2, sender=AGENT3)
    play.waits(18)
    requests = [play.finds(DhaadRequest) for _ in range(4)]
    assert [(each.at - begin) / S for each in requests] == [0, 3, 9, 21]
    assert len({each.message.identifier for each in requests}) == 1
    play.is_carried_to(ELSEWHERE)
    assert play.finds(DhaadRequest).arrival.source == CARE_OF_ELSEWHERE


def test_two_that_are_named_are_asked_side_by_side() -> None:
    play = registered(AGENT1, AGENT2, AGENT3)
    play.hears_alarm(AGENT1, AGENT3)
    everybody = (AGENT1, AGENT2, AGENT3)
    assert seen(play.takes_updates(), play.now) == [(0, AGENT1, everybody), (0, AGENT3, everybody)]
    assert play.tells(ReverseTunnelSet).home_agents == (AGENT2, AGENT1, AGENT3)
    play.waits(3)
    (alone,) = [each for each in play.takes_updates() if each.at == play.now]  # one round for both
    assert (alone.arrival.destination, alone.message.flags) == (AGENT2, set("AHL"))
    assert [each.home_agent for each in play.events if isinstance(each, AgentChecked)] == [AGENT1, AGENT3]


def test_a_second_failure_during_a_check_has_a_check_of_its_own() -> None:
    play = registered(AGENT1, AGENT2, AGENT3)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(1.5)
    play.hears_alarm(AGENT1, AGENT3)
    play.waits(3.5)
    ended = [each for each in play.events if isinstance(each, AgentChecked)]
    assert [((each.time_ns - begin) / S, each.home_agent) for each in ended] == [(3, AGENT1), (4.5, AGENT3)]


def test_a_replacement_that_is_being_asked_is_not_asked_anew_by_the_round() -> None:
    """At 0.2 s, again after 1.5 s; the round at 3 s has the same list, so the next wait is doubled: 4.7 s (11.8)."""
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(0.2)
    play.is_offered(AGENT2, AGENT3)
    play.waits(5)
    to_spare = [each for each in play.takes_updates() if each.arrival.destination == AGENT3]
    assert [at for at, *_ in seen(to_spare, begin)] == [0.2, 1.7, 4.7]


def test_a_prefix_that_lasts_longer_asks_nobody_who_is_being_asked() -> None:
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(0.4)
    play.hears_router(ABROAD)
    play.waits(2.5)
    assert [at for at, *_ in seen(play.takes_updates(), begin)] == [0, 1, 2]


def test_who_is_still_asked_when_another_check_ends_gets_the_new_list_with_its_next_question() -> None:
    """AGENT1's check ends at 3 s, AGENT3's runs until 4.5 s: no Binding Update to it beside its questions."""
    play = registered(AGENT1, AGENT2, AGENT3)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(1.5)
    play.hears_alarm(AGENT3)
    play.waits(1.7)
    to_third = [each for each in play.takes_updates() if each.arrival.destination == AGENT3]
    everybody = (AGENT1, AGENT2, AGENT3)
    assert seen(to_third, begin) == [(1.5, AGENT3, everybody), (2.5, AGENT3, everybody)]
    play.waits(0.5)
    assert seen(play.takes_updates(), begin) == [(3.5, AGENT3, (AGENT2, AGENT3))]


def test_an_agent_that_lives_and_holds_an_older_list_is_sent_the_rounds() -> None:
    play = registered(AGENT1, AGENT2, AGENT3)
    play.hears_alarm(AGENT1)
    play.waits(1.5)
    play.hears_alarm(AGENT3)
    play.waits(1.7)
    *_, question = [each for each in play.takes_updates() if each.arrival.destination == AGENT3]
    play.is_answered(question)
    assert seen(play.takes_updates(), play.now) == [(0, AGENT3, (AGENT2, AGENT3))]


# --- all of them ---


def test_where_all_are_named_the_first_keeps_the_tunnel_and_nobody_is_given_up() -> None:
    """Each names the other: a partition, or a forger. What doesn't answer then may be the node itself."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.hears_alarm(AGENT2, sender=AGENT1)
    play.does(
        SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT2, AGENT1)),
        SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT1, AGENT2)),
    )
    play.waits(3.1)
    assert [each.alive for each in play.events if isinstance(each, AgentChecked)] == [False, False]
    assert not [each for each in play.events if isinstance(each, UpdateListEntry) and each.gone]
    play.takes_updates()
    play.waits(10)
    again = play.takes_updates()
    assert {each.arrival.destination for each in again} == set(BOTH)
    play.is_answered(next(each for each in again if each.arrival.destination == AGENT2))
    assert play.tells(UpdateListEntry, gone=True).peer == AGENT1
    assert play.tells(RoundStarted).home_agents == (AGENT2,)


def test_where_all_are_silent_one_that_discovery_finds_takes_their_place() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.forgets()
    play.hears_alarm(AGENT2, sender=AGENT1)
    play.waits(4)
    play.is_offered(AGENT3)
    spare = play.takes_updates()[-1]
    assert (spare.arrival.destination, listed(spare)) == (AGENT3, ())
    play.is_answered(spare)
    assert {each.peer for each in play.events if isinstance(each, UpdateListEntry) and each.gone} == set(BOTH)
    assert play.tells(RoundStarted, home_agents=(AGENT3,))


# --- a false alarm ---


def test_an_answer_ends_the_check_and_nothing_was_lost() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    (update,) = play.takes_updates()
    play.waits(0.05)
    play.forgets()
    play.is_answered(update)
    assert play.tells(AgentChecked).alive
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, BOTH))
    assert not [each for each in play.events if isinstance(each, UpdateListEntry) and each.gone]
    play.waits(30)
    assert play.takes_updates() == []


def test_an_update_that_is_out_as_the_alarm_comes_is_the_first_question() -> None:
    """Its answer was lost; the agent lives. It is asked two times more, a second apart, and each answer counts: the one
    that is late, and those to what is asked then."""
    for answered in range(3):
        play = registered(*BOTH, lifetime_s=60)
        play.waits(48)
        refreshes = play.takes_updates()
        (out,) = [each for each in refreshes if each.arrival.destination == AGENT1]
        (other,) = [each for each in refreshes if each.arrival.destination == AGENT2]
        play.is_answered(other)
        play.waits(0.5)
        play.hears_alarm(AGENT1)
        begin = play.now
        play.waits(2.5)
        questions = [each for each in play.takes_updates() if each.arrival.destination == AGENT1]
        assert [(each.at - begin) / S for each in questions] == [1, 2]
        play.is_answered([out, *questions][answered])
        assert play.tells(AgentChecked).alive
        play.waits(20)
        assert not [event for event in play.events if isinstance(event, RoundStarted)]


def test_an_answer_to_the_first_question_counts_after_the_third() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    (first,) = play.takes_updates()
    play.waits(2.9)
    play.is_answered(first)
    assert play.tells(AgentChecked).alive


@pytest.mark.parametrize(("status", "consequence"), [(129, "goes"), (135, "stays")])
def test_a_refusal_is_a_sign_of_life_too(status: int, consequence: str) -> None:
    """What the status asks for follows as ever: 129 ends the registration, 135 is answered with a right number."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    (update,) = play.takes_updates()
    play.is_answered(update, status, number=77 if status == 135 else None)
    assert play.tells(AgentChecked).alive
    assert play.tells(UpdateListEntry, gone=consequence == "goes").peer == AGENT1
    play.waits(1)
    again = play.takes_updates()
    if status == 135:
        assert again[0].message.sequence_number == 78
        assert [each.arrival.destination for each in again] == [AGENT1, AGENT1]  # and after a second once more


def test_an_old_acknowledgement_is_no_sign_of_life() -> None:
    """What answers the Binding Update before the alarm may be a replay."""
    play = Journey(has_router=True, home_agents=2)
    first, second = play.goes_abroad(*BOTH)
    play.is_answered(first)
    play.is_answered(second)
    play.forgets()
    play.hears_alarm(AGENT1)
    play.forgets()
    play.is_answered(first)
    play.drops(DropReason.SEQUENCE_NUMBER)
    play.waits(3)
    assert not play.tells(AgentChecked).alive


def test_a_spare_that_was_tried_for_nothing_is_let_go() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    (check,) = [each for each in play.takes_updates() if each.arrival.destination == AGENT1]
    play.is_offered(AGENT2, AGENT3)
    (spare,) = play.takes_updates()
    play.is_answered(spare)
    play.is_answered(check)
    (farewell,) = play.takes_updates()
    assert (farewell.arrival.destination, farewell.message.lifetime_s) == (AGENT3, 0)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, BOTH))
    play.is_answered(farewell)
    play.waits(61)
    assert play.takes_updates() == []


def test_an_agent_that_is_tried_again_gets_the_next_number() -> None:
    """Numbers go up for each pair (RFC 6275, 11.1), also where there was no binding in between: the agent may have one
    that the node knows nothing of. Nor does a new entry let it send more than MAX_UPDATE_RATE."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    (check,) = [each for each in play.takes_updates() if each.arrival.destination == AGENT1]
    play.is_offered(AGENT2, AGENT3)
    (spare,) = play.takes_updates()
    play.is_answered(spare)
    play.is_answered(check)
    (farewell,) = play.takes_updates()
    play.is_answered(farewell)
    play.hears_alarm(AGENT2, sender=AGENT1)
    again = [each for each in play.takes_updates() if each.arrival.destination == AGENT3]
    numbers = [each.message.sequence_number for each in (spare, farewell, *again)]
    assert numbers == [(numbers[0] + i) % 65536 for i in range(3)]
    play.is_answered(again[0], 130)
    play.is_offered(AGENT1, AGENT3)
    play.waits(0.9)
    assert AGENT3 not in [each.arrival.destination for each in play.takes_updates()]


def test_an_agent_that_never_answered_is_sent_the_next_number_too() -> None:
    play = Journey(home_agents=1, lifetime_s=8)
    (first,) = play.goes_abroad(AGENT1, AGENT2)
    play.waits(60)
    numbers = [each.message.sequence_number for each in play.takes_updates() if each.arrival.destination == AGENT1]
    assert len(numbers) > 2
    assert numbers == [(first.message.sequence_number + 1 + i) % 65536 for i in range(len(numbers))]


def test_back_home_an_agent_that_never_answered_is_told_to_forget_too() -> None:
    """Its answers may have been lost: it may hold a binding, and answer for the home address."""
    play = Journey(home_agents=1)
    (first,) = play.goes_abroad(AGENT1, AGENT2)
    play.waits(1.5)
    (second,) = play.takes_updates()
    play.is_answered(second)
    play.returns_home()
    told = {each.arrival.destination: each.message for each in play.takes_updates()}
    assert {agent: message.lifetime_s for agent, message in told.items()} == {AGENT1: 0, AGENT2: 0}
    assert told[AGENT1].sequence_number == (first.message.sequence_number + 1) % 65536


def test_where_all_are_there_again_nobody_asks_for_more() -> None:
    """One answers 5 s after the discovery that offered nobody: the question of a minute later is left out."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    (check,) = play.takes_updates()
    play.is_offered(AGENT2)
    play.is_answered(check)
    play.waits(70)
    play.sends_nothing()


def test_a_spare_is_kept_where_fewer_than_wanted_were_there() -> None:
    """Three are wanted, two were there: the false alarm brings the third."""
    play = registered(*BOTH, home_agents=3)
    play.hears_alarm(AGENT1)
    (check,) = [each for each in play.takes_updates() if each.arrival.destination == AGENT1]
    play.is_offered(AGENT2, AGENT3)
    (spare,) = play.takes_updates()
    play.is_answered(spare)
    assert play.takes_updates() == []
    play.is_answered(check)
    assert seen(play.takes_updates(), play.now) == [(0, agent, (*BOTH, AGENT3)) for agent in (*BOTH, AGENT3)]


# --- forged, stale, repeated ---


def test_a_stranger_is_not_heard() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1, sender=PEER)
    play.drops(DropReason.NOT_LISTED)


def test_a_sender_that_names_itself_is_not_heard() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1, AGENT2)
    play.drops(DropReason.NOT_LISTED)


def test_strangers_that_are_named_are_not_asked() -> None:
    play = registered(*BOTH)
    play.hears_alarm(PEER, AGENT3)
    play.drops(DropReason.NOT_LISTED)
    play.hears_alarm(PEER, AGENT1)
    assert [each.arrival.destination for each in play.takes_updates()] == [AGENT1]


def test_a_listed_agent_that_lies_costs_a_question() -> None:
    """AGENT2 names AGENT1, which lives: two packets and a discovery, and 10 s later as much again."""
    play = registered(*BOTH)
    for _ in range(3):
        play.hears_alarm(AGENT1)
        (update,) = play.takes_updates()
        play.is_answered(update)
        play.is_offered(*BOTH)
        play.forgets()
        play.waits(9.9)
        play.hears_alarm(AGENT1)
        play.drops(DropReason.PACED)
        play.waits(0.1)


def test_what_is_said_again_during_the_check_changes_nothing() -> None:
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.forgets()
    play.waits(0.5)
    play.hears_alarm(AGENT1)
    play.drops(DropReason.PACED)
    play.waits(4)
    updates = [each for each in play.takes_updates() if each.arrival.destination == AGENT1]
    assert [at for at, *_ in seen(updates, begin)] == [1, 2]


@pytest.mark.parametrize(
    "way",
    [{"to": CARE_OF_ELSEWHERE}, {"to": HOME}, {"routed_to": None}, {"tunnel": (AGENT2, CARE_OF)}],
    ids=["elsewhere", "home", "unrouted", "tunnelled"],
)
def test_it_has_to_come_to_the_care_of_address_routed_to_the_home_address(way: dict[str, bytes]) -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1, **way)
    play.drops(DropReason.NOT_FOR_US)


def test_a_code_that_the_type_does_not_have() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1, code=1)
    play.drops(DropReason.CODE)


def test_an_agent_that_refused_is_none_of_ours() -> None:
    play = Journey()
    first, _ = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(first, 129)
    play.forgets()
    play.hears_alarm(AGENT1)
    play.drops(DropReason.NOT_LISTED)


def test_kames_node_of_2003_has_no_such_message() -> None:
    play = Journey(profile=KAME2003, constants=KAME_CONSTANTS)
    play.comes_up()
    play.hears_alarm(AGENT1)
    play.drops(DropReason.NOT_OUR_ROLE)


# --- the node moves, comes home, stops ---


def test_a_move_begins_the_check_again_from_the_new_address() -> None:
    """Away from 1 s on, there again at 2 s: three questions at 2, 3 and 4 s, and the end at 5 s."""
    play = registered(*BOTH)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(1)
    play.takes_updates()
    play.is_carried_to(ELSEWHERE)
    play.waits(3)
    updates = [each for each in play.takes_updates() if each.arrival.destination == AGENT1]
    assert [at for at, *_ in seen(updates, begin)] == [2, 3, 4]
    assert {each.arrival.source for each in updates} == {CARE_OF_ELSEWHERE}
    assert play.tells(AgentChecked).time_ns == begin + 5 * S


def test_the_discovery_asks_from_the_new_address_too() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.forgets()
    play.is_carried_to(ELSEWHERE)
    assert play.finds(DhaadRequest).arrival.source == CARE_OF_ELSEWHERE


def test_without_a_link_nobody_is_given_up() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_told(LinkChanged("eth0", up=False))
    play.waits(20)
    assert not [each for each in play.events if isinstance(each, AgentChecked)]
    play.forgets()
    begin = play.now
    play.is_carried_to(ABROAD)
    play.waits(4)
    assert [each.arrival.destination for each in play.takes_updates()][:3] == [AGENT1] * 3
    assert (play.tells(AgentChecked).time_ns - begin) / S >= 3


@pytest.mark.parametrize("gone_s", [30, 200])
def test_bindings_that_end_while_there_is_no_link_are_nobodys_fault(gone_s: int) -> None:
    """One ends at 420 s, the other one, answered at its second retransmission, 4.5 s later; the link goes at 400 s.

    After 200 s the registrations have been tried more often than the three times of an agent that is given up."""
    play = Journey(home_agents=2, has_router=True)
    first, _ = play.goes_abroad(*BOTH)
    play.is_answered(first)
    play.waits(5)
    play.is_answered(play.takes_updates()[-1])
    play.waits(395)
    play.is_told(LinkChanged("eth0", up=False))
    play.forgets()
    play.takes_updates()
    play.waits(gone_s)
    assert not [each for each in play.events if isinstance(each, (RoundStarted, AgentSuspected))]
    assert not any(each.gone for each in play.events if isinstance(each, UpdateListEntry))
    assert not any(map(play.node._parts.rounds.checks.doubts, BOTH))
    play.takes_updates()
    play.is_carried_to(ELSEWHERE)
    assert {each.arrival.destination: listed(each) for each in play.takes_updates()} == dict.fromkeys(BOTH, BOTH)


def test_after_the_return_home_it_means_nothing() -> None:
    play = registered(*BOTH)
    play.returns_home()
    play.forgets()
    play.hears_alarm(AGENT1)
    play.drops(DropReason.NOT_FOR_US)


def test_a_return_during_the_check_asks_every_agent_to_forget() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_offered(AGENT2, AGENT3)
    play.takes_updates()
    play.returns_home()
    updates = play.takes_updates()
    assert [(each.arrival.destination, each.message.lifetime_s) for each in updates] == [
        (AGENT1, 0),
        (AGENT2, 0),
        (AGENT3, 0),
    ]
    play.waits(5)
    assert not [each for each in play.events if isinstance(each, AgentChecked)]


def test_away_again_it_begins_anew() -> None:
    """Neither the check nor the replacement of before the return counts any more."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_offered(AGENT2, AGENT3)
    play.takes_updates()
    play.returns_home()
    for each in play.takes_updates():
        play.is_answered(each)
    assert not play.node._parts.rounds.checks.doubts(AGENT1)
    play.forgets()
    play.is_carried_to(ELSEWHERE)
    play.is_offered(AGENT3, AGENT1)
    updates = play.takes_updates()
    assert [(each.arrival.destination, listed(each)) for each in updates] == [
        (AGENT3, (AGENT3, AGENT1)),
        (AGENT1, (AGENT3, AGENT1)),
    ]


def test_a_node_that_stops_asks_nobody() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_told(Stop())
    for each in play.takes_updates():
        if each.message.lifetime_s == 0:
            play.is_answered(each)
    play.waits(500)
    assert play.takes_updates() == []


def test_a_node_that_stops_checks_nobody() -> None:
    """Deregistrations that nobody answers are no questions: 1, 2 and 4 s between them (11.8), and no verdict."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_told(Stop())
    begin = play.now
    play.takes_updates()
    play.waits(8)
    to_first = [each for each in play.takes_updates() if each.arrival.destination == AGENT1]
    assert [at for at, *_ in seen(to_first, begin)] == [1, 3, 7]
    assert not [each for each in play.events if isinstance(each, AgentChecked)]


# --- the node's own link fails, and nobody tells it ---


def test_who_has_left_its_link_without_a_word_blames_no_agent() -> None:
    """An alarm, forged perhaps, and the link is another one since: the router is as silent as the agent."""
    play = registered(*BOTH, has_router=False)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(4.5)
    updates = play.takes_updates()
    assert seen(updates, begin) == [(second, AGENT1, BOTH) for second in range(5)]
    asked = [sent.at for sent in play.solicitations() if sent.message.target == ROUTERS[ABROAD]]
    assert asked == [begin + second * S for second in (2, 3, 4)]
    play.hears_router(ELSEWHERE)  # believed 3 s later: PROTOCOL's movement detection
    play.waits(5)
    moved = {each.arrival.destination: each for each in play.takes_updates() if each.arrival.source != CARE_OF}
    assert set(moved) == {AGENT1, AGENT2}
    for update in moved.values():
        play.is_answered(update)
    assert play.tells(AgentChecked).alive
    assert [entry.state.name for entry in play.node.update_list.home_registrations()] == ["BOUND"] * 2


def test_a_router_that_answers_late_shows_that_the_agent_is_dead() -> None:
    play = registered(*BOTH, has_router=False)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(4.5)
    play.hears_neighbour(ROUTERS[ABROAD], LINK_LOCAL)
    play.waits(0.5)
    told = play.tells(AgentChecked)
    assert (told.home_agent, told.alive, told.time_ns) == (AGENT1, False, begin + 5 * S)


def test_an_advertisement_is_a_sign_of_the_router_too() -> None:
    play = registered(*BOTH, has_router=False)
    begin = play.now
    play.hears_alarm(AGENT1)
    play.waits(2.5)
    play.hears_router(ABROAD)
    play.waits(0.5)
    assert play.tells(AgentChecked).time_ns == begin + 3 * S


# --- agents that were given up ---


def without_first() -> Journey:
    """AGENT1 was given up 3 s after the alarm; AGENT2 has accepted being alone."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_offered(AGENT2)
    play.waits(3)
    play.is_answered(play.takes_updates()[-1])
    play.forgets()
    return play


def test_what_was_offered_before_is_no_sign_of_life() -> None:
    """AGENT1 stands in the first reply, the one before the failure: it isn't taken for that."""
    play = Journey(has_router=True, home_agents=2)
    for update in play.goes_abroad(AGENT1, AGENT2, AGENT1):
        play.is_answered(update)
    play.forgets()
    play.hears_alarm(AGENT1)
    play.waits(3.1)
    assert listed(play.takes_updates()[-1]) == ()


def test_a_later_reply_that_lists_it_brings_it_back() -> None:
    play = without_first()
    play.waits(60)
    play.is_offered(AGENT2, AGENT1)
    assert play.tells(AgentReturned).cause == "listed"
    (update,) = play.takes_updates()
    assert (update.arrival.destination, listed(update)) == (AGENT1, (AGENT2, AGENT1))
    play.is_answered(update)
    assert [each.arrival.destination for each in play.takes_updates()] == [AGENT2]


def test_a_reply_of_who_may_not_have_noticed_yet_does_not_bring_it_back() -> None:
    """An agent that shares nothing with it lists it by its advertised lifetime: not for 10 s (AGENT_CHECK_PAUSE)."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.waits(3)
    play.is_answered(play.takes_updates()[-1])
    play.waits(9.9)
    play.is_offered(AGENT3, AGENT1)
    assert [each.arrival.destination for each in play.takes_updates()] == [AGENT3]


def test_its_own_reply_brings_it_back_at_once() -> None:
    """Nobody else replies in its name: the identifier was drawn by chance. A link may lose all that is asked."""
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.waits(3)
    play.is_answered(play.takes_updates()[-1])
    play.waits(0.5)
    play.is_offered(AGENT1, AGENT2)
    assert play.tells(AgentReturned).cause == "answered"
    (update,) = play.takes_updates()
    assert (update.arrival.destination, listed(update)) == (AGENT1, (AGENT2, AGENT1))


def test_its_numbers_go_on() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.is_offered(AGENT2)
    play.waits(3)
    *_, third, alone = play.takes_updates()
    play.is_answered(alone)
    play.waits(60)
    play.is_offered(AGENT2, AGENT1)
    (update,) = play.takes_updates()
    assert update.message.sequence_number == (third.message.sequence_number + 1) % 65536


def test_where_its_place_is_taken_a_deregistration_goes_to_it() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.waits(3)
    play.is_answered(play.takes_updates()[-1])
    play.waits(10)
    play.is_offered(AGENT2, AGENT3, AGENT1)
    spare, farewell = play.takes_updates()
    assert (spare.arrival.destination, listed(spare)) == (AGENT3, (AGENT2, AGENT3))
    assert (farewell.arrival.destination, farewell.message.lifetime_s) == (AGENT1, 0)


def test_a_late_answer_of_its_own_brings_it_back() -> None:
    play = registered(*BOTH)
    play.hears_alarm(AGENT1)
    play.waits(3.1)
    *_, third, alone = play.takes_updates()
    play.is_answered(alone)
    play.is_answered(third)
    assert play.tells(AgentReturned).cause == "answered"
    (update,) = play.takes_updates()
    assert (update.arrival.destination, listed(update)) == (AGENT1, (AGENT2, AGENT1))


def test_a_replay_does_not_bring_it_back() -> None:
    play = Journey(home_agents=2)
    first, second = play.goes_abroad(*BOTH)
    for update in (first, second):
        play.is_answered(update)
    play.hears_alarm(AGENT1)
    play.waits(3.1)
    play.forgets()
    play.is_answered(first)
    play.drops(DropReason.SEQUENCE_NUMBER)


def test_back_home_it_is_asked_to_forget_as_well() -> None:
    """It may live, and answer for the home address until its binding ends: 420 s after the third question."""
    play = without_first()
    play.returns_home()
    updates = play.takes_updates()
    assert {(each.arrival.destination, each.message.lifetime_s) for each in updates} == {(AGENT1, 0), (AGENT2, 0)}
    play.waits(420)
    assert {each.peer for each in play.events if isinstance(each, UpdateListEntry) and each.gone} >= {AGENT1}


def test_back_home_an_address_that_it_may_defend_is_not_tried_out() -> None:
    """AGENT2 refuses, so that no entry is left; AGENT1 was given up, and may live (RFC 6275, 11.5.5)."""
    play = without_first()
    play.waits(336)
    (refresh,) = [each for each in play.takes_updates() if each.arrival.destination == AGENT2]
    play.is_answered(refresh, 129)
    play.waits(1)
    play.is_carried_to(HOME_PREFIX)
    assert HOME not in [sent.message.target for sent in play.solicitations()]


def test_back_home_after_its_binding_has_ended_there_is_nothing_to_forget() -> None:
    play = without_first()
    for _ in range(3):
        play.waits(335)
        refresh = [each for each in play.takes_updates() if each.arrival.destination == AGENT2]
        play.is_answered(refresh[-1]) if refresh else None
    play.returns_home()
    assert {each.arrival.destination for each in play.takes_updates()} == {AGENT2}


def test_an_agent_taken_again_that_dies_again_is_asked_again() -> None:
    play = without_first()
    play.waits(60)
    play.is_offered(AGENT2, AGENT1)
    (update,) = play.takes_updates()
    play.is_answered(update)
    for each in play.takes_updates():
        play.is_answered(each)
    play.forgets()
    play.hears_alarm(AGENT1)
    play.waits(3.1)
    assert listed(play.takes_updates()[-1]) == ()
    assert not play.tells(AgentChecked).alive


# --- without an alarm ---


def test_an_agent_whose_binding_ends_unanswered_is_given_up_where_another_holds_one() -> None:
    """Refreshed from 336 s on in vain, it ends at 420 s: a round without it, and a search."""
    play = Journey(home_agents=2)
    first, second = play.goes_abroad(*BOTH)
    play.is_answered(first)
    play.is_answered(second)
    play.waits(337)
    play.is_answered(next(each for each in play.takes_updates() if each.arrival.destination == AGENT2))
    play.forgets()
    play.waits(420 - 337)
    assert play.tells(UpdateListEntry, gone=True).cause == "unreachable"
    assert play.tells(RoundStarted).home_agents == (AGENT2,)
    request = play.finds(DhaadRequest)
    assert request.at == first.at + 420 * S
    hears_reply(play, request, AGENT2, AGENT3)
    assert listed(play.takes_updates()[-1]) == (AGENT2, AGENT3)


def test_where_all_bindings_end_unanswered_it_goes_on_asking_all() -> None:
    play = registered(*BOTH)
    play.waits(500)
    assert not [each for each in play.events if isinstance(each, UpdateListEntry) and each.gone]
    play.takes_updates()
    play.waits(33)
    assert {each.arrival.destination for each in play.takes_updates()} == set(BOTH)


def test_the_only_agent_is_dead_and_the_home_link_is_asked_until_another_is_offered() -> None:
    """RFC 6275, 11.4.1. Its binding ends at 420 s; requests wait 3, 6, 12, 24, 48 s, the next search a minute more."""
    play = registered(AGENT1, home_agents=1)
    begin = play.now
    play.waits(420)
    request = play.finds(DhaadRequest)
    assert request.at == begin + 420 * S
    play.waits(3 + 6 + 12 + 24 + 48)
    play.forgets()
    play.waits(60)
    request = play.finds(DhaadRequest)
    assert request.at == begin + (420 + 93 + 60) * S
    play.takes_updates()
    hears_reply(play, request, AGENT2)
    update = next(each for each in play.takes_updates() if each.arrival.destination == AGENT2)
    assert "multiple_home_agents" not in options_of(update)
    play.is_answered(update)
    assert play.tells(RoundStarted).home_agents == (AGENT2,)
    assert play.node.update_list.find(AGENT1) is None
    play.forgets()
    play.waits(300)
    with pytest.raises(AssertionError, match="no DhaadRequest"):
        play.finds(DhaadRequest)


def test_another_agent_of_the_list_is_tried_at_once_and_the_home_link_is_asked_too() -> None:
    """RFC 6275, 11.4.1 for the one, the paper's IV, step 2, for the other."""
    play = registered(AGENT1, AGENT2, home_agents=1)
    begin = play.now
    play.waits(420)
    assert play.finds(DhaadRequest).at == begin + 420 * S
    update = next(each for each in play.takes_updates() if each.arrival.destination == AGENT2)
    assert update.at == begin + 420 * S
    play.is_answered(update)
    assert play.node.agents == (AGENT2,)


@pytest.mark.parametrize("wanted", [1, 2])
def test_an_agent_that_never_answers_is_asked_on_and_another_looked_for(wanted: int) -> None:
    """Asked at 0, 1.5, 4.5, 10.5, 22.5 and 46.5 s; the next search is a minute after the one that offered it."""
    play = Journey(home_agents=wanted)
    (first,) = play.goes_abroad(AGENT1)
    play.forgets()
    play.waits(60)
    assert [row[0] for row in seen(play.takes_updates(), first.at)] == [1.5, 4.5, 10.5, 22.5, 46.5]
    request = play.finds(DhaadRequest)
    assert request.at == first.at + 60 * S
    hears_reply(play, request, AGENT2)
    assert [each.arrival.destination for each in play.takes_updates()] == [AGENT2]


def test_where_all_of_the_list_are_silent_the_home_link_is_asked_each_minute() -> None:
    """One at a time, round and round: none of them is ever asked in vain three times in a row."""
    play = Journey(home_agents=1)
    (first,) = play.goes_abroad(AGENT1, AGENT2)
    play.forgets()
    play.waits(61)
    request = play.finds(DhaadRequest)
    assert request.at == first.at + 60 * S
    hears_reply(play, request, AGENT3)
    play.waits(33)
    assert AGENT3 in {each.arrival.destination for each in play.takes_updates()}


def test_who_was_beyond_reach_as_all_others_were_is_urged_and_stays() -> None:
    """Both bindings have ended in vain. The first answer shows a way again: the other agent has its chance too."""
    play = registered(*BOTH)
    play.waits(425)
    latest = {each.arrival.destination: each for each in play.takes_updates()}
    play.is_answered(latest[AGENT2])
    (urged,) = play.takes_updates()
    assert (urged.at, urged.arrival.destination) == (play.now, AGENT1)
    play.is_answered(urged)
    assert play.node.agents == BOTH
    assert not [each for each in play.events if isinstance(each, UpdateListEntry) and each.gone]


def test_who_is_to_hear_of_another_list_is_not_urged_with_the_old_one() -> None:
    """Asked in vain at 1.5 and 4.5 s; at 6.2 s another agent is offered and accepts: one update, with both."""
    play = Journey(search_again_s=6.2)
    play.goes_abroad(AGENT1)
    play.waits(6.2)
    play.takes_updates()
    play.is_offered(AGENT2)
    (spare,) = play.takes_updates()
    play.is_answered(spare)
    assert listed(spare) == BOTH
    assert [(each.arrival.destination, listed(each)) for each in play.takes_updates()] == [(AGENT1, BOTH)]


def test_a_silent_agent_that_answers_in_the_end_stays() -> None:
    play = registered(AGENT1, home_agents=1)
    play.waits(420)
    hears_reply(play, play.finds(DhaadRequest), AGENT2)
    updates = {each.arrival.destination: each for each in play.takes_updates()}
    play.is_answered(updates[AGENT1])
    assert play.node.agents == (AGENT1,)
    assert [(each.arrival.destination, each.message.lifetime_s) for each in play.takes_updates()] == [(AGENT2, 0)]


@pytest.mark.parametrize("refuser", [AGENT1, AGENT3])
def test_where_one_refuses_and_the_others_are_silent_it_searches_and_tries_all_again(refuser: bytes) -> None:
    """One at a time: the refuser may accept by now, and those that said nothing may answer."""
    play = Journey(home_agents=1)
    (update,) = play.goes_abroad(AGENT1, AGENT2, AGENT3)
    tried = []
    while update is not None:
        tried.append(update.arrival.destination)
        if tried[-1] == refuser:
            play.is_answered(update, 134)
        else:
            play.waits(1.5)
        update = next(iter(play.takes_updates()), None)
    assert tried == [AGENT1, AGENT2, AGENT3]
    play.waits(60)
    play.is_offered(AGENT3, AGENT1)
    (update,) = play.takes_updates()
    assert update.arrival.destination == AGENT3
    play.waits(3)  # twice the time
    assert [each.arrival.destination for each in play.takes_updates()] == [AGENT1]


def test_an_agent_that_never_answers_makes_room_for_another_one() -> None:
    """Asked at 0, 1.5 and 4.5 s; at 10.5 s the next candidate takes its place (11.8: 1.5 s, doubled)."""
    play = Journey()
    first, second = play.goes_abroad(AGENT1, AGENT2, AGENT3)
    play.is_answered(second)
    play.waits(11)
    assert seen(play.takes_updates(), first.at) == [
        (1.5, AGENT1, BOTH),
        (4.5, AGENT1, BOTH),
        (10.5, AGENT2, (AGENT2, AGENT3)),
        (10.5, AGENT3, (AGENT2, AGENT3)),
    ]


def test_a_spare_that_never_answers_is_given_up_and_the_next_one_tried() -> None:
    play = registered(*BOTH, home_agents=3)
    play.waits(60)
    begin = play.now
    play.is_offered(*BOTH, AGENT3, AGENT4)
    play.waits(11)
    assert [row[:2] for row in seen(play.takes_updates(), begin)] == [
        (0, AGENT3),
        (1.5, AGENT3),
        (4.5, AGENT3),
        (10.5, AGENT4),
    ]


def test_a_spare_that_refuses_is_followed_by_the_next_one() -> None:
    play = registered(*BOTH, home_agents=3)
    play.waits(60)
    play.is_offered(*BOTH, AGENT3, AGENT4)
    (spare,) = play.takes_updates()
    play.is_answered(spare, 130)
    (other,) = play.takes_updates()
    assert (other.arrival.destination, listed(other)) == (AGENT4, (*BOTH, AGENT4))

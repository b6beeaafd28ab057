"""Home agents: discovery, choice, registration with all at once, refusals, return (the paper, III; 11.4, 11.7)."""

from __future__ import annotations

import pytest

from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest
from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingUpdate
from dissectors.mobility.return_routability import HomeTestInit
from dissectors.spec import Flags
from mhatool.engine.actions import AddAddress, End, RemoveAddress, SetTunnel
from mhatool.engine.commands import LinkChanged, PacketTunnelled, Stop
from mhatool.engine.drops import DropReason
from mhatool.engine.events import AgentListEntry, UpdateListEntry
from mhatool.engine.mobile_node_events import (
    DiscoveryAnswered,
    DiscoveryFailed,
    DiscoveryStarted,
    ReverseTunnelSet,
    RoundStarted,
)
from mhatool.engine.nd_events import Announced
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    AGENT3,
    ANYCAST,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    LINK_LOCAL,
    PEER,
    ROUTER_LINKS,
    ROUTERS,
    Journey,
    options_of,
)
from tests.mhatool.engine.playbook import S, Sent


def offsets(sent: list[Sent], since: int) -> list[float]:
    return [(each.at - since) / S for each in sent]


def destinations(sent: list[Sent]) -> list[bytes]:
    return [each.arrival.destination for each in sent]


# --- discovery ---


def test_discovery_asks_the_anycast_address_and_backs_off() -> None:
    """RFC 6275, 12: INITIAL_DHAAD_TIMEOUT 3 s, doubled, DHAAD_RETRIES 4; then a minute's rest."""
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD)
    begin = play.now
    play.waits(93)
    requests = [play.finds(DhaadRequest) for _ in range(5)]
    assert offsets(requests, begin) == [0, 3, 9, 21, 45]
    assert {(each.arrival.source, each.arrival.destination) for each in requests} == {(CARE_OF, ANYCAST)}
    assert len({each.message.identifier for each in requests}) == 1
    assert play.tells(DiscoveryFailed).cause == "nobody answered"
    play.waits(60)
    play.tells(DiscoveryStarted)
    assert play.tells(DiscoveryStarted).identifier != requests[0].message.identifier


def test_the_replys_order_is_the_order_of_choice_and_each_agent_counts_once() -> None:
    play = Journey()
    updates = play.goes_abroad(AGENT3, AGENT3, AGENT1, AGENT2)
    assert play.tells(DiscoveryAnswered).home_agents == (AGENT3, AGENT1, AGENT2)
    assert play.tells(RoundStarted).home_agents == (AGENT3, AGENT1)
    assert destinations(updates) == [AGENT3, AGENT1]


def test_two_addresses_of_an_agent_do_not_pass_for_two_agents() -> None:
    """Of a reply the agents of the home address's prefix are taken; others only where there are none of that."""
    other1, other2 = (parse(f"2001:db8:11::{number}") for number in (1, 2))
    assert destinations(Journey().goes_abroad(AGENT1, other1, AGENT2, other2)) == [AGENT1, AGENT2]
    assert destinations(Journey().goes_abroad(other1, other2)) == [other1, other2]


def test_replies_that_nobody_asked_for_are_dropped() -> None:
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD)
    request = play.finds(DhaadRequest).message
    play.forgets()
    other = DhaadReply(identifier=request.identifier ^ 1, flags=Flags(), home_agents=(AGENT1,))
    play.hears(other, AGENT1, CARE_OF)
    play.drops(DropReason.NOT_ASKED)
    play.hears(other.replace(identifier=request.identifier), AGENT1, HOME)
    play.drops(DropReason.NOT_ASKED)


def test_an_empty_reply_means_its_sender() -> None:
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD)
    play.is_offered()
    assert destinations(play.updates()) == [AGENT1]


def test_a_move_during_discovery_asks_anew() -> None:
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD)
    first = play.finds(DhaadRequest).message
    play.is_carried_to(ELSEWHERE)
    second = play.finds(DhaadRequest)
    assert second.arrival.source == CARE_OF_ELSEWHERE
    assert second.message.identifier != first.identifier


def test_agents_that_are_given_need_no_discovery() -> None:
    play = Journey(static_home_agents=(AGENT2, AGENT1))
    play.comes_up()
    play.is_carried_to(ABROAD)
    assert destinations(play.updates()) == [AGENT2, AGENT1]


@pytest.mark.parametrize(("less", "more"), [(1, 9), (32767, 32768), (0, 65535)])
def test_where_nobody_answers_those_heard_at_home_do_the_most_preferred_first(less: int, more: int) -> None:
    """Preferences are unsigned (RFC 6275, 7.4)."""
    play = Journey()
    play.comes_up()
    play.hears_router(HOME_PREFIX, agent=AGENT1, preference=less, source=ROUTERS[HOME_PREFIX][:-1] + b"\x11")
    play.hears_router(HOME_PREFIX, agent=AGENT2, preference=more)
    assert play.tells(AgentListEntry).address == AGENT1
    play.is_carried_to(ABROAD)
    play.waits(93)
    assert destinations(play.updates()) == [AGENT2, AGENT1]


def test_an_agent_that_is_one_no_more_is_forgotten() -> None:
    play = Journey()
    play.comes_up()
    play.hears_router(HOME_PREFIX, agent=AGENT1)
    play.hears_router(HOME_PREFIX, agent=AGENT2, lifetime_s=0, preference=1)
    play.hears_router(HOME_PREFIX)  # the first one's router, without H
    assert [(e.address, e.gone) for e in play.events if isinstance(e, AgentListEntry)] == [
        (AGENT1, False),
        (AGENT1, True),
    ]


# --- registration ---


def test_all_agents_are_sent_to_in_one_instant_with_one_list_and_numbers_of_their_own() -> None:
    play = Journey(home_agents=3)
    updates = play.goes_abroad(AGENT1, AGENT2, AGENT3)
    assert len({each.at for each in updates}) == 1
    assert destinations(updates) == [AGENT1, AGENT2, AGENT3]
    assert len({each.message.sequence_number for each in updates}) == 3
    for each in updates:
        assert each.message.flags == set("AHLM")
        assert each.message.lifetime_s == 420
        assert (each.arrival.source, each.arrival.home_address) == (CARE_OF, HOME)
        options = options_of(each)
        assert options["multiple_home_agents"].home_agents == (AGENT1, AGENT2, AGENT3)
        assert options["alternate_care_of_address"].care_of_address == CARE_OF


def test_with_fifteen_agents_the_list_is_full() -> None:
    agents = tuple(AGENT1[:-1] + bytes([n]) for n in range(1, 17))
    play = Journey(home_agents=15)
    updates = play.goes_abroad(*agents)
    assert options_of(updates[0])["multiple_home_agents"].home_agents == agents[:15]
    assert len(updates) == 15


def test_plain_mobile_ipv6_has_one_agent_no_m_bit_and_no_list() -> None:
    play = Journey(home_agents=1)
    (update,) = play.goes_abroad(AGENT1, AGENT2)
    assert update.message.flags == set("AHL")
    assert "multiple_home_agents" not in options_of(update)


def test_one_agent_at_a_time_gets_one_and_a_half_seconds_each() -> None:
    """RFC 6275, 11.4.1: InitialBindackTimeoutFirstReg before the next one; the second time round twice as long."""
    play = Journey(home_agents=1)
    (first,) = play.goes_abroad(AGENT1, AGENT2)
    play.waits(9)
    updates = play.updates()
    assert destinations(updates) == [AGENT2, AGENT1, AGENT2, AGENT1]
    assert offsets(updates, first.at) == [1.5, 3, 6, 9]


def test_one_agent_that_answered_is_not_left_for_another() -> None:
    play = Journey(home_agents=1)
    (first,) = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(first)
    play.waits(400)
    assert set(destinations(play.updates())) == {AGENT1}


@pytest.mark.parametrize(("advice", "after"), [(200, 200), (None, 336), (420, 336), (500, 336)])
def test_a_binding_is_refreshed_when_the_agent_advises_or_at_four_fifths_of_its_lifetime(
    advice: int | None, after: int
) -> None:
    """0.8 x 420 s = 336 s; an advice that isn't shorter than the lifetime is none (6.2.4)."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, refresh_s=advice)
    play.forgets()
    play.waits(after)
    assert offsets(play.updates(), update.at) == [after]


@pytest.mark.parametrize(("lifetime_s", "answered", "after"), [(4, 1.0, 3), (8, 1.4, 6), (8, 7, 7)])
def test_a_slow_answer_does_not_put_off_the_refresh(lifetime_s: int, answered: float, after: float) -> None:
    """The lifetime runs from the sending (11.7.3), and so do four fifths of it: 3.2 and 6.4 s, in whole seconds."""
    play = Journey(lifetime_s=lifetime_s)
    (update,) = play.goes_abroad(AGENT1)
    play.waits(answered)
    play.forgets()
    play.is_answered(update)
    play.waits(after - answered)
    assert offsets(play.updates(), update.at) == [after]


def test_what_the_agent_grants_counts_from_the_time_of_sending() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.waits(1)
    play.is_answered(update, lifetime_s=100)
    entry = [event for event in play.events if isinstance(event, UpdateListEntry)][-1]
    assert (entry.lifetime_s, entry.expires_ns) == (100, update.at + 100 * S)
    assert entry.refresh_s == 80


def test_unanswered_refreshes_leave_after_one_second_doubled_and_the_binding_lapses_at_its_end() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update)
    play.waits(420 + 60)
    assert offsets(play.updates(), update.at)[:7] == [336, 337, 339, 343, 351, 367, 399]
    states = [event.state for event in play.events if isinstance(event, UpdateListEntry)]
    assert states[-1] == "WAITA"


def test_the_longest_wait_is_32_seconds() -> None:
    """RFC 6275, 11.8: 1.5 s, doubled up to MAX_BINDACK_TIMEOUT."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.waits(150)
    assert offsets(play.updates(), update.at) == [1.5, 4.5, 10.5, 22.5, 46.5, 78.5, 110.5, 142.5]


def test_numbers_go_up_with_each_retransmission_and_the_answer_to_an_earlier_one_counts() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.waits(2)
    (again,) = play.updates()
    assert again.message.sequence_number == (update.message.sequence_number + 1) % 65536
    play.is_answered(update)
    play.waits(30)
    play.sends_nothing()


def test_an_answer_that_was_meant_for_another_care_of_address_does_not_count() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_carried_to(ELSEWHERE)
    play.forgets()
    play.is_answered(update)
    play.drops(DropReason.SEQUENCE_NUMBER)


def test_no_more_is_asked_for_than_the_care_of_address_has_left() -> None:
    """RFC 6275, 11.7.1; 103 s less the second of the trial are 102 s, in units of 4 s 100."""
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD, valid_s=103)
    play.is_offered(AGENT1)
    (update,) = play.updates()
    assert update.message.lifetime_s == 100


# --- moves ---


def test_every_agent_hears_of_a_move_in_one_instant() -> None:
    play = Journey()
    play.is_registered_with(AGENT1, AGENT2)
    play.is_carried_to(ELSEWHERE)
    updates = play.updates()
    assert destinations(updates) == [AGENT1, AGENT2]
    assert len({each.at for each in updates}) == 1
    for each in updates:
        assert each.arrival.source == CARE_OF_ELSEWHERE
        assert options_of(each)["multiple_home_agents"].home_agents == (AGENT1, AGENT2)
        assert options_of(each)["alternate_care_of_address"].care_of_address == CARE_OF_ELSEWHERE


def test_the_tunnel_stands_before_the_answers_and_moves_with_the_node() -> None:
    """INET #1198: the mobile node dropped its own packets while a registration was in flight."""
    play = Journey()
    play.goes_abroad(AGENT1, AGENT2)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT1, AGENT2)))
    play.is_carried_to(ELSEWHERE)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF_ELSEWHERE, (AGENT1, AGENT2)))


def test_the_first_agent_that_answered_carries_the_tunnel() -> None:
    play = Journey()
    _, second = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(second)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT2, AGENT1)))
    assert play.tells(ReverseTunnelSet, home_agents=(AGENT2, AGENT1))


# --- refusals ---


def test_after_a_refusal_a_round_without_the_refuser() -> None:
    play = Journey()
    first, second = play.goes_abroad(AGENT1, AGENT2, AGENT3)
    play.is_answered(second)
    play.is_answered(first, 130)
    updates = play.updates()
    assert destinations(updates) == [AGENT2, AGENT3]
    assert {options_of(each)["multiple_home_agents"].home_agents for each in updates} == {(AGENT2, AGENT3)}
    assert updates[0].message.sequence_number == (second.message.sequence_number + 1) % 65536


def test_a_lone_survivor_gets_neither_the_m_bit_nor_the_list() -> None:
    play = Journey()
    first, second = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(second)
    play.is_answered(first, 129)
    (update,) = play.updates()
    assert (update.arrival.destination, update.message.flags) == (AGENT2, set("AHL"))
    assert "multiple_home_agents" not in options_of(update)


def test_where_all_refuse_it_asks_again_after_a_minute() -> None:
    play = Journey()
    first, _ = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(first, 129)
    (alone,) = play.updates()
    play.is_answered(alone, 133)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF))
    play.waits(59.9)
    play.sends_nothing()
    play.waits(0.1)
    play.is_offered(AGENT1)
    assert destinations(play.updates()) == [AGENT1]


# --- return ---


def test_back_home_every_agent_is_asked_to_forget() -> None:
    play = Journey()
    play.is_registered_with(AGENT1, AGENT2)
    play.returns_home(agent=AGENT1)
    updates = play.updates()
    assert destinations(updates) == [AGENT1, AGENT2]
    for each in updates:
        assert (each.message.lifetime_s, each.message.flags) == (0, set("AHL"))
        assert (each.arrival.source, each.arrival.home_address) == (HOME, None)
        assert options_of(each)["alternate_care_of_address"].care_of_address == HOME
        assert "multiple_home_agents" not in options_of(each)
    assert updates[0].action.link_destination == ROUTER_LINKS[HOME_PREFIX]  # told by its advertisement
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF))


def test_the_entries_go_one_by_one_and_the_link_hears_of_it_each_time() -> None:
    """PROTOCOL, Move 3; KAME dropped all entries at the first answer."""
    play = Journey()
    play.is_registered_with(AGENT1, AGENT2)
    play.returns_home()
    first, second = play.updates()
    play.forgets()
    play.is_answered(first)
    play.does(RemoveAddress("lo", HOME), AddAddress("eth0", HOME, 64))
    assert [each.peer for each in play.events if isinstance(each, UpdateListEntry) and each.gone] == [AGENT1]
    announced = [play.sends(NeighborAdvertisement, target=target) for target in (HOME, LINK_LOCAL)]
    assert {each.message.flags for each in announced} == {Flags("O")}
    play.tells(Announced, address=HOME)
    play.is_answered(second)
    assert len([each for each in play.events if isinstance(each, UpdateListEntry) and each.gone]) == 2
    play.finds(NeighborAdvertisement, target=HOME)
    play.forgets()
    play.waits(2000)
    assert play.updates() == []


def test_the_home_address_is_not_tried_out_while_agents_may_defend_it() -> None:
    """RFC 6275, 11.5.5: its defender would object."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_carried_to(HOME_PREFIX)
    assert HOME not in [sent.message.target for sent in play.solicitations()]


def test_an_agent_that_never_answers_the_deletion_is_forgotten_with_its_binding() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_carried_to(HOME_PREFIX)
    play.waits(420)
    assert [each.cause for each in play.events if isinstance(each, UpdateListEntry) and each.gone] == ["deregistered"]


def test_home_and_away_again_before_the_answer() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_carried_to(HOME_PREFIX)
    play.updates()
    play.is_carried_to(ELSEWHERE)
    play.is_offered(AGENT1)
    (update,) = play.updates()
    assert (update.arrival.source, update.message.lifetime_s) == (CARE_OF_ELSEWHERE, 420)


def test_a_node_that_stops_deregisters_from_where_it_is() -> None:
    play = Journey()
    play.is_registered_with(AGENT1, AGENT2)
    play.is_told(Stop())
    updates = play.updates()
    assert [(each.message.lifetime_s, each.arrival.source) for each in updates] == [(0, CARE_OF)] * 2
    for each in updates:
        play.is_answered(each)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF))


def test_no_agent_is_sent_more_than_three_updates_in_a_second() -> None:
    """RFC 6275, 11.8: MAX_UPDATE_RATE."""
    play = Journey(home_agents=1)
    (update,) = play.goes_abroad(AGENT1)
    times = [update.at]
    for number in (100, 200, 300, 400):
        play.is_answered(update, 135, number=number)
        found = play.updates()
        times += [each.at for each in found]
        update = found[-1] if found else update
    play.waits(1)
    times += [each.at for each in play.updates()]
    assert all(later - earlier >= S for earlier, later in zip(times, times[3:], strict=False))
    assert len(times) >= 4


def test_the_machines_other_interface_is_none_of_its_business() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(LinkChanged("eth1"))
    play.sends_nothing()


def test_a_node_that_stopped_does_not_begin_again() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(Stop())
    (update,) = play.updates()
    play.is_answered(update)
    play.is_carried_to(ELSEWHERE)
    play.is_told(PacketTunnelled(HOME, PEER))
    play.waits(100)
    assert play.updates() == []


def test_a_move_while_it_waits_to_ask_again_asks_once() -> None:
    play = Journey(home_agents=1)
    play.comes_up()
    play.is_carried_to(ABROAD)
    play.waits(93 + 10)
    play.forgets()
    play.is_carried_to(ELSEWHERE)
    play.is_offered(AGENT1)
    (update,) = play.updates()
    play.is_answered(update)
    play.waits(60)
    play.sends_nothing()


def test_updates_and_tests_of_others_are_dropped() -> None:
    """Their types are known (RFC 6275, 6.1.1): no Binding Error (9.2). A correspondent may be on the same machine."""
    play = Journey()
    play.is_registered_with(AGENT1)
    for message in (
        BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=4, options=()),
        HomeTestInit(home_init_cookie=bytes(8), options=()),
    ):
        play.hears(message, PEER, CARE_OF)
        play.sends_nothing()
        play.drops(DropReason.NOT_OUR_ROLE)


def test_a_discovery_reply_that_names_the_node_itself() -> None:
    """Nobody is a home agent of its own: the others of the list are taken."""
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD)
    play.is_offered(HOME, CARE_OF, AGENT1)
    assert [update.arrival.destination for update in play.updates()] == [AGENT1]


def test_a_grant_of_more_than_was_asked_for_is_no_more() -> None:
    """RFC 6275, 11.7.3: what the node asked for bounds what it relies on."""
    play = Journey(lifetime_s=60)
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, lifetime_s=600)
    entry = play.tells(UpdateListEntry, state="BOUND")
    assert (entry.lifetime_s, entry.expires_ns) == (60, update.at + 60 * S)


def test_a_binding_holds_from_the_sending_of_the_update_on() -> None:
    """RFC 6275, 11.7.3: the answer comes 0.8 s later; unrefreshed it ends 60 s after the update, not the answer."""
    play = Journey(lifetime_s=60)
    (update,) = play.goes_abroad(AGENT1)
    play.waits(0.8)
    play.is_answered(update)
    play.waits(70)
    ended = [event for event in play.events if isinstance(event, UpdateListEntry) and event.state == "WAITA"]
    assert [event.time_ns for event in ended if event.time_ns > update.at + 2 * S][:1] == [update.at + 60 * S]

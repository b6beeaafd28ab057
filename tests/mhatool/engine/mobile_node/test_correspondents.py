"""Route optimisation: tests, tokens, updates, routes, correspondents that don't take part (RFC 6275, 5.2.5, 11.6)."""

from __future__ import annotations

import hashlib

import pytest

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingError, BindingRefreshRequest
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from mhatool.engine.actions import End, SetOptimisedRoute
from mhatool.engine.commands import PacketTunnelled, Reconfigure, Stop, TrafficFromHomeAddress
from mhatool.engine.drops import DropReason
from mhatool.engine.events import UpdateListEntry
from mhatool.engine.mobile_node_events import RouteOptimised, TestDone, TestFailed, TestStarted
from mhatool.protocol import return_routability
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    AGENT3,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    CARE_OF_TOKEN,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    HOME_TOKEN,
    PEER,
    Journey,
    options_of,
)
from tests.mhatool.engine.playbook import S, Sent

ROUTE = SetOptimisedRoute(End.MOBILE_NODE, HOME, PEER, CARE_OF)
NO_ROUTE = SetOptimisedRoute(End.MOBILE_NODE, HOME, PEER, None)


def entry_of(play: Journey) -> UpdateListEntry:
    return [event for event in play.events if isinstance(event, UpdateListEntry) and event.peer == PEER][-1]


def asked_from(asked: Sent, source: bytes) -> Sent:
    """The same question as if it had come from another address."""
    arrival = asked.arrival
    facts = {name: getattr(arrival, name) for name in type(arrival).__slots__}
    return Sent(asked.at, asked.action, type(arrival)(**{**facts, "source": source}))


# --- tests ---


@pytest.mark.parametrize("command", [PacketTunnelled, TrafficFromHomeAddress])
def test_traffic_through_the_tunnel_starts_both_tests(command: type) -> None:
    play = Journey()
    play.is_registered_with(AGENT1, AGENT2)
    play.is_told(command(HOME, PEER))
    home = play.sends(HomeTestInit)
    assert (home.arrival.source, home.arrival.destination) == (HOME, PEER)
    assert home.arrival.through == CARE_OF  # in the tunnel to the first live agent
    assert home.action.datagram[24:40] == AGENT1
    care_of = play.sends(CareOfTestInit)
    assert (care_of.arrival.source, care_of.arrival.destination, care_of.arrival.through) == (CARE_OF, PEER, None)
    assert home.message.home_init_cookie != care_of.message.care_of_init_cookie
    assert play.tells(TestStarted).correspondent == PEER
    play.uses_peer()
    play.sends_nothing()


def test_no_tests_at_home_nor_before_an_agent_has_accepted_nor_where_they_are_not_wanted() -> None:
    play = Journey()
    play.comes_up()
    play.uses_peer()
    play.sends_nothing()
    play.is_carried_to(ABROAD)
    play.is_offered(AGENT1)
    play.updates()
    play.uses_peer()
    play.sends_nothing()
    play = Journey(optimise_routes=False)
    play.is_registered_with(AGENT1)
    play.uses_peer()
    play.is_told(PacketTunnelled(parse("2001:db8::77"), PEER))
    play.sends_nothing()
    play = Journey()
    play.is_registered_with(AGENT1)
    for odd in (parse("ff02::1"), parse("fe80::9"), AGENT1):
        play.is_told(PacketTunnelled(HOME, odd))
    play.sends_nothing()


def test_unanswered_tests_leave_again_after_one_second_doubled_with_new_cookies() -> None:
    """RFC 6275, 11.8: 1, 2, 4 ... 32 s; then the attempt is over."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    begin = play.now
    play.waits(100)
    asked = [play.finds(HomeTestInit) for _ in range(6)]
    assert [(each.at - begin) / S for each in asked] == [0, 1, 3, 7, 15, 31]
    assert len({each.message.home_init_cookie for each in asked}) == 6
    assert play.tells(TestFailed).cause == "nobody answered"
    play.forgets()
    play.uses_peer()
    assert play.finds(HomeTestInit)


def test_after_max_ro_failure_attempts_in_vain_it_is_left_alone_for_a_while() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    for _ in range(3):
        play.uses_peer()
        play.waits(64)
    play.forgets()
    play.uses_peer()
    play.sends_nothing()


def test_only_the_test_that_is_missing_is_asked_for_again() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    play.hears_home_test(play.sends(HomeTestInit))
    play.sends(CareOfTestInit)
    play.waits(1)
    care_of = play.sends(CareOfTestInit)
    play.sends_nothing()
    play.hears_care_of_test(care_of)
    assert play.tells(TestDone).correspondent == PEER
    assert len(play.updates()) == 1


def test_answers_with_other_cookies_or_from_outside_the_tunnel_are_dropped() -> None:
    play = Journey()
    play.is_registered_with(AGENT1, AGENT2)
    play.uses_peer()
    home, care_of = play.sends(HomeTestInit), play.sends(CareOfTestInit)
    play.hears_home_test(home, through=None)
    play.drops(DropReason.NOT_THROUGH_TUNNEL)
    play.hears_home_test(home, through=AGENT3)
    play.drops(DropReason.NOT_THROUGH_TUNNEL)
    home.message, good = home.message.replace(home_init_cookie=bytes(8)), home.message
    play.hears_home_test(home)
    play.drops(DropReason.NOT_ASKED)
    home.message = good
    play.hears_home_test(home, through=AGENT2)  # any agent of the list
    play.hears_home_test(home)
    play.drops(DropReason.NOT_ASKED)
    care_of.message = care_of.message.replace(care_of_init_cookie=bytes(8))
    play.hears_care_of_test(care_of)
    play.drops(DropReason.NOT_ASKED)
    assert play.updates() == []


def test_tests_from_nodes_that_were_not_asked_are_dropped() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    home = play.sends(HomeTestInit)
    play.updates()
    answer = home.arrival
    home.arrival = type(answer)(**{**{n: getattr(answer, n) for n in answer.__slots__}, "destination": AGENT3})
    play.hears_home_test(home)
    play.drops(DropReason.NO_ENTRY)


# --- updates ---


def test_the_update_is_proved_by_both_tokens() -> None:
    """RFC 6275, 5.2.5 and 5.2.6: Kbm = SHA1(home | care-of); HMAC over care-of address, correspondent, header."""
    play = Journey()
    update = play.is_optimising_with(AGENT1, home_index=17, care_of_index=18)
    message, options = update.message, options_of(update)
    assert (update.arrival.source, update.arrival.home_address, update.arrival.destination) == (CARE_OF, HOME, PEER)
    assert message.flags == {"A"}
    assert message.lifetime_s == 420
    assert (options["nonce_indices"].home_nonce_index, options["nonce_indices"].care_of_nonce_index) == (17, 18)
    key = hashlib.sha1(HOME_TOKEN + CARE_OF_TOKEN).digest()
    octets = update.arrival.upper_octets
    wanted = return_routability.authenticator(key, CARE_OF, PEER, octets, at=len(octets) - 12)
    assert options["binding_authorization_data"].authenticator == wanted


def test_the_route_changes_when_the_correspondent_has_accepted() -> None:
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    assert ROUTE not in play.actions
    play.is_answered_by_correspondent(update)
    play.does(ROUTE)
    assert play.tells(RouteOptimised).care_of_address == CARE_OF
    assert entry_of(play).state == "BOUND"


def test_without_the_a_bit_it_changes_at_once() -> None:
    play = Journey(acknowledge_correspondents=False)
    update = play.is_optimising_with(AGENT1)
    assert update.message.flags == set()
    play.does(ROUTE)


def test_no_longer_than_the_home_registration() -> None:
    """RFC 6275, 11.7.2: 420 s less the 100 s that have gone."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.waits(100)
    play.uses_peer()
    play.answers_tests()
    (update,) = play.updates()
    assert update.message.lifetime_s == 320


def test_an_answer_without_proof_or_with_another_key_is_dropped() -> None:
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    play.is_answered(update)
    play.drops(DropReason.NOT_AUTHENTICATED)
    play.is_answered_by_correspondent(update, key=b"other")
    play.drops(DropReason.NOT_AUTHENTICATED)


def test_an_unanswered_update_leaves_again_with_the_next_number_until_the_tokens_are_old() -> None:
    """RFC 6275, 5.2.7: MAX_TOKEN_LIFETIME 210 s; the waits are 1, 2, 4, 8, 16, 32, 32 ... s."""
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    play.waits(209)
    again = play.updates()
    assert [(each.at - update.at) / S for each in again] == [1, 3, 7, 15, 31, 63, 95, 127, 159, 191]
    assert again[0].message.sequence_number == (update.message.sequence_number + 1) % 65536
    play.waits(20)
    assert play.finds(HomeTestInit)
    assert entry_of(play).state == "RRINIT"


def test_a_binding_is_refreshed_with_new_tests_before_it_ends() -> None:
    """0.8 x 420 s = 336 s is the home registration's turn; a second later comes the correspondent's."""
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.waits(337)
    assert {each.correspondent for each in play.events if isinstance(each, TestStarted)} == {PEER}
    assert NO_ROUTE not in play.actions
    play.answers_tests()
    update = play.updates()[-1]
    assert update.arrival.destination == PEER
    assert entry_of(play).state == "WAITAR"
    play.is_answered_by_correspondent(update)
    assert entry_of(play).state == "BOUND"


def test_a_slow_answer_does_not_put_off_the_refresh() -> None:
    """100 s are granted, which run from the sending (11.7.3); so do four fifths of them."""
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    play.waits(0.5)
    play.is_answered_by_correspondent(update, lifetime_s=100)
    play.waits(80)
    (again,) = play.updates()  # with the tokens that are there
    assert again.at == update.at + 80 * S


def test_a_refresh_waits_for_that_of_the_home_registration_so_that_it_gets_a_whole_lifetime() -> None:
    """Four fifths of 420 s are 336 s, but the agent advises 400 s: the correspondent's turn comes at 401 s.

    Then the home registration has 419 s left, in units of 4 s 416; at 336 s it would have been 84.
    """
    play = Journey(home_agents=1)
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, refresh_s=400)
    play.forgets()
    play.uses_peer()
    play.answers_tests()
    (own,) = play.updates()
    play.is_answered_by_correspondent(own)
    play.waits(399)
    play.sends_nothing()
    play.waits(1)
    (refresh,) = play.updates()
    play.is_answered(refresh)
    play.waits(1)
    play.answers_tests()
    (again,) = play.updates()
    assert again.message.lifetime_s == 416


def test_a_request_to_refresh_is_followed_with_the_tokens_that_are_there_while_they_are_fresh() -> None:
    """RFC 6275, 5.2.7: MAX_TOKEN_LIFETIME is 210 s."""
    play = Journey()
    play.is_optimised_with(AGENT1)
    request = BindingRefreshRequest(options=())
    play.waits(209)
    play.hears(request, PEER, CARE_OF, routed_to=HOME)
    (update,) = play.updates()
    assert options_of(update)["nonce_indices"].home_nonce_index == 7
    play.is_answered_by_correspondent(update)
    assert entry_of(play).state == "BOUND"
    play.waits(1)
    play.hears(request, PEER, CARE_OF, routed_to=HOME)
    assert play.finds(HomeTestInit)


def test_a_move_with_an_old_home_token_runs_both_tests() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.waits(210)
    play.is_carried_to(ELSEWHERE)
    assert play.finds(HomeTestInit)
    assert play.finds(CareOfTestInit)


def test_without_the_a_bit_a_refresh_with_fresh_tokens_is_done_at_once() -> None:
    play = Journey(acknowledge_correspondents=False, lifetime_s=60)
    play.is_optimising_with(AGENT1)
    play.waits(50)  # the home registration's turn is at 48 s
    found = [each for each in play.updates() if each.arrival.destination == PEER]
    assert len(found) == 1
    assert entry_of(play).state == "BOUND"


def test_a_binding_that_nobody_refreshes_ends() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.waits(421)
    play.does(NO_ROUTE)


# --- moves and return ---


def test_after_a_move_packets_go_by_the_tunnel_until_new_tests_are_done() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.is_carried_to(ELSEWHERE)
    play.does(NO_ROUTE)
    assert not [sent for sent in play._sent if isinstance(sent.message, HomeTestInit)]  # its token is fresh (5.2.7)
    play.hears_care_of_test(play.finds(CareOfTestInit))
    update = play.updates()[-1]
    assert (update.arrival.source, update.arrival.destination) == (CARE_OF_ELSEWHERE, PEER)
    play.is_answered_by_correspondent(update)
    play.does(SetOptimisedRoute(End.MOBILE_NODE, HOME, PEER, CARE_OF_ELSEWHERE))


def test_back_home_the_correspondent_is_asked_to_forget_with_the_home_token_alone() -> None:
    """RFC 6275, 5.2.5: Kbm = SHA1(home keygen token); the home address stands for the care-of address."""
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.returns_home()
    play.does(NO_ROUTE)
    (update,) = [sent for sent in play.updates() if sent.arrival.destination == PEER]
    assert (update.arrival.source, update.arrival.home_address) == (HOME, None)
    assert update.message.lifetime_s == 0
    assert options_of(update)["nonce_indices"].care_of_nonce_index == 0
    octets = update.arrival.upper_octets
    wanted = return_routability.authenticator(
        hashlib.sha1(HOME_TOKEN).digest(), HOME, PEER, octets, at=len(octets) - 12
    )
    assert options_of(update)["binding_authorization_data"].authenticator == wanted
    play.is_answered_by_correspondent(update)
    assert entry_of(play).gone


def test_without_the_a_bit_the_deletion_is_the_end() -> None:
    play = Journey(acknowledge_correspondents=False)
    play.is_optimising_with(AGENT1)
    play.returns_home()
    assert entry_of(play).gone
    assert PEER in [each.arrival.destination for each in play.updates()]


def test_a_correspondent_is_sent_three_updates_in_a_second_at_most() -> None:
    """RFC 6275, 11.8: MAX_UPDATE_RATE; what is more waits for its second."""
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    times = [update.at]
    for number in (100, 200, 300):
        play.is_answered_by_correspondent(update, 135, number=number)
        found = play.updates()
        times += [each.at for each in found]
        update = found[-1] if found else update
    assert times == [update.at] * 3
    play.waits(0.999)
    assert play.updates() == []
    play.waits(0.001)
    (late,) = play.updates()
    assert late.at - update.at == S


def test_without_a_home_registration_there_is_nothing_to_ask_a_correspondent_for() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    play.waits(419)
    play.forgets()
    play.waits(2)  # the home registration is over, unrefreshed
    play.uses_peer()
    assert not [sent for sent in play._sent if isinstance(sent.message, HomeTestInit)]


def test_tests_that_come_to_other_addresses_are_dropped() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    home, care_of = play.sends(HomeTestInit), play.sends(CareOfTestInit)
    play.hears_home_test(asked_from(home, CARE_OF))
    play.drops(DropReason.NOT_FOR_US)
    play.hears_care_of_test(asked_from(care_of, HOME))
    play.drops(DropReason.NOT_FOR_US)


def test_with_an_old_home_token_a_home_test_comes_first() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.waits(211)
    play.returns_home()
    home = play.finds(HomeTestInit)
    assert (home.arrival.source, home.arrival.through) == (HOME, None)
    assert not [sent for sent in play._sent if isinstance(sent.message, CareOfTestInit)]
    play.updates()
    play.hears_home_test(home)
    (update,) = play.updates()
    assert update.message.lifetime_s == 0


def test_a_correspondent_without_binding_is_just_forgotten() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    play.returns_home()
    assert entry_of(play).gone
    assert {sent.arrival.destination for sent in play.updates()} == {AGENT1}


def lost_after_a_move() -> Journey:
    """Return a journey whose correspondent was bound, and answered no test from the next link."""
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.is_carried_to(ELSEWHERE)
    for update in play.updates():
        play.is_answered(update)
    play.waits(64)
    assert play.tells(TestFailed).cause == "nobody answered"
    play.forgets()
    return play


def test_back_home_who_answered_no_tests_since_a_move_is_asked_to_forget_what_it_held() -> None:
    """The paper, III-B, Move 3: all bindings go. Its binding of 420 s goes on for 350 s at the old care-of address."""
    play = lost_after_a_move()
    play.returns_home()
    (update,) = [sent for sent in play.updates() if sent.arrival.destination == PEER]
    assert (update.arrival.source, update.message.lifetime_s) == (HOME, 0)
    play.is_answered_by_correspondent(update)
    assert entry_of(play).gone


def test_after_another_move_it_is_tested_again() -> None:
    """RFC 6275, 11.7.2: who may hold a binding hears of the new care-of address."""
    play = lost_after_a_move()
    play.is_carried_to(ABROAD)
    asked = play.finds(CareOfTestInit)
    assert (asked.arrival.source, asked.arrival.destination) == (CARE_OF, PEER)


def test_once_its_binding_is_over_nobody_asks_it_again() -> None:
    play = lost_after_a_move()
    play.waits(420)
    play.forgets()
    play.is_carried_to(ABROAD)
    play.returns_home()
    assert PEER not in [sent.arrival.destination for sent in play._sent]
    assert entry_of(play).gone


def test_a_correspondent_that_never_answers_the_deletion_is_forgotten_in_time() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.returns_home()
    play.waits(421)
    assert entry_of(play).gone
    play.forgets()
    play.waits(100)
    play.sends_nothing()


def test_a_node_that_stops_asks_correspondents_to_forget_as_well() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.is_told(Stop())
    updates = play.updates()
    assert [(each.arrival.destination, each.message.lifetime_s) for each in updates] == [(PEER, 0), (AGENT1, 0)]
    assert updates[0].arrival.source == CARE_OF


# --- who doesn't take part ---


def test_a_parameter_problem_about_the_header_marks_the_correspondent() -> None:
    play = Journey(home_agents=1)
    play.is_registered_with(AGENT1)
    play.uses_peer()
    asked = play.finds(CareOfTestInit)
    play.forgets()
    error = Icmpv6Error(icmp_type=4, code=1, parameter=6, quoted=asked.action.datagram)
    play.hears(error, PEER, CARE_OF)
    assert entry_of(play).unsupported
    play.uses_peer()
    play.waits(100)
    play.sends_nothing()


def _problem(play: Journey, code: int, pointer: int) -> bool:
    """A Parameter Problem about a Binding Update: whether it counts.

    Behind 40 octets of IPv6 header its destination options name the Mobility Header at 40, and begin with padding: the
    Home Address option is aligned to 8n+6 (RFC 6275, 6.3), so it stands at 46.
    """
    update = play.is_optimising_with(AGENT1)
    datagram = update.action.datagram
    assert (datagram[6], datagram[40], datagram[46]) == (60, 135, 201)
    error = Icmpv6Error(icmp_type=4, code=code, parameter=pointer, quoted=datagram)
    play.hears(error, PEER, CARE_OF)
    return entry_of(play).unsupported


@pytest.mark.parametrize(("code", "pointer"), [(1, 40), (2, 46)])
def test_a_parameter_problem_that_points_at_mobility_marks_the_correspondent(code: int, pointer: int) -> None:
    """RFC 4443, 3.4: code 1, the octet that names the unknown header; code 2, the unknown option's first octet."""
    assert _problem(Journey(), code, pointer)


@pytest.mark.parametrize(
    ("code", "pointer"),
    [(0, 40), (0, 46), (1, 6), (1, 46), (1, 64), (2, 40), (2, 42), (2, 47), (2, 5000), (3, 40)],
)
def test_a_parameter_problem_that_points_elsewhere_changes_nothing(code: int, pointer: int) -> None:
    """RFC 6275, 11.3.5: its pointer tells whether it is about mobility; 6 names the destination options."""
    assert not _problem(Journey(), code, pointer)


def test_errors_of_others_or_about_others_change_nothing() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    asked = play.finds(CareOfTestInit).action.datagram
    play.forgets()
    play.hears(Icmpv6Error(icmp_type=4, code=1, parameter=6, quoted=asked), AGENT3, CARE_OF)
    play.hears(Icmpv6Error(icmp_type=1, code=0, quoted=asked), PEER, CARE_OF)
    assert not play.events
    foreign = asked[:8] + AGENT3 + asked[24:]
    play.hears(Icmpv6Error(icmp_type=4, code=1, parameter=6, quoted=foreign), PEER, CARE_OF)
    play.drops(DropReason.NOT_ASKED)
    play.hears(Icmpv6Error(icmp_type=4, code=1, parameter=6, quoted=b""), PEER, CARE_OF)
    play.drops(DropReason.NOT_ASKED)


def test_a_binding_error_about_the_message_marks_the_correspondent() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    play.forgets()
    play.hears(BindingError(status=2, home_address=bytes(16), options=()), PEER, CARE_OF)
    assert entry_of(play).unsupported


def test_a_binding_error_about_the_binding_brings_back_the_tunnel_and_new_tests() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.hears(BindingError(status=1, home_address=HOME, options=()), PEER, CARE_OF)
    play.does(NO_ROUTE)
    assert play.finds(HomeTestInit)
    assert entry_of(play).state == "RRINIT"


def test_binding_errors_of_strangers_about_others_or_without_meaning_are_dropped() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.hears(BindingError(status=1, home_address=HOME, options=()), AGENT3, CARE_OF)
    play.drops(DropReason.NO_ENTRY)
    play.hears(BindingError(status=1, home_address=AGENT3, options=()), PEER, CARE_OF)
    play.drops(DropReason.NOT_FOR_US)
    play.hears(BindingError(status=9, home_address=HOME, options=()), PEER, CARE_OF)
    play.drops(DropReason.UNKNOWN_MESSAGE)
    play.hears(BindingRefreshRequest(options=()), AGENT3, CARE_OF)
    play.drops(DropReason.NO_ENTRY)


def test_home_again_is_home() -> None:
    """A correspondent's deletion doesn't keep the node from registering again."""
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.is_carried_to(HOME_PREFIX)
    play.is_carried_to(ABROAD)
    play.is_offered(AGENT1)
    assert AGENT1 in [each.arrival.destination for each in play.updates()]


def test_it_has_so_many_correspondents_at_a_time_and_those_that_are_bound_stay() -> None:
    """Whoever sends through the tunnel may have made up its address: what follows has bounds."""
    play = Journey(most_correspondents=3)
    play.is_optimised_with(AGENT1, AGENT2)
    made_up = [PEER[:15] + bytes([number]) for number in range(100, 200)]
    for peer in made_up:
        play.is_told(PacketTunnelled(HOME, peer))
    asked = {play.finds(CareOfTestInit).arrival.destination for _ in range(2)}
    assert asked == set(made_up[:2])
    assert {entry.peer for entry in play.node.update_list.correspondents()} == {PEER, *made_up[:2]}


def test_who_does_not_take_part_makes_room_for_another_one() -> None:
    play = Journey(most_correspondents=2)
    play.is_optimised_with(AGENT1, AGENT2)
    first, second = PEER[:15] + b"\x01", PEER[:15] + b"\x02"
    play.is_told(PacketTunnelled(HOME, first))
    play.hears(BindingError(status=2, home_address=HOME, options=()), first, CARE_OF)
    play.is_told(PacketTunnelled(HOME, second))
    assert {entry.peer for entry in play.node.update_list.correspondents()} == {PEER, second}
    assert play.tells(UpdateListEntry, gone=True).peer == first


def test_who_may_hold_a_binding_is_forgotten_last() -> None:
    """Once the node is home nobody else would delete what the first one holds at the care-of address of before."""
    play = lost_after_a_move()
    play.is_told(Reconfigure((("most_correspondents", 2),)))
    first, second = PEER[:15] + b"\x01", PEER[:15] + b"\x02"
    play.is_told(PacketTunnelled(HOME, first))
    play.hears(BindingError(status=2, home_address=HOME, options=()), first, CARE_OF_ELSEWHERE)
    play.is_told(PacketTunnelled(HOME, second))
    assert {entry.peer for entry in play.node.update_list.correspondents()} == {PEER, second}

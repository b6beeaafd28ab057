"""Mobile prefix discovery, and what home agents complain of (RFC 6275, 11.3.6, 11.4.2, 11.4.3, 11.7.4)."""

from __future__ import annotations

from typing import Any

from dissectors.icmpv6.home_agents import DhaadRequest, MobilePrefixAdvertisement, MobilePrefixSolicitation
from dissectors.icmpv6.options import PrefixInformation
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingError, BindingRefreshRequest
from dissectors.mobility.header import UnknownMobility
from dissectors.spec import Flags
from mhatool.engine.commands import LinkChanged
from mhatool.engine.drops import DropReason
from mhatool.engine.events import UpdateListEntry
from mhatool.engine.mobile_node_events import HomePrefixesLearned
from tests.mhatool.engine.mobile_node.journey import (
    AGENT1,
    AGENT2,
    AGENT3,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    PEER,
    Journey,
)
from tests.mhatool.engine.playbook import S


def advertisement(identifier: int, valid_s: int = 86_400) -> MobilePrefixAdvertisement:
    prefix = PrefixInformation(
        prefix_length=64,
        flags=Flags("LA"),
        valid_lifetime_s=valid_s,
        preferred_lifetime_s=valid_s,
        prefix=HOME_PREFIX,
    )
    return MobilePrefixAdvertisement(identifier=identifier, flags=Flags(), options=(prefix,))


def asks(play: Journey) -> Any:
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, 1)
    return play.sends(MobilePrefixSolicitation)


def test_an_unanswered_solicitation_leaves_again_after_three_seconds_doubled() -> None:
    """RFC 6275, 12: INITIAL_SOLICIT_TIMER."""
    play = Journey()
    asked = asks(play)
    play.waits(46)
    again = [play.finds(MobilePrefixSolicitation) for _ in range(4)]
    assert [(each.at - asked.at) / S for each in again] == [3, 9, 21, 45]
    assert {each.message.identifier for each in again} == {asked.message.identifier}


def test_the_advertised_lifetime_bounds_the_next_registration() -> None:
    play = Journey()
    asked = asks(play)
    play.hears(advertisement(asked.message.identifier, 300), AGENT1, CARE_OF, routed_to=HOME)
    told = play.tells(HomePrefixesLearned)
    assert (told.home_agent, told.prefixes) == (AGENT1, ((HOME_PREFIX, 64, 300, 300),))
    play.waits(20)
    play.sends_nothing()
    play.is_carried_to(ELSEWHERE)
    (update,) = play.updates()
    assert update.message.lifetime_s == 276  # 300 - 20 - 1, in units of 4 s


def test_before_the_home_prefix_ends_an_agent_is_asked() -> None:
    """RFC 6275, 11.4.2; four fifths of 300 s after it was heard of."""
    play = Journey()
    asked = asks(play)
    play.hears(advertisement(asked.message.identifier, 300), AGENT1, CARE_OF, routed_to=HOME)
    play.waits(239)
    assert not [sent for sent in play._sent if isinstance(sent.message, MobilePrefixSolicitation)]
    play.waits(1)
    again = play.finds(MobilePrefixSolicitation)
    play.hears(advertisement(again.message.identifier, 0xFFFFFFFF), AGENT1, CARE_OF, routed_to=HOME)
    play.forgets()
    play.waits(1000)
    assert not [sent for sent in play._sent if isinstance(sent.message, MobilePrefixSolicitation)]


def test_where_nobody_could_be_asked_then_the_first_agent_that_accepts_is() -> None:
    """Else nothing could be registered any more from 300 s on (RFC 6275, 11.7.1), though the prefix is as it was."""
    play = Journey(lifetime_s=20)
    asked = asks(play)
    play.hears(advertisement(asked.message.identifier, 300), AGENT1, CARE_OF, routed_to=HOME)
    play.is_told(LinkChanged("eth0", up=False))
    play.waits(250)
    play.forgets()
    play.is_carried_to(ELSEWHERE)
    for update in play.updates():
        play.is_answered(update)
    asked = play.finds(MobilePrefixSolicitation)
    assert (asked.arrival.source, asked.arrival.destination) == (CARE_OF_ELSEWHERE, AGENT1)


def test_where_one_agent_keeps_silent_the_others_are_asked_too() -> None:
    play = Journey()
    play.is_registered_with(AGENT1, AGENT2)
    play.hears(advertisement(0, 300), AGENT1, CARE_OF, routed_to=HOME)
    asked = play.finds(MobilePrefixSolicitation)
    play.hears(advertisement(asked.message.identifier, 300), AGENT1, CARE_OF, routed_to=HOME)
    play.waits(240)
    assert play.finds(MobilePrefixSolicitation).arrival.destination == AGENT1
    play.waits(3)
    again = [play.finds(MobilePrefixSolicitation) for _ in range(2)]
    assert [each.arrival.destination for each in again] == [AGENT1, AGENT2]
    play.forgets()
    play.hears(advertisement(again[1].message.identifier, 300), AGENT2, CARE_OF, routed_to=HOME)
    assert play.tells(HomePrefixesLearned).home_agent == AGENT2


def test_an_unasked_advertisement_is_discarded_and_its_agent_asked() -> None:
    """RFC 6275, 11.4.3: what it says counts once the agent says it in answer to a solicitation."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears(advertisement(0, 300), AGENT1, CARE_OF, routed_to=HOME)
    asked = play.sends(MobilePrefixSolicitation)
    assert asked.arrival.destination == AGENT1
    play.drops(DropReason.NOT_ASKED)
    play.hears(advertisement(asked.message.identifier, 300), AGENT1, CARE_OF, routed_to=HOME)
    assert play.tells(HomePrefixesLearned).prefixes == ((HOME_PREFIX, 64, 300, 300),)


def test_a_copy_of_an_answer_is_no_reason_to_ask_again() -> None:
    """RFC 6275, 11.4.3: no other advertisement with its identifier was taken before."""
    play = Journey()
    asked = asks(play)
    play.hears(advertisement(asked.message.identifier), AGENT1, CARE_OF, routed_to=HOME)
    play.tells(HomePrefixesLearned)
    for _ in range(3):
        play.hears(advertisement(asked.message.identifier), AGENT1, CARE_OF, routed_to=HOME)
        play.drops(DropReason.REPEATED)
    assert not [event for event in play.events if isinstance(event, HomePrefixesLearned)]


def test_unasked_advertisements_while_a_solicitation_is_out_are_no_reason_to_ask_twice() -> None:
    """The agent repeats what it says unasked until it is solicited (10.6.3)."""
    play = Journey()
    play.is_registered_with(AGENT1)
    for _ in range(3):
        play.hears(advertisement(0), AGENT1, CARE_OF, routed_to=HOME)
    play.sends(MobilePrefixSolicitation)
    play.sends_nothing()


def test_advertisements_that_are_not_to_be_believed_are_dropped() -> None:
    play = Journey()
    asked = asks(play)
    identifier = asked.message.identifier
    play.hears(advertisement(identifier), AGENT3, CARE_OF, routed_to=HOME)
    play.drops(DropReason.NO_ENTRY)
    play.hears(advertisement(identifier), AGENT1, CARE_OF)
    play.drops(DropReason.NOT_FOR_US)
    play.hears(advertisement(identifier ^ 3), AGENT1, CARE_OF, routed_to=HOME)
    play.drops(DropReason.NOT_ASKED)


def test_at_home_nobody_is_asked_any_more() -> None:
    play = Journey()
    asks(play)
    play.returns_home()
    play.waits(30)
    assert not [sent for sent in play._sent if isinstance(sent.message, MobilePrefixSolicitation)]


# --- complaints of agents ---


def test_an_agent_that_says_it_has_no_binding_is_asked_for_one() -> None:
    """RFC 6275, 11.3.6: a Binding Error with status 1. Nobody signs it, so the binding holds on: it is a refresh."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears(BindingError(status=1, home_address=HOME, options=()), AGENT1, CARE_OF)
    (update,) = play.updates()
    assert update.message.lifetime_s == 420
    assert play.tells(UpdateListEntry).state == "WAITAR"
    play.waits(0.9)
    assert play.updates() == []
    play.waits(0.1)  # INITIAL_BINDACK_TIMEOUT
    assert len(play.updates()) == 1


def test_an_agent_that_does_not_know_the_message_is_done_without() -> None:
    play = Journey()
    play.goes_abroad(AGENT1)
    play.hears(BindingError(status=2, home_address=bytes(16), options=()), AGENT1, CARE_OF)
    assert play.tells(UpdateListEntry, gone=True).cause == "refused"
    play.waits(60)
    assert play.finds(DhaadRequest)


def test_a_request_to_refresh_is_followed() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears(BindingRefreshRequest(options=()), AGENT1, CARE_OF, routed_to=HOME)
    assert len(play.updates()) == 1


def test_unknown_types_are_answered_by_a_binding_error_but_never_to_a_group() -> None:
    """RFC 6275, 9.2; UMIP answered multicast sources."""
    play = Journey()
    play.is_registered_with(AGENT1)
    unknown = UnknownMobility(mh_type=99, data=bytes(10))
    play.hears(unknown, AGENT1, CARE_OF)
    error = play.sends(BindingError)
    assert (error.message.status, error.message.home_address) == (2, bytes(16))
    assert (error.arrival.source, error.arrival.destination) == (CARE_OF, AGENT1)
    play.hears(unknown, parse("ff02::1"), CARE_OF)
    play.sends_nothing()
    play.hears(unknown, bytes(16), CARE_OF)
    play.drops(DropReason.UNKNOWN_MESSAGE)


def test_binding_errors_are_paced_and_come_from_an_address_of_the_node() -> None:
    """RFC 6275, 9.3.3: a limited rate, 10 at once; one to somebody else's address is no reason to answer from there."""
    play = Journey()
    play.is_registered_with(AGENT1)
    unknown = UnknownMobility(mh_type=99, data=bytes(10))
    play.hears(unknown, AGENT1, PEER)
    play.drops(DropReason.UNKNOWN_MESSAGE)
    for _ in range(100):
        play.hears(unknown, AGENT1, CARE_OF)
    for _ in range(10):
        play.sends(BindingError)
    play.sends_nothing()


def test_what_is_no_message_is_dropped_with_its_reason() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_octets(bytes.fromhex("60000000 0000 3b40") + AGENT1 + CARE_OF)
    play.drops(DropReason.NOT_OUR_ROLE)
    play.hears_octets(b"\x60")
    play.drops(DropReason.MALFORMED)
    play.hears(DhaadRequest(identifier=1, flags=Flags()), AGENT1, CARE_OF)
    play.drops(DropReason.NOT_OUR_ROLE)

"""Each status that a Binding Acknowledgement can carry, and which acknowledgements are believed (RFC 6275, 11.7.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dissectors import registry
from dissectors.icmpv6.header import Icmpv6Error
from dissectors.icmpv6.home_agents import MobilePrefixSolicitation
from dissectors.mobility.binding import BindingAcknowledgement, BindingError
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.profile import KAME2003
from dissectors.spec import Flags, Option
from mhatool.engine.actions import End, SetTunnel
from mhatool.engine.drops import DropReason
from mhatool.engine.events import UpdateListEntry
from mhatool.engine.mobile_node import RFC6275 as BEHAVIOUR
from mhatool.engine.mobile_node import ConfigurationError, SecurityAssociation
from mhatool.engine.mobile_node_events import AcknowledgementReceived, RegistrationRefused
from mhatool.protocol import mobility_authentication, ntp
from tests.mhatool.engine.mobile_node.journey import (
    AGENT1,
    AGENT2,
    AGENT3,
    CARE_OF,
    HOME,
    Journey,
    configuration,
    options_of,
)
from tests.mhatool.engine.playbook import S, Sent

ACCEPTING = [status for status in registry.BINDING_ACKNOWLEDGEMENT_STATUS if status < 128]
CONTINUING = (135, 144, 145)
REFUSING = [s for s in registry.BINDING_ACKNOWLEDGEMENT_STATUS if s >= 128 and s not in CONTINUING]
KEY1, KEY2 = (
    SecurityAssociation(home_agent=AGENT1, spi=1000, key=b"k" * 16),
    SecurityAssociation(home_agent=AGENT2, spi=1001, key=b"l" * 16),
)


def last_entry(play: Journey) -> UpdateListEntry:
    return [event for event in play.events if isinstance(event, UpdateListEntry)][-1]


@pytest.mark.parametrize("status", ACCEPTING)
def test_what_accepts_binds(status: int) -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, status)
    assert last_entry(play).state == "BOUND"
    assert play.tells(AcknowledgementReceived).status == status


def test_status_1_asks_for_the_home_prefixes() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, 1)
    sent = play.sends(MobilePrefixSolicitation)
    assert (sent.arrival.source, sent.arrival.home_address, sent.arrival.destination) == (CARE_OF, HOME, AGENT1)


@pytest.mark.parametrize("status", [*REFUSING, 200])
def test_what_refuses_ends_the_entry_and_another_agent_is_taken(status: int) -> None:
    play = Journey(home_agents=1)
    (update,) = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(update, status)
    assert play.tells(RegistrationRefused).consequence == "give_up"
    assert play.tells(UpdateListEntry, gone=True).cause == "refused"
    (other,) = play.updates()
    assert other.arrival.destination == AGENT2


@pytest.mark.parametrize("cached", [0, 1, 32767, 32768, 65534, 65535])
def test_status_135_goes_on_from_the_agents_number(cached: int) -> None:
    """RFC 6275, 11.7.3; the number goes on modulo 2^16."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, 135, number=cached)
    assert play.tells(RegistrationRefused).consequence == "go_on"
    (again,) = play.updates()
    assert again.message.sequence_number == (cached + 1) % 65536
    assert again.at == update.at
    play.is_answered(again)
    assert last_entry(play).state == "BOUND"


def test_an_agent_that_never_likes_the_number_is_not_flooded() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    sent = [update]
    for _ in range(20):
        play.is_answered(sent[-1], 135, number=5)
        sent += play.updates()
        play.waits(0.5)
    assert len([each for each in sent if each.at <= update.at + 10 * S]) <= 9


@pytest.mark.parametrize("status", [129, 144, 145])
def test_a_refusal_of_an_older_update_was_overtaken(status: int) -> None:
    """Links double packets: what the second copy was told says nothing of the Binding Update after it."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.waits(1.5)
    (again,) = play.updates()
    play.is_answered(update, status)
    assert "was sent last" in play.drops(DropReason.SEQUENCE_NUMBER).detail
    assert play.updates() == []
    play.is_answered(again)
    assert last_entry(play).state == "BOUND"


def test_a_number_of_an_older_update_is_no_news() -> None:
    """The agent took the first copy of what a link doubled, and tells its number for the second; so it will take the
    next one, whose number is later. Where it tells so of the last one, it goes on from there."""
    play = Journey(lifetime_s=60)
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update)
    play.waits(48)
    (refresh,) = play.updates()
    play.is_answered(update, 135)
    play.drops(DropReason.SEQUENCE_NUMBER)
    assert play.updates() == []
    play.is_answered(refresh, 135)
    (again,) = play.updates()
    assert again.message.sequence_number == (refresh.message.sequence_number + 1) % 65536
    play.is_answered(refresh, 135)  # its own second copy
    play.drops(DropReason.SEQUENCE_NUMBER)
    assert play.updates() == []


def test_a_deletion_that_is_out_of_step_goes_on_too() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.returns_home()
    (update,) = play.updates()
    play.is_answered(update, 135, number=77)
    (again,) = play.updates()
    assert (again.message.sequence_number, again.message.lifetime_s) == (78, 0)


@pytest.mark.parametrize("status", [0, 133, 128])
def test_a_deletion_ends_the_entry_whatever_the_agent_says(status: int) -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.returns_home()
    (update,) = play.updates()
    play.is_answered(update, status)
    assert last_entry(play).gone
    play.forgets()
    play.waits(60)
    assert play.updates() == []


def test_a_lifetime_of_nothing_is_a_refusal() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, lifetime_s=0)
    assert last_entry(play).cause == "refused"


# --- what isn't believed ---


def acknowledgement(number: int, **fields: Any) -> BindingAcknowledgement:
    values: dict[str, Any] = {"status": 0, "flags": Flags(), "lifetime_s": 420, "options": (), **fields}
    return BindingAcknowledgement(sequence_number=number, **values)


def test_strangers_wrong_numbers_and_wrong_home_addresses_are_dropped() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    number = update.message.sequence_number
    play.hears(acknowledgement(number), AGENT3, CARE_OF, routed_to=HOME)
    play.drops(DropReason.NO_ENTRY)
    play.hears(acknowledgement(number + 1), AGENT1, CARE_OF, routed_to=HOME)
    play.drops(DropReason.SEQUENCE_NUMBER)
    play.hears(acknowledgement(number), AGENT1, CARE_OF)
    play.drops(DropReason.NOT_FOR_US)
    play.is_answered(update)
    assert last_entry(play).state == "BOUND"
    play.is_answered(update)
    play.drops(DropReason.SEQUENCE_NUMBER)
    play.hears(acknowledgement(3, status=135), AGENT1, CARE_OF, routed_to=HOME)
    play.drops(DropReason.SEQUENCE_NUMBER)


def test_a_wrong_checksum_is_dropped() -> None:
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    octets = bytearray(play.hears(acknowledgement(update.message.sequence_number ^ 1), AGENT1, CARE_OF, routed_to=HOME))
    play.forgets()
    octets[-1] ^= 1
    play.hears_octets(bytes(octets))
    play.drops(DropReason.BAD_CHECKSUM)


# --- RFC 4285 ---


def sealed(
    update: Sent, association: SecurityAssociation, status: int = 0, *before: Option, key: bytes | None = None
) -> dict[str, Any]:
    """What an agent with this key adds to its answer."""
    own = key or association.key
    option = MobilityMessageAuthentication(subtype=1, spi=association.spi, authenticator=bytes(12))
    return {
        "options": (*before, option),
        "seal": lambda header: mobility_authentication.authenticator(own, update.arrival.source, HOME, header),
    }


def test_updates_are_proved_with_the_agents_own_key_over_care_of_address_home_address_and_header() -> None:
    play = Journey(security_associations=(KEY1, KEY2))
    for update, association in zip(play.goes_abroad(AGENT1, AGENT2), (KEY1, KEY2), strict=True):
        option = update.message.options[-1]
        assert (option.subtype, option.spi) == (1, association.spi)
        wanted = mobility_authentication.authenticator(association.key, CARE_OF, HOME, update.arrival.upper_octets)
        assert option.authenticator == wanted
        assert options_of(update)["message_identification"].timestamp == ntp.timestamp(update.at)


def test_an_unproved_answer_is_dropped_and_a_proved_one_taken() -> None:
    play = Journey(security_associations=(KEY1,))
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update)
    play.drops(DropReason.NOT_AUTHENTICATED)
    play.is_answered(update, **sealed(update, KEY1, key=b"x" * 16))
    play.drops(DropReason.NOT_AUTHENTICATED)
    play.is_answered(update, **sealed(update, KEY1))
    assert last_entry(play).state == "BOUND"


def test_status_144_tells_the_agents_time_and_the_node_keeps_the_difference() -> None:
    play = Journey(security_associations=(KEY1, KEY2))
    update, other = play.goes_abroad(AGENT1, AGENT2)
    sent = options_of(update)["message_identification"].timestamp
    agents = MessageIdentification(timestamp=sent - (100 << 32))  # the agent's clock is 100 s behind
    play.is_answered(update, 144, **sealed(update, KEY1, 144, agents))
    (again,) = play.updates()
    assert options_of(again)["message_identification"].timestamp == sent - (100 << 32)
    assert again.message.sequence_number == (update.message.sequence_number + 1) % 65536
    play.is_answered(again, **sealed(again, KEY1))
    play.is_answered(other, **sealed(other, KEY2))
    play.waits(336)
    first, second = play.updates()
    assert options_of(second)["message_identification"].timestamp == ntp.timestamp(second.at) - (100 << 32)
    assert options_of(first)["message_identification"].timestamp == ntp.timestamp(first.at)  # the other agent's


def test_status_145_wants_a_time_stamp() -> None:
    play = Journey(security_associations=(KEY1,), replay_protection=False)
    (update,) = play.goes_abroad(AGENT1)
    assert "message_identification" not in options_of(update)
    play.is_answered(update, 145, **sealed(update, KEY1))
    (again,) = play.updates()
    assert options_of(again)["message_identification"].timestamp == ntp.timestamp(again.at)


def test_status_146_is_a_refusal_of_who_has_the_key() -> None:
    """Else anybody who guesses a number could refuse, or end a binding, in the agent's name."""
    play = Journey(security_associations=(KEY1, KEY2), home_agents=1)
    (update,) = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(update, 146)
    play.drops(DropReason.NOT_AUTHENTICATED)
    assert play.updates() == []
    play.is_answered(update, 146, **sealed(update, KEY1))
    (other,) = play.updates()
    assert other.arrival.destination == AGENT2


def test_an_agent_that_has_no_key_is_silent_and_another_one_is_taken() -> None:
    """It can't sign that it lacks the key, so what it says counts as nothing."""
    play = Journey(security_associations=(KEY1, KEY2), home_agents=1)
    play.goes_abroad(AGENT1, AGENT2)
    for _ in range(200):
        play.waits(1)
        updates = play.takes_updates()
        if any(update.arrival.destination == AGENT2 for update in updates):
            return
        for update in updates:
            play.is_answered(update, 146)
    raise AssertionError("nobody else was asked")


def test_whom_it_refused_an_agent_may_still_tunnel_to() -> None:
    """A refused refresh deletes no binding: what comes through the agent yet is taken, and nothing goes there."""
    play = Journey(home_agents=2, lifetime_s=60)
    play.is_registered_with(AGENT1, AGENT2)
    play.waits(48)  # 0.8 of 60 s
    refreshes = {update.arrival.destination: update for update in play.updates()}
    play.is_answered(refreshes[AGENT2])
    play.is_answered(refreshes[AGENT1], 130)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT2, AGENT1)))


def test_unsigned_complaints_end_no_wait_for_a_signed_answer() -> None:
    """RFC 6275, 11.3.6, against anybody who sends them in the agent's name; without keys all is anybody's word."""
    for complains in (says_it_knows_no_mobility, sends_a_parameter_problem):
        play = Journey(security_associations=(KEY1,))
        (update,) = play.goes_abroad(AGENT1)
        complains(play, update)
        play.drops(DropReason.NOT_AUTHENTICATED)
        play.is_answered(update, **sealed(update, KEY1))
        assert last_entry(play).state == "BOUND"
        play = Journey()
        (update,) = play.goes_abroad(AGENT1)
        complains(play, update)
        assert play.tells(UpdateListEntry, gone=True).cause == "refused"


def says_it_knows_no_mobility(play: Journey, _: Sent) -> None:
    play.hears(BindingError(status=2, home_address=bytes(16), options=()), AGENT1, CARE_OF)


def sends_a_parameter_problem(play: Journey, update: Sent) -> None:
    problem = Icmpv6Error(icmp_type=4, code=1, parameter=40, quoted=update.arrival.datagram)  # behind the options
    play.hears(problem, AGENT1, CARE_OF)


def test_by_draft_19_a_wish_for_time_stamps_is_a_refusal() -> None:
    play = Journey(profile=KAME2003, behaviour=replace(BEHAVIOUR, home_flags="AHS"))
    first, second = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(second)
    play.is_answered(first, 145)
    assert play.tells(RegistrationRefused).consequence == "give_up"


def test_time_stamps_go_up_even_within_one_instant() -> None:
    play = Journey(security_associations=(KEY1,))
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, 135, number=9, **sealed(update, KEY1))
    (again,) = play.updates()
    first, second = (options_of(each)["message_identification"].timestamp for each in (update, again))
    assert (again.at, second) == (update.at, first + 1)


def test_configurations_that_no_node_can_work_with_are_refused() -> None:
    same = SecurityAssociation(home_agent=AGENT2, spi=1001, key=KEY1.key)
    with pytest.raises(ConfigurationError, match="two agents share a key"):
        configuration(security_associations=(KEY1, same))
    with pytest.raises(ConfigurationError, match="kame2003 has no option"):
        configuration(security_associations=(KEY1,), profile=KAME2003)
    with pytest.raises(ConfigurationError, match="below 256"):
        configuration(security_associations=(SecurityAssociation(home_agent=AGENT1, spi=255, key=b"k"),))
    for wrong in ({"home_agents": 0}, {"home_agents": 16}, {"lifetime_s": 3}, {"lifetime_s": 262_144}):
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            configuration(**wrong)
    with pytest.raises(ConfigurationError, match="home_address"):
        configuration(home_address=b"short")
    with pytest.raises(ConfigurationError, match="home_prefix_length"):
        configuration(home_prefix_length=48)


# --- correspondents' ---


@pytest.mark.parametrize(("status", "asks_home"), [(136, True), (137, False), (138, True)])
def test_statuses_of_correspondents_about_nonces_want_new_tests(status: int, asks_home: bool) -> None:
    """Expired home nonce index, care-of nonce index, both: a home token that is still good serves on."""
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    play.is_answered(update, status)
    assert play.tells(RegistrationRefused).consequence == "test_again"
    if asks_home:
        play.sends(HomeTestInit)
    play.sends(CareOfTestInit)
    play.sends_nothing()


def test_a_correspondent_that_refuses_is_left_alone() -> None:
    play = Journey(give_up_s=100.0)
    update = play.is_optimising_with(AGENT1)
    play.is_answered_by_correspondent(update, 129)
    entry = play.tells(UpdateListEntry, unsupported=True)
    assert entry.state == "IDLE"
    play.forgets()
    play.uses_peer()
    play.sends_nothing()
    play.waits(100)
    play.forgets()
    play.uses_peer()
    assert play.finds(CareOfTestInit)


def test_a_correspondents_135_goes_on_from_its_number() -> None:
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    play.is_answered_by_correspondent(update, 135, number=500)
    (again,) = play.updates()
    assert again.message.sequence_number == 501

"""PROTOCOL's list of others' mistakes, as far as a mobile node can make them; the rest are the agents' tests."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from dissectors.ipv6.address import parse
from dissectors.ipv6.checksum import checksum
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.mobility.header import UnknownMobility
from dissectors.options.identity import MobilityMessageAuthentication
from dissectors.spec import Flags
from mhatool.engine.actions import End, SetTunnel
from mhatool.engine.commands import LinkChanged, Start
from mhatool.engine.departure import Writer
from mhatool.engine.drops import DropReason
from mhatool.engine.events import UpdateListEntry
from mhatool.engine.mobile_node import RFC6275 as BEHAVIOUR
from mhatool.engine.mobile_node import MobileNode, SecurityAssociation
from mhatool.engine.mobile_node_events import RegistrationRefused
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    ELSEWHERE,
    HOME,
    LINK,
    Journey,
    configuration,
    options_of,
)
from tests.mhatool.engine.playbook import S


def test_the_checksum_is_over_the_home_address_not_the_care_of_address() -> None:
    """INET #1192: it was computed before the Home Address option took the source's place."""
    (update,) = Journey().goes_abroad(AGENT1)
    octets = bytearray(update.arrival.upper_octets)
    found = int.from_bytes(octets[4:6])
    octets[4:6] = bytes(2)
    assert found == checksum(HOME, AGENT1, 135, bytes(octets))
    assert found != checksum(CARE_OF, AGENT1, 135, bytes(octets))


@pytest.mark.parametrize(("summed_over", "state"), [(HOME, "BOUND"), (CARE_OF, "WAITA")], ids=["home", "care-of"])
def test_an_answers_checksum_is_over_the_home_address_in_the_routing_header(summed_over: bytes, state: str) -> None:
    """INET #1192, the other way round: what was summed up before the routing header took its place is discarded."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    answer = BindingAcknowledgement(
        status=0,
        flags=Flags(),
        sequence_number=update.message.sequence_number,
        lifetime_s=420,
        options=(),
    )
    frame = bytearray(Writer(play.settings.profile).write(answer, AGENT1, CARE_OF, routed_to=HOME))
    header = bytearray(frame[64:])
    header[4:6] = bytes(2)
    header[4:6] = checksum(AGENT1, summed_over, 135, bytes(header)).to_bytes(2)
    play.hears_octets(bytes(frame[:64] + header))
    assert [event for event in play.events if isinstance(event, UpdateListEntry)][-1].state == state


def test_an_old_number_is_told_by_135_and_by_no_other_status() -> None:
    """INET: 139 for an old number. 135 goes on from the agent's; 139 with another number than ours is no answer."""
    play = Journey()
    first, second = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(first, 135, number=7000)
    assert [update.message.sequence_number for update in play.updates()] == [7001]
    play.is_answered(second, 139, number=7000)
    play.drops(DropReason.SEQUENCE_NUMBER)
    play.is_answered(second, 139)
    assert play.tells(RegistrationRefused, status=139).consequence == "give_up"
    assert AGENT2 not in [update.arrival.destination for update in play.updates()]


def test_numbers_wrap_around() -> None:
    """INET: a wrong wrap-around. 65535 is followed by 0."""
    play = Journey(first_sequence_numbers=((AGENT1, 65535),))
    (update,) = play.goes_abroad(AGENT1)
    assert update.message.sequence_number == 65535
    play.waits(2)
    (again,) = play.updates()
    assert again.message.sequence_number == 0
    play.is_answered(again)
    play.waits(336)
    assert play.updates()[0].message.sequence_number == 1


def test_the_first_registration_waits_one_and_a_half_seconds() -> None:
    """INET #1132: 1 s."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.waits(2)
    (again,) = play.updates()
    assert again.at - update.at == 1.5 * S


def test_the_care_of_address_is_tried_out_first() -> None:
    """INET #1140: no duplicate address detection."""
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    assert CARE_OF in [sent.message.target for sent in play.solicitations()]


def test_packets_of_the_mobile_node_have_a_way_while_a_registration_is_in_flight() -> None:
    """INET #1198: they were dropped. The tunnel stands before anybody answered, and after a move before that too."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF, (AGENT1,)))
    play.is_answered(update)
    play.is_carried_to(ELSEWHERE)
    play.does(SetTunnel(End.MOBILE_NODE, HOME, CARE_OF_ELSEWHERE, (AGENT1,)))


def test_refresh_advice_counts_units_of_four_seconds() -> None:
    """UMIP: seconds, or host byte order. On the wire 00 34 is 52 x 4 = 208 s."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    number = update.message.sequence_number.to_bytes(2)
    acknowledgement = BindingAcknowledgement(status=0, flags=Flags(), sequence_number=0, lifetime_s=0, options=())
    frame = bytearray(Writer(play.settings.profile).write(acknowledgement, AGENT1, CARE_OF, routed_to=HOME))
    header = bytearray.fromhex("3b 01 06 00 0000 00 00") + number + bytes.fromhex("0069 0202 0034")
    header[4:6] = checksum(AGENT1, HOME, 135, bytes(header)).to_bytes(2)
    play.hears_octets(bytes(frame[:-16] + header))
    play.waits(207.9)
    assert play.updates() == []
    play.waits(0.1)
    assert len(play.updates()) == 1


@pytest.mark.parametrize("source", ["ff02::1", "ff0e::1", "::"])
def test_no_binding_error_goes_to_a_group(source: str) -> None:
    """UMIP: Binding Errors to multicast sources (RFC 6275, 9.3.3)."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears(UnknownMobility(mh_type=99, data=bytes(10)), parse(source), CARE_OF)
    play.drops(DropReason.UNKNOWN_MESSAGE)


@pytest.mark.parametrize(
    ("agents", "alternate", "octets"),
    # 12 octets, the list's option of 2 + 2 + 16 n, an Alternate Care-of Address of 18 padded to 8 n + 6.
    [(15, False, 12 + 4 + 240), (14, True, 264)],
    ids=["15 home agents", "14 and an Alternate CoA"],
)
def test_mobility_headers_of_256_octets_and_more_are_summed_up_whole(agents: int, alternate: bool, octets: int) -> None:
    """Zeek keeps the length in one octet: 256 becomes 0, 264 becomes 8."""
    addresses = tuple(AGENT1[:-1] + bytes([n]) for n in range(1, agents + 1))
    behaviour = replace(BEHAVIOUR, alternate_care_of_address=alternate)
    updates = Journey(home_agents=agents, behaviour=behaviour).goes_abroad(*addresses)
    assert [len(update.arrival.upper_octets) for update in updates] == [octets] * agents
    for update in updates:
        # RFC 8200, 8.1: the sum of all 16-bit words with the checksum in its place is ffff, and that is 0 modulo ffff.
        pseudo = HOME + update.arrival.destination + octets.to_bytes(4) + bytes(3) + b"\x87"
        assert int.from_bytes(pseudo + update.arrival.upper_octets) % 0xFFFF == 0
        assert int.from_bytes(pseudo + update.arrival.upper_octets[: octets % 256]) % 0xFFFF != 0


def test_the_authentication_option_is_last_whatever_stands_before_it() -> None:
    """KAME: padding came behind it."""
    keys = tuple(
        SecurityAssociation(home_agent=agent, spi=1000 + n, key=bytes([n]) * 16)
        for n, agent in enumerate((AGENT1, AGENT2))
    )
    for agents in ((AGENT1,), (AGENT1, AGENT2)):
        for update in Journey(security_associations=keys).goes_abroad(*agents):
            assert isinstance(update.message.options[-1], MobilityMessageAuthentication)
            assert len(update.arrival.upper_octets) % 8 == 0
            assert update.arrival.upper_octets.endswith(
                options_of(update)["mobility_message_authentication"].authenticator
            )


def test_the_same_seed_gives_the_same_octets() -> None:
    def octets(seed: int) -> list[Any]:
        node = MobileNode(configuration(), Random(seed))
        node.command(Start((("eth0", LINK),)), S)
        while (at := node.next_timer()) is not None and at < 10 * S:
            node.handle_timer(at)
        return [node.poll_actions(), node.poll_events(), node.next_timer()]

    assert octets(1) == octets(1)
    assert octets(1) != octets(2)

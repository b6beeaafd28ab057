"""Mobility Headers that a mobile node can't use: whom it tells, and of what (RFC 6275, 9.2)."""

from __future__ import annotations

from typing import Any

import pytest

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.address import parse
from dissectors.ipv6.checksum import checksum
from dissectors.mobility.agent_switch import ExperimentalMobility, HaSwitch, Heartbeat
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingRefreshRequest, BindingUpdate
from dissectors.mobility.header import UnknownMobility
from dissectors.mobility.return_routability import CareOfTest, CareOfTestInit, HomeTest, HomeTestInit
from dissectors.spec import Flags
from mhatool.engine.departure import Writer
from mhatool.engine.drops import DropReason
from tests.mhatool.engine.mobile_node.journey import ABROAD, AGENT1, CARE_OF, HOME, PEER, Journey

MOBILITY = 135
ACKNOWLEDGEMENT = BindingAcknowledgement(status=0, flags=Flags(), sequence_number=7, lifetime_s=420, options=())
HOME_TEST = HomeTest(home_nonce_index=1, home_init_cookie=bytes(8), home_keygen_token=bytes(8), options=())
TAKEN: list[tuple[Any, int]] = [
    # The least Header Len of each type that a mobile node takes, in units of 8 octets without the first 8: RFC 6275,
    # 6.1.5 (8 + 16 octets), 6.1.6 (the same), 6.1.8 (12, so 16) and 6.1.9 (24). One of 6.1.2 has no content.
    (HOME_TEST, 2),
    (CareOfTest(care_of_nonce_index=1, care_of_init_cookie=bytes(8), care_of_keygen_token=bytes(8), options=()), 2),
    (ACKNOWLEDGEMENT, 1),
    (BindingError(status=1, home_address=HOME, options=()), 2),
]


def changed(play: Journey, message: Any, change: dict[int, int], *, sum_up: bool = True, **way: Any) -> bytes:
    """A message from the agent with other octets in its Mobility Header, whose checksum is right again or not."""
    octets = bytearray(Writer(play.settings.profile).write(message, AGENT1, CARE_OF, **way))
    at = 64 if way else 40
    for offset, value in change.items():
        octets[at + offset] = value
    if sum_up:
        octets[at + 4 : at + 6] = bytes(2)
        header = bytes(octets[at : at + 8 * (octets[at + 1] + 1)])
        octets[at + 4 : at + 6] = checksum(AGENT1, way.get("routed_to", CARE_OF), MOBILITY, header).to_bytes(2)
    return bytes(octets)


def registered() -> Journey:
    play = Journey()
    play.is_registered_with(AGENT1)
    return play


@pytest.mark.parametrize(("message", "least"), TAKEN, ids=lambda value: type(value).__name__)
def test_a_header_len_below_the_types_least_gets_a_parameter_problem_at_it(message: Any, least: int) -> None:
    play = registered()
    octets = changed(play, message, {1: least - 1})
    play.hears_octets(octets)
    sent = play.sends(Icmpv6Error, icmp_type=4, code=0, parameter=41, quoted=octets)
    assert (sent.arrival.source, sent.arrival.destination) == (CARE_OF, AGENT1)
    play.drops(DropReason.MALFORMED)


@pytest.mark.parametrize(("message", "least"), TAKEN, ids=lambda value: type(value).__name__)
def test_the_least_header_len_is_none_too_short(message: Any, least: int) -> None:
    play = registered()
    octets = changed(play, message, {})
    assert octets[41] == least
    play.hears_octets(octets)
    assert not [sent for sent in play._sent if isinstance(sent.message, Icmpv6Error)]


def test_what_follows_a_mobility_header_gets_a_parameter_problem_at_the_payload_proto() -> None:
    """Behind a type 2 routing header of 24 octets: 40 + 24."""
    play = registered()
    octets = changed(play, ACKNOWLEDGEMENT, {0: 6}, routed_to=HOME)
    play.hears_octets(octets)
    play.sends(Icmpv6Error, icmp_type=4, code=0, parameter=64, quoted=octets)
    play.drops(DropReason.MALFORMED)


@pytest.mark.parametrize("change", [{0: 6}, {1: 0}, {2: 99}, {7: 1}], ids=["payload", "length", "type", "content"])
def test_a_wrong_checksum_is_discarded_silently_whatever_else_is_wrong(change: dict[int, int]) -> None:
    play = registered()
    play.hears_octets(changed(play, ACKNOWLEDGEMENT, change, sum_up=False, routed_to=HOME))
    play.drops(DropReason.BAD_CHECKSUM)


@pytest.mark.parametrize(
    "message",
    [
        UnknownMobility(mh_type=99, data=bytes(10)),
        Heartbeat(flags=Flags(), sequence_number=5, options=()),
        HaSwitch(addresses=(AGENT1,), options=()),
        ExperimentalMobility(data=bytes(2)),
    ],
    ids=["99", "Heartbeat", "Home Agent Switch", "experimental"],
)
def test_an_unknown_type_gets_a_binding_error_with_status_2(message: Any) -> None:
    """RFC 6275, 9.2: whatever it doesn't define itself is one; RFC 5847, 3.1, finds out in this way who knows it."""
    play = registered()
    play.hears(message, AGENT1, CARE_OF)
    sent = play.sends(BindingError, status=2, home_address=bytes(16))
    assert (sent.arrival.source, sent.arrival.destination) == (CARE_OF, AGENT1)
    play.drops(DropReason.UNKNOWN_MESSAGE)


def test_what_other_roles_take_is_of_a_known_type() -> None:
    """RFC 6275, 6.1.1: a Binding Update, or a test of return routability, at a node that is no correspondent."""
    play = registered()
    for message in (
        BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=4, options=()),
        HomeTestInit(home_init_cookie=bytes(8), options=()),
        CareOfTestInit(care_of_init_cookie=bytes(8), options=()),
    ):
        play.hears(message, PEER, CARE_OF)
        play.drops(DropReason.NOT_OUR_ROLE)


def test_what_came_through_the_tunnel_is_answered_through_it() -> None:
    """RFC 6275, 11.3.1: away from home, nothing leaves from the home address but by the reverse tunnel."""
    play = registered()
    octets = bytearray(Writer(play.settings.profile).write(HOME_TEST, PEER, HOME, tunnel=(AGENT1, CARE_OF)))
    octets[81] = 1
    octets[84:86] = bytes(2)
    octets[84:86] = checksum(PEER, HOME, MOBILITY, bytes(octets[80:96])).to_bytes(2)
    play.hears_octets(bytes(octets))
    sent = play.sends(Icmpv6Error, icmp_type=4, code=0, parameter=41, quoted=bytes(octets[40:]))
    assert (sent.arrival.source, sent.arrival.destination, sent.arrival.through) == (HOME, PEER, CARE_OF)
    play.drops(DropReason.MALFORMED)
    play.hears(UnknownMobility(mh_type=99, data=bytes(10)), PEER, HOME, tunnel=(AGENT1, CARE_OF))
    assert play.sends(BindingError, status=2).arrival.through == CARE_OF


def test_without_an_agent_nothing_leaves_from_the_home_address_abroad() -> None:
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD)
    play.forgets()
    play.hears(UnknownMobility(mh_type=99, data=bytes(10)), PEER, HOME)
    play.drops(DropReason.UNKNOWN_MESSAGE)


def test_at_home_it_is_answered_from_the_home_address() -> None:
    play = Journey(attached_at_home=True)
    play.comes_up()
    play.hears(UnknownMobility(mh_type=99, data=bytes(10)), PEER, HOME)
    sent = play.sends(BindingError, status=2)
    assert (sent.arrival.source, sent.arrival.through) == (HOME, None)


@pytest.mark.parametrize("destination", ["ff02::1", "2001:db8:7::7"], ids=["group", "somebody else"])
def test_nobody_is_told_of_what_went_to_others(destination: str) -> None:
    play = registered()
    octets = bytearray(Writer(play.settings.profile).write(ACKNOWLEDGEMENT, AGENT1, parse(destination)))
    octets[40] = 6
    octets[44:46] = bytes(2)
    octets[44:46] = checksum(AGENT1, parse(destination), MOBILITY, bytes(octets[40:])).to_bytes(2)
    play.hears_octets(bytes(octets))
    play.drops(DropReason.MALFORMED)


def test_a_request_to_refresh_has_no_content_that_could_lack() -> None:
    """6.1.2: its least Header Len is 0."""
    play = registered()
    play.hears_octets(changed(play, BindingRefreshRequest(options=()), {}))
    assert len(play.updates()) == 1

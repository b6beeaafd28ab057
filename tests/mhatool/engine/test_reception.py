"""What every node does with messages that it can't use (RFC 6275, 9.2): whom it tells, and of what."""

import pytest

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.binding import BindingError
from dissectors.mobility.header import UnknownMobility
from dissectors.mobility.return_routability import HomeTest
from mhatool.engine.drops import DropReason
from mhatool.engine.events import MessageDropped
from tests.mhatool.engine.home_agent.stage import AGENT, CARE_OF, HOME, agent, update
from tests.mhatool.engine.playbook import Playbook


def resummed(octets: bytearray, at: int, home: bytes) -> bytes:
    """With a right checksum for a Mobility Header at `at`, as long as it says."""
    octets[at + 4 : at + 6] = bytes(2)
    header = octets[at : at + 8 * (octets[at + 1] + 1)]
    total = int.from_bytes(home + AGENT) + 135 + len(header) + int.from_bytes(header)
    octets[at + 4 : at + 6] = (0xFFFF - total % 0xFFFF).to_bytes(2)
    return bytes(octets)


def broken(play: Playbook, offset: int, value: int, *, sum_up: bool = True) -> bytes:
    """A Binding Update with another octet in its Mobility Header; what was sent."""
    octets = bytearray(play.hears(update(1), CARE_OF, AGENT, home_address=HOME))
    play.forgets()
    octets[64 + offset] = value
    datagram = resummed(octets, 64, HOME) if sum_up else bytes(octets)
    play.hears_octets(datagram)
    return datagram


def test_an_unknown_type_gets_a_binding_error() -> None:
    play = agent()
    play.hears(UnknownMobility(mh_type=99, data=bytes(2)), CARE_OF, AGENT)
    sent = play.sends(BindingError, status=2, home_address=UNSPECIFIED)
    assert (sent.arrival.source, sent.arrival.destination) == (AGENT, CARE_OF)
    assert play.drops(DropReason.UNKNOWN_MESSAGE).detail == "Mobility Header type 99"
    play.hears(UnknownMobility(mh_type=99, data=bytes(2)), CARE_OF, AGENT, home_address=HOME)
    play.sends(BindingError, status=2, home_address=HOME)


@pytest.mark.parametrize(
    ("source", "destination"), [("ff02::1", "2001:db8:1::1"), ("::", "2001:db8:1::1"), ("2001:db8:2::9", "ff02::1")]
)
def test_none_goes_to_a_group_or_nobody(source: str, destination: str) -> None:
    play = agent()
    play.hears(UnknownMobility(mh_type=99, data=bytes(2)), parse(source), parse(destination))
    play.drops(DropReason.UNKNOWN_MESSAGE)


@pytest.mark.parametrize(("offset", "value", "pointer"), [(0, 6, 64), (1, 0, 65)], ids=["payload proto", "length"])
def test_a_header_that_breaks_the_rules_gets_a_parameter_problem(offset: int, value: int, pointer: int) -> None:
    """Code 0, at the field (RFC 6275, 9.2): 40 + 24 octets before it."""
    play = agent()
    octets = broken(play, offset, value)
    sent = play.sends(Icmpv6Error, icmp_type=4, code=0, parameter=pointer, quoted=octets)
    assert (sent.arrival.source, sent.arrival.destination) == (AGENT, CARE_OF)
    assert play.drops(DropReason.MALFORMED).detail


@pytest.mark.parametrize(("offset", "value"), [(0, 6), (1, 0), (2, 99), (7, 9)])
def test_a_wrong_checksum_comes_first(offset: int, value: int) -> None:
    play = agent()
    broken(play, offset, value, sum_up=False)
    play.drops(DropReason.BAD_CHECKSUM)


def test_a_checksum_that_nobody_can_verify_is_none() -> None:
    """A Home Address option of 15 octets at octet 46: whose sum it is can't be told."""
    play = agent()
    octets = bytearray(play.hears(update(1), CARE_OF, AGENT, home_address=HOME))
    play.forgets()
    octets[47], octets[63] = 15, 0  # what is left is Pad1
    play.hears_octets(bytes(octets))
    play.drops(DropReason.BAD_CHECKSUM)


def test_an_option_that_overruns_is_discarded() -> None:
    play = agent()
    broken(play, 13, 200)  # the PadN's length
    play.drops(DropReason.MALFORMED)


def test_a_message_for_others_is_none_of_its_business() -> None:
    play = agent()
    message = HomeTest(home_nonce_index=1, home_init_cookie=bytes(8), home_keygen_token=bytes(8), options=())
    play.hears(message, CARE_OF, AGENT)
    assert play.drops(DropReason.NOT_OUR_ROLE).detail == "Home Test"


@pytest.mark.parametrize("octets", [b"", b"\x60", b"\x45" + bytes(39)], ids=["nothing", "too short", "IPv4"])
def test_what_is_no_datagram(octets: bytes) -> None:
    play = agent()
    play.hears_octets(octets)
    assert play.drops(DropReason.MALFORMED).source == UNSPECIFIED


def test_a_datagram_without_a_message_is_no_event() -> None:
    play = agent()
    play.hears_octets(bytes.fromhex("60000000 0000 3b40") + CARE_OF + AGENT)
    assert play.events == []


def test_errors_are_paced_together() -> None:
    """error_burst 10."""
    play = agent()
    for _ in range(12):
        play.hears(UnknownMobility(mh_type=99, data=bytes(2)), CARE_OF, AGENT)
    assert len([event for event in play.events if isinstance(event, MessageDropped)]) == 12
    for _ in range(10):
        play.sends(BindingError)
    play.sends_nothing()

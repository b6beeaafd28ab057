"""PROTOCOL's list of others' mistakes, as far as a correspondent can make them."""

import pytest

from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingError
from dissectors.options.binding import BindingAuthorizationData
from dissectors.options.header import UnknownMobilityOption
from mhatool.engine.commands import UnverifiedHomeAddress
from mhatool.engine.drops import DropReason
from tests.mhatool.engine.correspondent.test_correspondent import (
    CARE_OF,
    HOME,
    PEER,
    MobileNode,
    correspondent,
    registered,
)


def ones_complement(octets: bytes) -> int:
    """The sum of 16-bit words that a checksum completes to a multiple of 65,535 (RFC 1071)."""
    return int.from_bytes(octets) % 0xFFFF


def test_a_checksum_over_the_wrong_addresses_is_discarded() -> None:
    """INET #1192: summed over the addresses before the Home Address option takes the source's place."""
    play = correspondent()
    node = registered(play)
    sent = registered(correspondent()).updates(2)  # the same key and chance, so the same tokens
    wrong = bytearray(sent)
    summed = (0xFFFF - int.from_bytes(wrong[68:70]) + int.from_bytes(CARE_OF) - int.from_bytes(HOME)) % 0xFFFF
    wrong[68:70] = (0xFFFF - summed).to_bytes(2)
    play.hears_octets(bytes(wrong))
    play.drops(DropReason.BAD_CHECKSUM)
    play.hears_octets(sent)
    node.is_told(0, sequence_number=2)


def test_the_answer_is_summed_over_the_home_address() -> None:
    """INET #1192, the other way: the routing header's address takes the destination's place."""
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    node.updates(1)
    header = node.is_told(0).action.datagram[64:]
    assert ones_complement(PEER + HOME + bytes([0, len(header), 0, 135]) + header) == 0
    assert ones_complement(PEER + CARE_OF + bytes([0, len(header), 0, 135]) + header) != 0


# INET: wrong wrap-around, and status 139 for an old number. 0 < (new - old) mod 65536 < 32768, at the edges.
@pytest.mark.parametrize("old", [0, 40000, 65535])
@pytest.mark.parametrize("ahead", [0, 1, 2, 32766, 32767, 32768, 32769, 65535])
def test_135_sequence_numbers_at_the_edges(old: int, ahead: int) -> None:
    play = correspondent()
    node = registered(play, number=old)
    number = (old + ahead) % 65536
    node.updates(number)
    if ahead in (1, 2, 32766, 32767):
        node.is_told(0, sequence_number=number)
    else:
        node.is_told(135, sequence_number=old)


@pytest.mark.parametrize(("source", "destination"), [("ff02::1", "2001:db8:c::1"), ("2001:db8:2::9", "ff02::1")])
def test_no_binding_error_goes_to_a_group_or_about_one(source: str, destination: str) -> None:
    """UMIP sent Binding Errors to multicast sources."""
    play = correspondent()
    play.is_told(UnverifiedHomeAddress(parse(source), parse(destination), HOME))
    play.sends_nothing()
    play.is_told(UnverifiedHomeAddress(CARE_OF, PEER, HOME))
    play.sends(BindingError, home_address=HOME)


PADDING = 6


@pytest.mark.parametrize("size", [216, 224])
def test_headers_of_256_octets_and_more_are_summed_and_proven_whole(size: int) -> None:
    """Zeek keeps the length of a Mobility Header in one octet.

    12 octets, Nonce Indices (6), an unknown option (2 + size), 6 of padding, Authorization Data (14): 256 and 264.
    """
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    sent = node.updates(1, options=(UnknownMobilityOption(type=99, data=bytes(size)),))
    assert len(sent) - 64 == 12 + 6 + 2 + size + 14 + PADDING
    node.is_told(0)


def test_the_authorization_data_ends_the_header() -> None:
    """KAME let padding follow the option that proves the message."""
    play = correspondent()
    node = registered(play)
    for number, status in ((2, 0), (2, 135)):
        node.updates(number)
        header = node.is_told(status).arrival.upper_octets
        assert len(header) % 8 == 0
        assert header[-14:-12] == bytes([5, 12])  # type and length, then the authenticator's 12 octets
    node.updates(3)
    assert isinstance(node.is_told(0).message.options[-1], BindingAuthorizationData)

"""A correspondent without route optimisation answers as any IPv6 node does (RFC 8200, 4 and 4.2; RFC 4443, 3.4)."""

from random import Random

import pytest

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingUpdate
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from dissectors.profile import KAME2003, RFC6275, Profile
from dissectors.spec import Flags
from mhatool.engine.commands import UnverifiedHomeAddress
from mhatool.engine.correspondent import Correspondent, CorrespondentConfiguration
from mhatool.engine.drops import DropReason
from mhatool.engine.events import MessageDropped
from tests.mhatool.engine.playbook import Playbook

PEER, HOME, CARE_OF = (parse(text) for text in ("2001:db8:c::1", "2001:db8:1::9", "2001:db8:2::9"))
UPDATE = BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=60, options=())


def plain(profile: Profile = RFC6275) -> Playbook:
    given = CorrespondentConfiguration(name="cn", addresses=(PEER,), profile=profile, route_optimisation=False)
    return Playbook(Correspondent(given, Random(1)), profile)


@pytest.mark.parametrize("profile", [RFC6275, KAME2003], ids=lambda profile: profile.name)
@pytest.mark.parametrize("message", [HomeTestInit, CareOfTestInit])
def test_the_mobility_header_is_unknown(message: type, profile: Profile) -> None:
    """Code 1, at octet 6: the next header field of the IPv6 header."""
    play = plain(profile)
    name = "home_init_cookie" if message is HomeTestInit else "care_of_init_cookie"
    octets = play.hears(message(**{name: bytes(8)}, options=()), CARE_OF, PEER)
    sent = play.sends(Icmpv6Error, icmp_type=4, code=1, parameter=6, quoted=octets)
    assert (sent.arrival.source, sent.arrival.destination) == (PEER, CARE_OF)
    assert play.tells(MessageDropped).reason == DropReason.UNRECOGNISED
    play.sends_nothing()


def test_the_home_address_option_is_unknown_before_it() -> None:
    """Code 2, at the option's type: 40 octets of IPv6, next header, length, PadN of 4."""
    play = plain()
    octets = play.hears(UPDATE, CARE_OF, PEER, home_address=HOME)
    assert octets[46] == 0xC9
    play.sends(Icmpv6Error, icmp_type=4, code=2, parameter=46, quoted=octets)


def test_behind_other_options_the_header_before_it_names_it() -> None:
    play = plain()
    octets = bytearray(play.hears(HomeTestInit(home_init_cookie=bytes(8), options=()), CARE_OF, PEER))
    play.forgets()
    options = bytes((135, 0, 0, 1, 3, 0, 0, 0))  # Destination Options: Pad1, PadN of 5
    octets[6] = 60
    octets[4:6] = (16 + 8).to_bytes(2)
    datagram = bytes(octets[:40]) + options + bytes(octets[40:])
    play.hears_octets(datagram)
    play.sends(Icmpv6Error, icmp_type=4, code=1, parameter=40, quoted=datagram)


@pytest.mark.parametrize(("at", "address"), [(24, "ff02::1"), (8, "ff02::1"), (8, "::")])
def test_nobody_is_told_about_groups(at: int, address: str) -> None:
    play = plain()
    octets = bytearray(play.hears(UPDATE, CARE_OF, PEER))
    play.forgets()
    octets[at : at + 16] = parse(address)
    play.hears_octets(bytes(octets))
    assert play.tells(MessageDropped).reason == DropReason.UNRECOGNISED
    play.sends_nothing()


def test_what_is_no_mobility_does_not_concern_it() -> None:
    play = plain()
    play.hears(Icmpv6Error(icmp_type=1, code=0, parameter=0, quoted=bytes(40)), CARE_OF, PEER)
    play.hears(UPDATE, HOME, PEER, tunnel=(CARE_OF, PEER))  # for whoever unpacks it
    play.hears_octets(bytes.fromhex("60000000 0000 3b40") + CARE_OF + PEER)
    play.is_told(UnverifiedHomeAddress(CARE_OF, PEER, HOME))
    play.sends_nothing()
    assert play.events == []


def test_a_large_packet_is_quoted_as_far_as_the_minimum_mtu_goes() -> None:
    play = plain()
    octets = bytearray(play.hears(UPDATE, CARE_OF, PEER)) + bytes(1400)
    play.forgets()
    play.hears_octets(bytes(octets))
    sent = play.sends(Icmpv6Error, code=1)
    assert len(sent.action.datagram) == 1280

"""What is written is read back as the same message, with the same addresses around it."""

import pytest
from msgspec.structs import replace

from dissectors.errors import DecodeError
from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.icmpv6.options import TargetLinkLayerAddress
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.profile import KAME2003, RFC6275, Profile
from dissectors.spec import Flags
from mhatool.engine.arrival import Arrival, Reader
from mhatool.engine.departure import ON_LINK, Writer
from mhatool.protocol.neighbourhood import ALL_NODES

HOME, CARE_OF, AGENT = (parse(text) for text in ("2001:db8:1::9", "2001:db8:2::9", "2001:db8:1::1"))
LINK = bytes.fromhex("0200000000a1")
UPDATE = BindingUpdate(sequence_number=7, flags=Flags("AH"), lifetime_s=60, options=())


def read(octets: bytes, profile: Profile = RFC6275) -> Arrival:
    arrival = Reader(profile).read(octets, "eth0", LINK, 5)
    assert arrival is not None
    return arrival


@pytest.mark.parametrize("profile", [RFC6275, KAME2003], ids=lambda profile: profile.name)
def test_a_binding_update_with_its_home_address_option(profile: Profile) -> None:
    arrival = read(Writer(profile).write(UPDATE, CARE_OF, AGENT, home_address=HOME), profile)
    assert (arrival.source, arrival.true_source, arrival.destination) == (CARE_OF, HOME, AGENT)
    assert arrival.checksum_good
    assert arrival.message.sequence_number == 7
    assert (arrival.interface, arrival.link_source, arrival.now, arrival.through) == ("eth0", LINK, 5, None)
    assert len(arrival.datagram) == 40 + 24 + 16  # IPv6, Home Address option with PadN, 12 octets and PadN


def test_an_acknowledgement_to_the_care_of_address() -> None:
    message = BindingAcknowledgement(status=0, flags=Flags(), sequence_number=7, lifetime_s=60, options=())
    arrival = read(Writer(RFC6275).write(message, AGENT, CARE_OF, routed_to=HOME))
    assert (arrival.destination, arrival.true_destination, arrival.routed_home_address) == (CARE_OF, HOME, HOME)
    assert arrival.checksum_good


def test_a_tunnel_around_it_is_told() -> None:
    octets = Writer(RFC6275).write(UPDATE, HOME, AGENT, tunnel=(CARE_OF, AGENT))
    arrival = read(octets)
    assert (arrival.through, arrival.source) == (CARE_OF, HOME)


def test_a_wrong_checksum_shows() -> None:
    octets = bytearray(Writer(RFC6275).write(UPDATE, CARE_OF, AGENT, home_address=HOME))
    octets[-1] ^= 1
    assert not read(bytes(octets)).checksum_good


def test_what_holds_no_message_is_nothing_and_what_is_no_datagram_an_error() -> None:
    assert Reader(RFC6275).read(bytes.fromhex("60000000 0000 3b40") + CARE_OF + AGENT, "eth0", LINK, 0) is None
    with pytest.raises(DecodeError):
        Reader(RFC6275).read(b"\x60", "eth0", LINK, 0)


def test_what_goes_to_a_group_is_read_anew_for_nobody_but_received_by_each() -> None:
    """The same octets at two nodes: one message, the interface, neighbour and time of each."""
    options = (TargetLinkLayerAddress(link_layer_address=LINK),)
    message = NeighborAdvertisement(flags=Flags("O"), target=HOME, options=options)
    octets = Writer(RFC6275).write(message, HOME, ALL_NODES, hop_limit=ON_LINK)
    first = Reader(RFC6275).read(octets, "eth0", LINK, 5)
    second = Reader(RFC6275).read(octets, "eth1", LINK[::-1], 6)
    assert first is not None
    assert second is not None
    assert second.message is first.message
    assert (first.interface, first.link_source, first.now) == ("eth0", LINK, 5)
    assert (second.interface, second.link_source, second.now) == ("eth1", LINK[::-1], 6)
    assert second == replace(read(bytes(bytearray(octets))), interface="eth1", link_source=LINK[::-1], now=6)


def test_a_profile_reads_by_its_own_numbers() -> None:
    """A Mobility Header is none to the other profile, whoever has read it before."""
    octets = Writer(RFC6275).write(UPDATE, CARE_OF, ALL_NODES)
    assert Reader(RFC6275).read(octets, "eth0", LINK, 0) is not None
    assert Reader(KAME2003).read(octets, "eth0", LINK, 0) is None


def test_fragments_to_a_group_are_each_reader_s_own() -> None:
    """The second piece is a message to who has the first one, and nothing to anybody else."""
    message = NeighborAdvertisement(flags=Flags("O"), target=HOME, options=())
    whole = Writer(RFC6275).write(message, AGENT, ALL_NODES, hop_limit=255)
    pieces = []
    for offset, more in ((0, 1), (16, 0)):
        part = whole[40:56] if more else whole[56:]
        header = bytes((58, 0)) + (offset | more).to_bytes(2) + bytes(3) + b"\x07"
        pieces.append(whole[:4] + (8 + len(part)).to_bytes(2) + b"\x2c\xff" + whole[8:40] + header + part)
    first, second = Reader(RFC6275), Reader(RFC6275)
    assert first.read(pieces[0], "eth0", LINK, 0) is None
    arrival = first.read(pieces[1], "eth0", LINK, 0)
    assert arrival is not None
    assert arrival.message.target == HOME
    assert second.read(pieces[1], "eth0", LINK, 0) is None

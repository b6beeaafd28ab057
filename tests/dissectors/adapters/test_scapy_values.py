"""What fields of the Scapy layers take, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Any

import pytest
from scapy.layers.inet6 import IPv6, IPv6ExtHdrSegmentRouting
from scapy.packet import fuzz

from dissectors import parse
from dissectors.adapters.scapy_layers import layers
from dissectors.errors import EncodeError
from dissectors.options.binding import NonceIndices
from tests.dissectors.adapters.hard_cases import AGENT_1, CARE_OF, HOME
from tests.mhatool.scenes import internet_checksum, ip

L = layers()


@pytest.mark.parametrize(
    ("packet", "what"),
    [
        (lambda: L.MHAMultipleHomeAgents(home_agents=[AGENT_1] * 16), "258 octets are too many for its length"),
        (lambda: L.MHAUnknownMobilityOption(type=99, data=bytes(256)), "258 octets are too many for its length"),
        (
            lambda: L.MHABindingUpdate(options=[L.MHAUnknownMobilityOption(type=99, data=bytes(250))] * 9),
            "2280 octets .* header_l",
        ),
        (lambda: L.MHAHaSwitch(addresses=[AGENT_1] * 256), "4104 octets are too many"),
        (lambda: L.MHAUnknownNeighbourDiscoveryOption(type=99, data=bytes(2046)), "2048 octets are too many"),
        (lambda: L.MHAAuthentication(icv=bytes(1100)), "1112 octets are too many"),
    ],
)
def test_what_a_length_cannot_tell_is_refused(packet: Callable[[], Any], what: str) -> None:
    """255 octets behind an option's length, 255 * 8 of a discovery option, 256 * 8 of a header, 257 * 4 of AH."""
    with pytest.raises(EncodeError, match=what):
        bytes(packet())


#: A Binding Update of 12 octets, Nonce Indices (RFC 6275, 6.2.6) of 6, and PadN of 6: 24, Header Len 2.
INDICES = bytes.fromhex("3b02 0500 0000 0001 0000 000f 0404 0001 0002 0104 0000 0000")


@pytest.mark.parametrize(
    "options",
    [
        [L.MHANonceIndices(home_nonce_index=1, care_of_nonce_index=2)],
        (L.MHANonceIndices(home_nonce_index=1, care_of_nonce_index=2),),
        L.MHANonceIndices(home_nonce_index=1, care_of_nonce_index=2),
        [bytearray(INDICES[12:18])],
        (NonceIndices(home_nonce_index=1, care_of_nonce_index=2),),
        parse("mobility", INDICES).options,
    ],
    ids=["list", "tuple", "one", "octets", "value", "as parsed"],
)
def test_options_may_be_given_as(options: Any) -> None:
    built = bytes(L.MHABindingUpdate(sequence_number=1, lifetime_s=60, checksum=0, options=options))
    assert built == INDICES
    later = L.MHABindingUpdate(sequence_number=1, lifetime_s=60, checksum=0)
    later.options = options
    assert bytes(later) == INDICES


@pytest.mark.parametrize("wrong", [5, [5], ["0404"], [None]])
def test_what_is_no_packet_in_a_list_is_refused(wrong: Any) -> None:
    with pytest.raises(EncodeError, match=r"options can't be .*: give a list of packets"):
        bytes(L.MHABindingUpdate(options=wrong))


def test_a_lifetime_as_text() -> None:
    assert bytes(L.MHABindingUpdate(lifetime_s="420"))[10:12] == (105).to_bytes(2)
    with pytest.raises(EncodeError, match="is not a whole number"):
        L.MHABindingUpdate(lifetime_s="long")


def test_the_most_that_a_length_can_tell() -> None:
    assert bytes(L.MHAMultipleHomeAgents(home_agents=[AGENT_1] * 15))[:2] == bytes((18, 240))
    assert bytes(L.MHAUnknownMobilityOption(type=99, data=bytes(255)))[:2] == bytes((99, 255))


@pytest.mark.parametrize("name", [name for name in L.by_name if name not in ("MHAIPv6", "MHAPacket")])
def test_every_class_can_be_fuzzed(name: str) -> None:
    for _ in range(5):
        bytes(fuzz(getattr(L, name)()))


def test_addresses_are_given_as_text_or_octets() -> None:
    """RFC 5648, 4.1: type 35, length, identifier, status, flags, an address; RFC 4861, 4.6.1: 1, 1 and six octets."""
    care_of = "23 14 0001 00 00 20010db8 0000 0000 0000 0000 0000 0005"
    for given in ("2001:db8::5", bytes.fromhex("20010db80000000000000000 00000005")):
        made = L.MHABindingIdentifier(binding_id=1, care_of_address=given)
        assert bytes(made) == bytes.fromhex(care_of)
    assert bytes(L.MHABindingIdentifier(binding_id=1, care_of_address="192.0.2.1"))[-4:] == bytes((192, 0, 2, 1))
    assert bytes(L.MHASourceLinkLayerAddress(link_layer_address="00:11:22:33:44:55")).hex() == "0101001122334455"
    assert bytes(L.MHAMultipleHomeAgents(home_agents=AGENT_1)) == bytes(L.MHAMultipleHomeAgents(home_agents=[AGENT_1]))
    with pytest.raises(EncodeError, match="is not an IPv6 address"):
        L.MHABindingIdentifier(binding_id=1, care_of_address="nonsense")


@pytest.mark.parametrize("given", ["2001:db8::g", b"2001:db8::g", "", 5])
def test_what_is_no_address_in_a_list_is_named(given: Any) -> None:
    for made in (L.MHAMultipleHomeAgents(home_agents=[AGENT_1, given]), L.MHAHaSwitch(addresses=[given])):
        with pytest.raises(EncodeError, match=f"{re.escape(repr(given))} is not an IPv6 address as text"):
            bytes(made)


def test_an_address_of_the_ipaddress_module_is_one() -> None:
    for given in (IPv6Address("2001:db8::5"), [IPv6Address("2001:db8::5")]):
        assert bytes(L.MHAMultipleHomeAgents(home_agents=given)).hex() == "1210" + "20010db8000000000000000000000005"


def test_segment_routing_names_the_final_destination() -> None:
    """Scapy's own header and ours, with the same octets: the sum over Segment List[0] (RFC 8754, 2)."""
    theirs = IPv6ExtHdrSegmentRouting(addresses=[HOME, AGENT_1], segleft=1, lastentry=1)
    ours = L.MHAUnknownRouting(bytes(theirs))
    for header in (theirs, ours):
        made = bytes(IPv6(src=CARE_OF, dst=AGENT_1) / header / L.MHAEcho(icmp_type=128))
        right = internet_checksum(ip(CARE_OF), ip(HOME), 58, bytes.fromhex("8000 0000 0000 0000"))
        assert made[-6:-4] == right.to_bytes(2)


def test_a_home_address_in_a_hop_by_hop_header_is_none() -> None:
    """RFC 6275, 6.3: a destination option."""
    header = L.MHAHopByHop(options=[L.MHAHomeAddress(home_address=HOME)])
    made = bytes(IPv6(src=CARE_OF, dst=AGENT_1) / header / L.MHAEcho(icmp_type=128))
    right = internet_checksum(ip(CARE_OF), ip(AGENT_1), 58, bytes.fromhex("8000 0000 0000 0000"))
    assert made[-6:-4] == right.to_bytes(2)


@pytest.mark.parametrize("cookie", [b"abc", b"0123456789"])
def test_octets_of_another_size_than_their_field_are_refused(cookie: bytes) -> None:
    """RFC 6275, 6.1.3: 64 bits. Without any it is zeros, as Scapy's own fields have it."""
    with pytest.raises(EncodeError, match=f"{len(cookie)} octets given where 8 are needed"):
        bytes(L.MHAHomeTestInit(home_init_cookie=cookie))
    assert bytes(L.MHAHomeTestInit(checksum=0)) == bytes.fromhex("3b010100 0000 0000") + bytes(8)


def test_a_routing_header_of_type_2_has_one_segment_left() -> None:
    """RFC 6275, 6.4.1: Hdr Ext Len 2, routing type 2, Segments Left always 1."""
    assert bytes(L.MHARoutingType2()) == bytes.fromhex("3b020201 00000000") + bytes(16)

"""Whom a header names in the place of source and destination, over octets made with struct; and broken options."""

from __future__ import annotations

import pytest

from dissectors.build import build, layer
from dissectors.ipv6.header import Ipv6, UnknownRouting
from dissectors.mobility.binding import BindingUpdate
from dissectors.padding import padded
from dissectors.profile import RFC6275
from dissectors.records import layers_from_json
from dissectors.spec import Flags
from dissectors.walk import Dissector, dissect
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, ip, ipv6, mobility

UPDATE = bytes.fromhex("0001 c000 000f 0102 0000")
CASES = {
    # RFC 8754, 2: last entry, flags, tag; Segment List[0] is the last one to be visited
    "segments": (bytes((135, 4, 4, 1, 1, 0, 0, 0)) + HOME + AGENT, HOME),
    "segments, all visited": (bytes((135, 4, 4, 0, 1, 0, 0, 0)) + HOME + AGENT, AGENT),
    "segments and a TLV of padding": (
        bytes((135, 3, 4, 1, 0, 0, 0, 0)) + HOME + bytes.fromhex("0406") + bytes(6),
        HOME,
    ),
    # RFC 6554, 3: all of the address; or its last 8 octets behind the 8 that it shares with the IPv6 header's
    "RPL": (bytes((135, 2, 3, 1, 0, 0, 0, 0)) + HOME, HOME),
    "RPL, shortened": (bytes((135, 1, 3, 1, 0x88, 0, 0, 0)) + bytes.fromhex("0000000000000100"), ip("2001:db8:1::100")),
    "RPL, shortened, two of padding": (
        bytes((135, 1, 3, 1, 0xAA, 0x20, 0, 0)) + bytes.fromhex("00000000 0100") + bytes(2),
        ip("2001:db8:1::100"),
    ),
    "another type, all visited": (bytes((135, 2, 9, 0, 0, 0, 0, 0)) + HOME, AGENT),
}
#: RFC 8200, 4.4, and RFC 6275, 6.4.1: more segments left than addresses.
TOO_MANY = {
    "type 2, two left of one": bytes((135, 2, 2, 2, 0, 0, 0, 0)) + HOME,
    "type 0, three left of two": bytes((135, 4, 0, 3, 0, 0, 0, 0)) + PEER + HOME,
}
UNREAD = {
    **TOO_MANY,
    "another type": bytes((135, 2, 9, 1, 0, 0, 0, 0)) + HOME,
    "segments without a whole one": bytes((135, 1, 4, 1, 0, 0, 0, 0)) + HOME[:8],
    "RPL without an address": bytes((135, 0, 3, 1, 0, 0, 0, 0)),
}


def packet(header: bytes, end: bytes, source: bytes = CARE1, protocol: int = 43) -> bytes:
    """A Binding Update behind a header, its sum over these ends."""
    return ipv6(CARE1, AGENT, protocol, header + mobility(5, UPDATE, source, end))


@pytest.mark.parametrize("case", CASES)
def test_a_routing_header_names_the_final_destination(case: str) -> None:
    header, end = CASES[case]
    found = dissect(packet(header, end))
    assert found.datagrams[0].true_destination == end
    assert found.layers[-1].checksum_status == "good"
    assert dissect(packet(header, PEER)).layers[-1].checksum_status == "bad"


@pytest.mark.parametrize("case", UNREAD)
@pytest.mark.parametrize("end", [HOME, AGENT, PEER], ids=["first", "header's", "another"])
def test_without_a_final_destination_no_checksum_is_called_bad_or_good(case: str, end: bytes) -> None:
    assert dissect(packet(UNREAD[case], end)).layers[-1].checksum_status == "unverified"


def test_what_is_built_behind_a_segment_routing_header_has_the_sum_over_the_final_destination() -> None:
    header = UnknownRouting(routing_type=4, segments_left=1, data=bytes((1, 0, 0, 0)) + HOME + AGENT)
    update = padded(BindingUpdate(sequence_number=1, flags=Flags("AH"), lifetime_s=60))
    built = build([layer(Ipv6(source=CARE1, destination=AGENT)), layer(header), layer(update)])
    assert built == packet(*CASES["segments"])


BROKEN = {
    # RFC 2711, 2.1: two octets of value; RFC 2473, 4.1.1: one of limit
    "router alert of four": (0, bytes.fromhex("8700 0504 0000 0000"), CARE1),
    "encapsulation limit of none": (0, bytes.fromhex("8700 0400 0102 0000"), CARE1),
    "the same behind a home address": (60, bytes.fromhex("8702 c910") + HOME + bytes.fromhex("0400 0100"), HOME),
    "the same before a home address": (60, bytes.fromhex("8702 0400 c910") + HOME + bytes.fromhex("0100"), HOME),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_option_of_a_wrong_length_is_told_and_hides_nothing(case: str) -> None:
    """RFC 8200, 4.2: an option is passed by its length."""
    protocol, header, source = BROKEN[case]
    octets = packet(header, AGENT, source, protocol)
    for found in (dissect(octets), Dissector().glance(octets, 101)):
        assert [problem.code for problem in found.layers[1].problems] == ["option_length"]
        assert found.layers[-1].type == "binding_update"
        assert found.layers[-1].checksum_status == "good"
        assert found.datagrams[0].true_source == source
        assert found.is_signalling
    records = dissect(octets).json(octets=True)
    assert build(layers_from_json(records, RFC6275), RFC6275) == octets


@pytest.mark.parametrize("source", [CARE1, HOME], ids=["header's", "option's"])
def test_a_home_address_option_of_a_wrong_length_leaves_the_source_open(source: bytes) -> None:
    header = bytes.fromhex("8702 c90f") + HOME[:15] + bytes.fromhex("0103 000000")
    found = dissect(packet(header, AGENT, source, 60))
    assert found.datagrams[0].home_address is None
    assert found.layers[-1].checksum_status == "unverified"


def test_a_home_address_in_a_hop_by_hop_header_is_none() -> None:
    """RFC 6275, 6.3: the option is a Destination Options header's."""
    header = bytes.fromhex("8702 0102 0000 c910") + HOME
    assert dissect(packet(header, AGENT, CARE1, 0)).layers[-1].checksum_status == "good"


def options(*home_addresses: bytes, following: int = 135) -> bytes:
    """Destination options of 8 + 24 n octets: each Home Address option behind padding, at 8n+6 (RFC 6275, 6.3)."""
    pads = [bytes.fromhex("0102 0000"), *[bytes.fromhex("0104 00000000")] * (len(home_addresses) - 1)]
    body = b"".join(pad + b"\xc9\x10" + home for pad, home in zip(pads, home_addresses, strict=True))
    return bytes((following, (len(body) + 2) // 8 - 1)) + body


TWO = {
    "in one header": options,
    "in two headers": lambda first, second: options(first, following=60) + options(second),
}


@pytest.mark.parametrize("place", TWO)
@pytest.mark.parametrize("source", [HOME, PEER, CARE1], ids=["first", "second", "header's"])
def test_of_two_home_addresses_nobody_knows_which_counts(place: str, source: bytes) -> None:
    """RFC 6275, 6.3: the option must not appear twice."""
    octets = packet(TWO[place](HOME, PEER), AGENT, source, 60)
    for found in (dissect(octets), Dissector().glance(octets, 101)):
        assert found.layers[-1].checksum_status == "unverified"
        assert found.datagrams[0].is_unsure
        assert found.datagrams[0].home_address == HOME


@pytest.mark.parametrize("place", TWO)
def test_the_same_home_address_twice_is_one(place: str) -> None:
    assert dissect(packet(TWO[place](HOME, HOME), AGENT, HOME, 60)).layers[-1].checksum_status == "good"
    assert dissect(packet(TWO[place](HOME, HOME), AGENT, CARE1, 60)).layers[-1].checksum_status == "bad"

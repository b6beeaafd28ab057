"""Building: what is overridden is covered by the checksum, what doesn't fit is refused, the right addresses count."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Any

import pytest

from dissectors import emit
from dissectors.build import Layer, build, layer
from dissectors.errors import EncodeError
from dissectors.icmpv6.header import Echo
from dissectors.ipv6.header import DestinationOptions, HomeAddress, Ipv6, RoutingType0
from dissectors.ipv6.link import Payload, Udp
from dissectors.mobility.binding import BindingUpdate
from dissectors.padding import padded
from dissectors.spec import Flags
from dissectors.walk import dissect

HEADER = Ipv6(source=bytes(15) + b"\x01", destination=bytes(15) + b"\x02")
UPDATE = padded(BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=60))


@pytest.mark.parametrize("override", [{"payload_proto": 58}, {"mh_type": 200}, {"header_length": 1}])
def test_the_checksum_covers_what_was_overridden(override: dict[str, int]) -> None:
    packet = dissect(build([layer(HEADER), layer(UPDATE, overrides=override)]))
    assert packet.datagrams[0].upper is not None
    assert packet.datagrams[0].upper.checksum_status == "good"


def test_a_given_checksum_stands() -> None:
    octets = build([layer(HEADER), layer(UPDATE, overrides={"checksum": 0x1234})])
    assert octets[44:46].hex() == "1234"
    assert build([layer(HEADER), layer(UPDATE.replace(checksum=7))], fix_checksum=False)[44:46].hex() == "0007"


def test_what_follows_a_mobility_header_is_not_covered() -> None:
    """RFC 6275, 6.1.1: the sum runs over the Mobility Header alone."""
    alone = build([layer(HEADER), layer(UPDATE)])
    rest = Layer(Payload.__declaration__, Payload(data=b"rest"), protocol=59)
    assert build([layer(HEADER), layer(UPDATE), rest])[40:56] == alone[40:56]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"header_length": 256}, "header_length = 256: its 8 bits can't hold it"),
        ({"sequence_number": -1}, "its 16 bits can't hold it"),
        ({"nonsense": 1}, "has no field 'nonsense'"),
    ],
)
def test_overrides_that_do_not_fit(overrides: dict[str, int], message: str) -> None:
    with pytest.raises(EncodeError, match=message):
        build([layer(HEADER), layer(UPDATE, overrides=overrides)])


@pytest.mark.parametrize("address", [IPv6Address("2001:db8::1"), "2001:db8::1", bytes(15), None, memoryview(bytes(16))])
def test_an_address_that_is_not_16_octets_is_told(address: Any) -> None:
    """In the header alone and under a message whose checksum covers it."""
    for ends in ({"source": address}, {"destination": address}):
        with pytest.raises(EncodeError, match=f"IPv6: {next(iter(ends))} can't be .*: give the address's 16 octets"):
            build([layer(HEADER.replace(**ends)), layer(UPDATE)])
        with pytest.raises(EncodeError, match="give the address's 16 octets"):
            emit(HEADER.replace(**ends))


def test_missing_padding_is_told_with_what_makes_it() -> None:
    """RFC 6275, 6.1.1 and 6.1.7: 6 octets of header and 6 of fields; 4 more make 16."""
    update = BindingUpdate(sequence_number=1, flags=Flags("AH"), lifetime_s=60)
    with pytest.raises(
        EncodeError, match=r"12 octets, not a multiple of 8: pad the options, as dissectors\.padding\.padded"
    ):
        emit(update)
    assert len(emit(padded(update))) == 16


def test_a_payload_that_is_too_long() -> None:
    with pytest.raises(EncodeError, match="too many for its length field"):
        build([layer(HEADER), layer(Echo(icmp_type=128, identifier=1, sequence_number=1, data=bytes(65536)))])


def test_a_sum_of_zero() -> None:
    """In UDP zero would say that there is none (RFC 8200, 8.1): 0xffff is sent. ICMPv6 sends 0 as it is."""
    # pseudo-header: addresses 1 + 2, length 10, protocol 17; ports 0 and 0, length 10: 1 + 2 + 10 + 17 + 10 = 40 = 0x28
    udp = Udp(source_port=0, destination_port=0)
    data = Layer(Payload.__declaration__, Payload(data=(0xFFFF - 40).to_bytes(2, "big")))
    assert build([layer(HEADER), layer(udp), data])[46:48].hex() == "ffff"
    # 1 + 2 + 10 + 58 + 0x8000 (type, code) + identifier and number 0: 0x8047
    echo = Echo(icmp_type=128, identifier=0, sequence_number=0, data=(0xFFFF - 0x8047).to_bytes(2, "big"))
    assert build([layer(HEADER), layer(echo)])[42:44].hex() == "0000"
    assert build([layer(HEADER), layer(echo.replace(checksum=0xFFFF))])[42:44].hex() == "ffff"  # the same sum, kept


@pytest.mark.parametrize(("left", "taken"), [(0, False), (1, True), (2, False)])
def test_a_routing_header_counts_while_segments_are_left(left: int, taken: bool) -> None:
    """One address listed: with no segment left it was reached; with two nobody goes by it (RFC 8200, 4.4)."""
    through = RoutingType0(segments_left=left, addresses=(bytes(15) + b"\x09",))
    packet = dissect(build([layer(HEADER), layer(through), layer(UPDATE)]))
    assert packet.layers[-1].checksum_status == ("unverified" if left > 1 else "good")
    assert (packet.datagrams[0].final_destination is not None) is taken


def test_a_checksum_is_made_with_the_first_home_address() -> None:
    """A packet has one at most (RFC 6275, 6.3); of two the builder takes the first, the walker leaves it open."""
    seven, eight = (HomeAddress(home_address=bytes(15) + bytes((n,))) for n in (7, 8))
    one, two = (
        build([layer(HEADER), layer(padded(DestinationOptions(options=options))), layer(UPDATE)])
        for options in ((seven,), (seven, eight))
    )
    assert (dissect(one).layers[-1].checksum_status, dissect(two).layers[-1].checksum_status) == ("good", "unverified")
    assert dissect(one).layers[-1].bytes == dissect(two).layers[-1].bytes
    assert dissect(two).datagrams[0].home_address == seven.home_address

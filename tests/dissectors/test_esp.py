"""ESP with NULL encryption is looked into only where what is inside proves itself (RFC 5879's problem)."""

from __future__ import annotations

import random

import pytest

from dissectors.build import Layer, build, layer
from dissectors.ipv6 import address
from dissectors.ipv6.header import DestinationOptions, Esp, HomeAddress, Ipv6, RoutingType2, UnknownRouting
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.padding import padded
from dissectors.spec import Flags
from dissectors.walk import dissect

COA, HOA, HA = (address.parse(text) for text in ("2001:db8:f1::99", "2001:db8::99", "2001:db8::1"))
UP, DOWN = Ipv6(source=COA, destination=HA), Ipv6(source=HA, destination=COA)
UPDATE = layer(padded(BindingUpdate(sequence_number=1, flags=Flags("AH"), lifetime_s=60)))
ANSWER = layer(padded(BindingAcknowledgement(status=0, sequence_number=1, lifetime_s=60)))
HOME_ADDRESS = layer(padded(DestinationOptions(options=(HomeAddress(home_address=HOA),))))
ROUTING = layer(RoutingType2(segments_left=1, home_address=HOA))
SEGMENTS = layer(UnknownRouting(routing_type=4, segments_left=1, data=bytes((1, 0, 0, 0)) + HOA + COA))


ICV_SIZES = {"HMAC-SHA-1-96": 12, "HMAC-SHA-256-128": 16, "HMAC-SHA-384-192": 24, "HMAC-SHA-512-256": 32, "none": 0}
"""Bits behind the algorithm's name, by 8: RFC 2404; RFC 4868, 2.6."""


def esp(icv: bytes = bytes(12)) -> Layer:
    """Two octets of padding, and authentication."""
    return layer(Esp(spi=256, sequence_number=1), esp=(b"\1\2", icv))


def test_headers_without_end_prove_nothing() -> None:
    packet = build([layer(UP), esp(), *[HOME_ADDRESS] * 2000, UPDATE])
    assert [view.type for view in dissect(packet).layers] == ["ipv6", "esp", "payload"]


@pytest.mark.parametrize(
    ("packet", "inside"),
    [
        ([layer(UP), esp(), UPDATE], ["binding_update"]),
        ([layer(UP), HOME_ADDRESS, esp(), UPDATE], ["binding_update"]),
        ([layer(UP), esp(), HOME_ADDRESS, UPDATE], ["destination_options", "binding_update"]),
        ([layer(DOWN), esp(), ROUTING, ANSWER], ["routing", "binding_acknowledgement"]),
        ([layer(DOWN), esp(), SEGMENTS, ANSWER], ["routing", "binding_acknowledgement"]),
        ([layer(UP), esp(), layer(DOWN), UPDATE], ["ipv6", "binding_update"]),
    ],
    ids=[
        "mobility",
        "behind the option",
        "the option inside",
        "the routing header inside",
        "segments inside",
        "a tunnel",
    ],
)
def test_what_proves_itself_is_shown(packet: list[Layer], inside: list[str]) -> None:
    octets = build(packet)
    shown = dissect(octets)
    types = [view.type for view in shown.layers]
    assert types[types.index("esp") + 1 :] == inside
    assert shown.datagrams[0].extensions[-1].type in ("esp", "destination_options", "routing") or inside[0] == "ipv6"


@pytest.mark.parametrize("size", ICV_SIZES.values(), ids=ICV_SIZES)
@pytest.mark.parametrize("octet", [b"\0", b"\1", b"\x87"])
def test_authentication_of_each_size(size: int, octet: bytes) -> None:
    """Whatever its octets are: they are never taken for a trailer."""
    shown = dissect(build([layer(UP), HOME_ADDRESS, esp(octet * size), UPDATE]))
    inside = next(view for view in shown.layers if view.type == "esp")
    assert (inside.extra["padding"], inside.extra["icv"]) == ("0102", octet.hex() * size)
    assert shown.layers[-1].type == "binding_update"


def test_encrypted_octets_stay_closed() -> None:
    """Random ones, and as the end of each size of authentication a trailer that is right in all but the sum."""
    draw, headers = random.Random(4303), build([layer(UP), esp(), UPDATE])[:48]
    for _ in range(400):
        payload = bytearray(draw.randbytes(120))
        for size in ICV_SIZES.values():
            end = len(payload) - size
            payload[end - 4 : end] = b"\1\2\2\x87"  # padding, its length, a Mobility Header
        octets = headers[:4] + (8 + len(payload)).to_bytes(2) + headers[6:] + payload
        assert [view.type for view in dissect(octets).layers] == ["ipv6", "esp", "payload"]


@pytest.mark.parametrize(
    "first",
    [
        bytes([135, 2, 1, 4, 0, 0, 0, 0]),  # padding alone
        bytes([135, 2, 0, 1, 0, 0, 0, 0]),  # routing of type 0
        bytes([58, 2, 1, 2, 0, 0, 201, 16]),  # the option, and then an echo whose sum is wrong
    ],
)
def test_what_proves_nothing_stays_closed(first: bytes) -> None:
    """The next header says destination options or routing, but what stands there isn't what we know."""
    octets = bytearray(build([layer(UP), esp(), HOME_ADDRESS, UPDATE]))
    octets[48:56] = first
    assert [view.type for view in dissect(bytes(octets)).layers] == ["ipv6", "esp", "payload"]


@pytest.mark.parametrize("cut", [1, 13, 20])
def test_what_is_short_stays_closed(cut: int) -> None:
    octets = bytearray(build([layer(UP), esp(), UPDATE])[:-cut])
    octets[4:6] = (len(octets) - 40).to_bytes(2)
    assert [view.type for view in dissect(bytes(octets)).layers] == ["ipv6", "esp", "payload"]

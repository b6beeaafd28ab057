"""ESP with NULL encryption is looked into only where what is inside proves itself (RFC 5879's problem)."""

from __future__ import annotations

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


def esp() -> Layer:
    """Two octets of padding, 12 of authentication."""
    return layer(Esp(spi=256, sequence_number=1), esp=(b"\1\2", bytes(12)))


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

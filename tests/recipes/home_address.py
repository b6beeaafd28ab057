"""Examples for the rules of the Home Address option."""

import struct

from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    CARE2,
    HOME,
    PEER,
    home_address_option,
    ip,
    ipv6,
    routing_header,
)
from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.mobility_header import REGISTRATION, UPDATE_BODY, header
from tests.recipes.packets import binding_error, echo_reply, echo_request, icmp_packet, icmpv6

HOME2 = ip("2001:db8:1::200")
"""Another mobile node's home address."""
ECHO = struct.pack(">HH", 1, 1)
"""Identifier and sequence number."""


def update(options: bytes) -> bytes:
    """The registration's update behind these destination options (with their header)."""
    return ipv6(CARE1, AGENT, 60, options + header(5, UPDATE_BODY, HOME, AGENT))


def to_another_mobile_node(*, option_first: bool) -> bytes:
    """Route-optimised from one mobile node to another, with the two headers in one order or the other."""
    echo = icmpv6(128, 0, ECHO, HOME, HOME2)
    if option_first:
        return ipv6(CARE1, CARE2, 60, home_address_option(HOME, 43) + routing_header(HOME2, 58) + echo)
    return ipv6(CARE1, CARE2, 43, routing_header(HOME2, 60) + home_address_option(HOME, 58) + echo)


def from_care_of_address(home: bytes, number: int = 1) -> bytes:
    """An echo request to the correspondent with this home address."""
    return icmp_packet(128, struct.pack(">HH", 1, number), CARE1, PEER, home_option=home)


#: Next header, 24 octets; the option; padding behind it instead of before it.
EARLY = bytes((135, 2, 201, 16)) + HOME + b"\x01\x02\x00\x00"
#: Next header, 48 octets; padding to 8n+6 before each of two options.
TWICE = bytes((135, 5, 1, 2, 0, 0, 201, 16)) + HOME + bytes((1, 4, 0, 0, 0, 0, 201, 16)) + HOME
BETWEEN_MOBILE_NODES: tuple[Packet, ...] = ((0.0, to_another_mobile_node(option_first=False)),)
OPTIMISED: tuple[Packet, ...] = ((0.0, from_care_of_address(HOME)),)
#: The correspondent has no binding and says so; the mobile node asks once more.
DENIED: tuple[Packet, ...] = (
    (0.0, echo_request(AGENT, PEER)),
    (5.0, from_care_of_address(HOME)),
    (5.02, binding_error()),
    (5.2, from_care_of_address(HOME, 2)),
    (5.22, binding_error()),
)
AT_HOME: tuple[Packet, ...] = ((0.0, echo_request(HOME, PEER)),)

EXAMPLES = [
    Example(
        rule="MIP6-HAO-001",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, update(EARLY)),
        keeps="Four octets of padding move the option to octet 6 of its header, the address to octet 8.",
        breaks="The padding stands behind the option, which so begins at octet 2.",
        at=(1,),
    ),
    Example(
        rule="MIP6-HAO-002",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, update(TWICE)),
        keeps="The update has one Home Address option.",
        breaks="Its destination options hold two of them.",
        at=(1,),
    ),
    Example(
        rule="MIP6-HAO-003",
        clean=BETWEEN_MOBILE_NODES,
        broken=with_frame(BETWEEN_MOBILE_NODES, 1, to_another_mobile_node(option_first=True)),
        keeps="From one mobile node to another: first the routing header with the receiver's home address, then the "
        "Home Address option of the sender.",
        breaks="The Home Address option stands before the routing header.",
        at=(1,),
    ),
    Example(
        rule="MIP6-HAO-004",
        clean=OPTIMISED,
        broken=with_frame(OPTIMISED, 1, from_care_of_address(ip("fe80::100"))),
        keeps="The Home Address option holds a global address.",
        breaks="It holds a link-local address, which the correspondent can't answer to.",
        at=(1,),
    ),
    Example(
        rule="MIP6-HAO-006",
        clean=DENIED,
        broken=with_frame(DENIED, 5, echo_reply(PEER, HOME, 2)),
        keeps="The correspondent has no binding, so it answers both echo requests with a Binding Error.",
        breaks="It answers the second echo request to the home address, though no update came since its Binding Error.",
        at=(5,),
    ),
    Example(
        rule="MIP6-HAO-007",
        clean=AT_HOME,
        broken=with_frame(AT_HOME, 1, icmp_packet(128, ECHO, HOME, PEER, home_option=HOME)),
        keeps="At home the mobile node sends from its home address, like any node.",
        breaks="It adds a Home Address option with the same address.",
        at=(1,),
    ),
]

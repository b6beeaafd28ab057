"""Examples for the rules of the type 2 routing header."""

import struct

from tests.mhatool.scenes import CARE1, HOME, PEER, ip, ipv6, routing_header
from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.mobility_header import REGISTRATION
from tests.recipes.packets import ba, icmp_packet, icmpv6

ECHO = struct.pack(">HH", 1, 1)
"""Identifier and sequence number."""


def behind(headers: bytes) -> bytes:
    """An echo request of the correspondent to the mobile node, behind these routing headers."""
    return ipv6(PEER, CARE1, 43, headers + icmpv6(128, 0, ECHO, PEER, HOME))


OPTIMISED: tuple[Packet, ...] = ((0.0, behind(routing_header(HOME, 58))),)
RESERVED_SET = bytes((58, 2, 2, 1, 0, 0, 0, 1)) + HOME

EXAMPLES = [
    Example(
        rule="MIP6-RH2-001",
        clean=OPTIMISED,
        broken=with_frame(OPTIMISED, 1, behind(RESERVED_SET)),
        keeps="The routing header has Hdr Ext Len 2, Segments Left 1, and its reserved octets are zero.",
        breaks="The last one of its reserved octets is 1.",
        at=(1,),
    ),
    Example(
        rule="MIP6-RH2-002",
        clean=OPTIMISED,
        broken=with_frame(OPTIMISED, 1, icmp_packet(128, ECHO, PEER, CARE1, routed=ip("fe80::100"))),
        keeps="The routing header holds the mobile node's home address, a global one.",
        breaks="It holds a link-local address.",
        at=(1,),
    ),
    Example(
        rule="MIP6-RH2-003",
        clean=OPTIMISED,
        broken=with_frame(OPTIMISED, 1, behind(routing_header(HOME, 43) + routing_header(HOME, 58))),
        keeps="The packet has one type 2 routing header.",
        breaks="It has two.",
        at=(1,),
    ),
    Example(
        rule="MIP6-RH2-005",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(home=None)),
        keeps="The acknowledgement to the care-of address carries the home address in a type 2 routing header.",
        breaks="It goes to the care-of address without a routing header.",
        at=(2,),
    ),
]

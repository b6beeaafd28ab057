"""Examples for what a receiver says to a Mobility Header that it can't use."""

import struct

from tests.mhatool.scenes import CARE1, PEER, ipv6
from tests.recipes.example import Example, Packet, with_frame, without_frame
from tests.recipes.mobility_header import REGISTRATION, header
from tests.recipes.packets import COOKIE2, ba, binding_error, carried, echo_reply, echo_request, home_bu, icmp_packet

UNASSIGNED = 200
"""A Mobility Header type that IANA hasn't assigned."""


def unknown_message() -> bytes:
    return carried(UNASSIGNED, bytes(10), CARE1, PEER)


def piggybacked_init() -> bytes:
    """A Care-of Test Init with a payload protocol, UDP."""
    return ipv6(CARE1, PEER, 135, header(2, bytes(2) + COOKIE2, CARE1, PEER, payload_proto=17))


def parameter_problem(pointer: int, quoted: bytes, code: int = 0) -> bytes:
    """The correspondent complains about what the mobile node sent from its care-of address."""
    return icmp_packet(4, struct.pack(">I", pointer) + quoted, PEER, CARE1, code=code)


def without_checksum(update: bytes) -> bytes:
    """Behind 40 octets of IPv6 and 24 of destination options, the Mobility Header's checksum is at octet 4."""
    return update[:68] + bytes(2) + update[70:]


#: Two tries; the second one is answered. An echo shows that the correspondent's packets pass here.
TRIES: tuple[Packet, ...] = (
    (0.0, unknown_message()),
    (2.0, unknown_message()),
    (2.02, binding_error(2, home=bytes(16))),
    (4.0, echo_request(CARE1, PEER)),
    (4.02, echo_reply(PEER, CARE1)),
)
COMPLAINT: tuple[Packet, ...] = ((0.0, piggybacked_init()), (0.02, parameter_problem(40, piggybacked_init())))
REFRESHED: tuple[Packet, ...] = ((50.0, home_bu(seq=2)), (50.1, ba(seq=2)))
_SUBJECT = "The Care-of Test Init with a payload protocol is what the rule is about."

EXAMPLES = [
    Example(
        rule="MIP6-MH-006",
        clean=TRIES,
        broken=without_frame(TRIES, 3),
        keeps="The correspondent answers type 200, which no standard assigns, with a Binding Error, status 2.",
        breaks="It says nothing to either message of type 200, but answers an echo request.",
        at=(2,),
    ),
    Example(
        rule="MIP6-MH-007",
        clean=COMPLAINT,
        broken=with_frame(COMPLAINT, 2, parameter_problem(46, piggybacked_init())),
        keeps="The correspondent's Parameter Problem points at the payload protocol, octet 40 of the packet.",
        breaks="It points at octet 46, behind the checksum.",
        at=(2,),
        also={"MIP6-MH-002": _SUBJECT},
        clean_also={"MIP6-MH-002": _SUBJECT},
    ),
    Example(
        rule="MIP6-MH-008",
        clean=REGISTRATION + REFRESHED,
        broken=(
            (0.0, without_checksum(home_bu())),
            REGISTRATION[1],
            (50.0, without_checksum(home_bu(seq=2))),
            REFRESHED[1],
        ),
        keeps="The updates' checksums are right, so the home agent acknowledges them.",
        breaks="The updates' checksums are 0; the home agent acknowledges them all the same.",
        at=(2, 4),
        also={"MIP6-MH-001": "The wrong checksums are what the home agent should have noticed."},
    ),
]

"""Examples for the rules of mobility options."""

import struct

from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER
from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.mobility_header import REGISTRATION
from tests.recipes.packets import alternate, authorization, ba, carried, home_bu, nonce_indices, refresh_advice

#: An acknowledgement's fields: status 0, no flags, sequence number 1, 60 s.
ACCEPTED = struct.pack(">BBHH", 0, 0, 1, 15)


def acknowledgement(options: bytes) -> bytes:
    """With these octets behind its fields, just as they are."""
    return carried(6, ACCEPTED + options, AGENT, CARE1, routed=HOME)


ADVISED: tuple[Packet, ...] = ((0.0, home_bu()), (0.1, ba(refresh_advice(32))))
AUTHORIZED: tuple[Packet, ...] = ((0.0, ba(authorization(), source=PEER)),)
IDENTIFIER = (8, b"\x01mn@example.org", (1, 0))
"""A Mobile Node Identifier (RFC 4283)."""
UNASSIGNED = (200, bytes(2), (1, 0))

EXAMPLES = [
    Example(
        rule="MIP6-OPT-001",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, acknowledgement(b"\x01\x06\x00\x00")),
        keeps="The acknowledgement's padding ends where the Mobility Header ends.",
        breaks="The length of the same padding says four octets more.",
        at=(2,),
    ),
    Example(
        rule="MIP6-OPT-002",
        clean=REGISTRATION,
        broken=with_frame(
            REGISTRATION,
            1,
            carried(
                5,
                struct.pack(">HHH", 1, 0xC000, 15) + b"\x03\x10" + CARE1 + b"\x01\x00",
                CARE1,
                AGENT,
                home_option=HOME,
            ),
        ),
        keeps="Two octets of padding move the Alternate Care-of Address to octet 14, which is 8n+6.",
        breaks="The padding stands behind the Alternate Care-of Address, which so begins at octet 12.",
        at=(1,),
    ),
    Example(
        rule="MIP6-OPT-003",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, acknowledgement(b"\x01\x02\xca\xfe")),
        keeps="The octets of the acknowledgement's padding are zero.",
        breaks="The octets of the same padding are ca fe.",
        at=(2,),
    ),
    Example(
        rule="MIP6-OPT-004",
        clean=ADVISED,
        broken=with_frame(ADVISED, 1, home_bu(refresh_advice(32))),
        keeps="The home agent's acknowledgement advises to refresh after 32 of the 60 seconds.",
        breaks="The update carries a Binding Refresh Advice as well.",
        at=(1,),
    ),
    Example(
        rule="MIP6-OPT-005",
        clean=ADVISED,
        broken=with_frame(ADVISED, 2, ba(refresh_advice(60))),
        keeps="The home agent advises to refresh after 32 of the 60 seconds of the lifetime.",
        breaks="It advises to refresh after 60 seconds, when the binding is gone.",
        at=(2,),
    ),
    Example(
        rule="MIP6-OPT-006",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(alternate(CARE1))),
        keeps="The Alternate Care-of Address stands in the update.",
        breaks="The acknowledgement repeats it.",
        at=(2,),
    ),
    Example(
        rule="MIP6-OPT-007",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(nonce_indices(1, 1))),
        keeps="The home agent's acknowledgement has no Nonce Indices.",
        breaks="It carries Nonce Indices, which only an update to a correspondent has.",
        at=(2,),
    ),
    Example(
        rule="MIP6-OPT-008",
        clean=AUTHORIZED,
        broken=with_frame(AUTHORIZED, 1, ba(authorization(), IDENTIFIER, source=PEER)),
        keeps="The correspondent's acknowledgement ends with its Authorization Data.",
        breaks="A Mobile Node Identifier follows the Authorization Data, which don't cover it.",
        at=(1,),
    ),
    Example(
        rule="MIP6-OPT-009",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(UNASSIGNED)),
        keeps="All options of both messages have a type that a standard assigns.",
        breaks="The acknowledgement has an option of type 200, which no standard assigns.",
        at=(2,),
    ),
    Example(
        rule="MIP6-OPT-010",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, home_bu(alternate(CARE1))),
        keeps="The update has one Alternate Care-of Address.",
        breaks="The update has it twice.",
        at=(1,),
    ),
]

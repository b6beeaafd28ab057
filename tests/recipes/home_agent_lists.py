"""Examples for the Multiple Home Agents mechanism in single updates, and for protocols around Mobile IPv6."""

import struct

from tests.mhatool.scenes import AGENT, AGENT2, CARE1, ip
from tests.recipes.binding_updates import REGISTRATION
from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.packets import Option, alternate, ba, bu, multiple_home_agents

AGENT3 = ip("2001:db8:1::3")
BOTH = (AGENT, AGENT2)
ALL = (AGENT, AGENT2, AGENT3)
NTP_2026 = (1_767_225_600 + 2_208_988_800) << 32
"""2026-01-01T00:00:00Z as an NTP time stamp."""


def round_of(*agents: bytes, flags: str = "AHM", option: Option | None = None) -> tuple[Packet, ...]:
    """One update to each agent in the same instant, with a list of all (or another option), and the answers."""
    listed = option or multiple_home_agents(*agents)
    updates = [(0.0, bu(alternate(CARE1), listed, to=agent, flags=flags)) for agent in agents]
    return (*updates, *((1.1, ba(source=agent)) for agent in agents))


def authentication(remainder: int) -> Option:
    """RFC 4285's option of 19 octets: subtype 1, SPI 256, a hash of 12 octets; its place is 8n + `remainder`."""
    return 9, struct.pack(">BI", 1, 256) + bytes(range(12)), (8, remainder)


def replay_protection(seconds: int) -> Option:
    return 10, (NTP_2026 + (seconds << 32)).to_bytes(8), (8, 2)


ROUND = round_of(*BOTH)
PROVEN: tuple[Packet, ...] = (
    (0.0, bu(alternate(CARE1), replay_protection(0), authentication(5))),
    (1.1, ba(authentication(5))),
)
BINDING_IDENTIFIER: Option = (35, struct.pack(">HBB", 1, 0, 0), (2, 0))

EXAMPLES = [
    Example(
        rule="MHA-001",
        clean=ROUND,
        broken=round_of(*BOTH, flags="AH"),
        keeps="The mobile node registers with two home agents at once, each update with M and the list of both.",
        breaks="The updates carry the list, but not the M flag.",
        at=(1, 2),
    ),
    Example(
        rule="MHA-002",
        clean=ROUND,
        broken=round_of(*BOTH, option=(18, AGENT + AGENT2 + bytes(8), (8, 6))),
        keeps="The list has 32 octets: two home agents.",
        breaks="The list has 40 octets, which is no number of addresses.",
        at=(1, 2),
    ),
    Example(
        rule="MHA-003",
        clean=ROUND,
        broken=round_of(*BOTH, option=multiple_home_agents(AGENT, AGENT2, AGENT2)),
        keeps="The list names two different home agents.",
        breaks="The list names the second home agent twice.",
        at=(1, 2),
    ),
    Example(
        rule="MHA-004",
        clean=round_of(*ALL),
        broken=round_of(*ALL, option=multiple_home_agents(AGENT2, AGENT3)),
        keeps="Three home agents get the same list, each finds itself in it.",
        breaks="The list leaves out the first home agent, which gets it all the same.",
        at=(1,),
    ),
    Example(
        rule="MHA-005",
        clean=ROUND,
        broken=round_of(*BOTH, flags="AM"),
        keeps="The updates with the list are home registrations: A, H and M.",
        breaks="The H flag is missing, so the list goes to nodes that aren't asked to be home agents.",
        at=(1, 2),
    ),
    Example(
        rule="X-001",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, bu(flags="AM")),
        keeps="A plain home registration.",
        breaks="The update has M without H and without a list: a registration at an anchor point of HMIPv6.",
        at=(1,),
    ),
    Example(
        rule="X-003",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, bu(alternate(CARE1), BINDING_IDENTIFIER)),
        keeps="A registration of one care-of address.",
        breaks="The update has a Binding Identifier: this is one of several care-of addresses.",
        at=(1,),
    ),
    Example(
        rule="X-004",
        clean=PROVEN,
        broken=with_frame(PROVEN, 1, bu(alternate(CARE1), replay_protection(0), authentication(1))),
        keeps="The authentication option ends the message; padding stands before it.",
        breaks="Four octets of padding stand behind the authentication option, where the hash doesn't cover them.",
        at=(1,),
    ),
    Example(
        rule="X-005",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, bu(alternate(CARE1), flags="AHR")),
        keeps="A mobile node registers itself.",
        breaks="The R flag is set: a mobile router registers, with the network behind it.",
        at=(1,),
    ),
    Example(
        rule="X-006",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, bu(alternate(CARE1), flags="AHP")),
        keeps="A mobile node registers itself.",
        breaks="The P flag is set: a gateway registers in the mobile node's place.",
        at=(1,),
    ),
]

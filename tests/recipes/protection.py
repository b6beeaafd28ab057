"""Examples for IPsec around signalling, and for messages about home agents."""

from tests.mhatool.scenes import AGENT, AGENT2, CARE1, HOME
from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.packets import (
    agent_switch,
    care_of_test_init,
    home_bu,
    home_test_init,
    icmp_packet,
    unreachable,
)
from tests.recipes.protected import home_address_inside_esp, in_esp, registration, to_agent

REGISTRATION: tuple[Packet, ...] = registration()
TESTED = (*REGISTRATION, (0.5, to_agent(home_test_init())), (0.51, care_of_test_init()))
#: With the agent that later says which other one is gone.
ALARMED: tuple[Packet, ...] = (*registration(agent=AGENT2), (5.0, unreachable()))
SWITCHED: tuple[Packet, ...] = (*REGISTRATION, (5.0, in_esp(agent_switch(AGENT2))))
UNREACHABLE: tuple[Packet, ...] = ((0.0, unreachable()),)
#: Type 154 with FMIPv6's subtype 2 and the new access point's link-layer address (option 19).
SOLICITATION_FOR_PROXY = icmp_packet(
    154, bytes((2, 0, 0, 5)) + bytes((19, 2, 1)) + bytes.fromhex("020000000001") + bytes(7), AGENT2, CARE1, routed=HOME
)


def with_reserved_octet(packet: bytes) -> bytes:
    """1 in the octet behind the number of addresses; the checksum is less by that."""
    checksum = int.from_bytes(packet[68:70]) - 1
    return packet[:68] + checksum.to_bytes(2) + packet[70:71] + b"\x01" + packet[72:]


EXAMPLES = [
    Example(
        rule="MIP6-SEC-001",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, home_bu()),
        keeps="Update and answer are in ESP with NULL encryption and an integrity check value.",
        breaks="The update is in clear.",
        at=(1,),
    ),
    Example(
        rule="MIP6-SEC-002",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, home_address_inside_esp(home_bu())),
        keeps="Before ESP stand the Home Address option of the update and the routing header of its answer.",
        breaks="The Home Address option of the update stands inside ESP.",
        at=(1,),
    ),
    Example(
        rule="MIP6-SEC-003",
        clean=TESTED,
        broken=with_frame(TESTED, 3, to_agent(home_test_init(), protected=False)),
        keeps="The Home Test Init is in ESP, tunnel mode, on its way to the home agent.",
        breaks="The Home Test Init is in a tunnel in clear.",
        at=(3,),
    ),
    Example(
        rule="MHA-017",
        clean=UNREACHABLE,
        broken=with_frame(UNREACHABLE, 1, unreachable(AGENT + AGENT2[:8])),
        keeps="Home Agent Unreachable names one home agent in 16 octets.",
        breaks="Half an address follows the first one.",
        at=(1,),
    ),
    Example(
        rule="MHA-022",
        clean=ALARMED,
        broken=with_frame(ALARMED, 3, icmp_packet(154, unreachable()[68:], AGENT2, CARE1)),
        keeps="Home Agent Unreachable goes to the care-of address with the home address in a type 2 routing header.",
        breaks="It goes to the care-of address without routing header.",
        at=(3,),
    ),
    Example(
        rule="HARP-001",
        clean=SWITCHED,
        broken=with_frame(SWITCHED, 3, in_esp(with_reserved_octet(agent_switch(AGENT2)))),
        keeps="The octet behind the number of addresses is 0.",
        breaks="The octet behind the number of addresses is 1.",
        at=(3,),
    ),
    Example(
        rule="HARP-004",
        clean=SWITCHED,
        broken=with_frame(SWITCHED, 3, agent_switch(AGENT2)),
        keeps="The home agent sends Home Agent Switch under ESP.",
        breaks="The home agent sends Home Agent Switch in clear.",
        at=(3,),
    ),
    Example(
        rule="X-002",
        clean=UNREACHABLE,
        broken=with_frame(UNREACHABLE, 1, SOLICITATION_FOR_PROXY),
        keeps="ICMPv6 type 154 with 0 behind the checksum is Home Agent Unreachable.",
        breaks="ICMPv6 type 154 with 2 behind the checksum is a message of FMIPv6, which is no fault.",
        at=(1,),
    ),
]

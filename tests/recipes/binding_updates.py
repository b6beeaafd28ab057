"""Examples for the rules of Binding Updates."""

import struct

from tests.mhatool.scenes import CARE1, HOME, PEER, internet_checksum, ip
from tests.recipes.correspondent import TESTED, peer_bu
from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.packets import alternate, ba, bu, home_bu, icmp_packet, nonce_indices

MOBILITY = 64
"""Where the Mobility Header begins behind a Home Address option."""
EUI64 = bytes.fromhex("024026fffe4c51fd")
STABLE_HOME = HOME[:8] + EUI64
"""A home address made of a link-layer address."""
OTHER_HOME = ip("2001:db8:1::200")
REGISTRATION: tuple[Packet, ...] = ((0.0, home_bu()), (1.1, ba()))
CORRESPONDENT: tuple[Packet, ...] = (*TESTED, (1.5, peer_bu(flags="")))


def with_bits(packet: bytes, offset: int, octets: bytes) -> bytes:
    """Octets of the Mobility Header replaced, its checksum made right again, behind a Home Address option."""
    at = MOBILITY + offset
    changed = packet[:at] + octets + packet[at + len(octets) :]
    message = changed[MOBILITY : MOBILITY + 4] + bytes(2) + changed[MOBILITY + 6 :]
    check = internet_checksum(changed[48:64], changed[24:40], 135, message)
    return changed[: MOBILITY + 4] + check.to_bytes(2) + changed[MOBILITY + 6 :]


def neighbor_solicitation(source: bytes, target: bytes) -> bytes:
    group = ip("ff02::1:ff00:0")[:13] + target[13:]
    link_layer = bytes.fromhex("0101 0040 264c 51fd")
    return icmp_packet(135, bytes(4) + target + link_layer, source, group, hop_limit=255)


STABLE: tuple[Packet, ...] = (
    (0.0, neighbor_solicitation(ip("fe80::")[:8] + EUI64, ip("fe80::1"))),
    (0.5, bu(alternate(CARE1), home=STABLE_HOME, flags="AHL")),
    (1.6, ba(home=STABLE_HOME)),
)
RETURN: tuple[Packet, ...] = (
    *REGISTRATION,
    (30.0, bu(alternate(HOME), source=HOME, home=None, seq=2, life=0)),
    (30.1, ba(to=HOME, home=None, seq=2, life=0)),
)
CIRCLE: tuple[Packet, ...] = (
    (0.0, bu(alternate(HOME), source=HOME, home=OTHER_HOME)),
    (1.1, ba(to=HOME, home=OTHER_HOME)),
    (5.0, home_bu()),
)
FROM_ABROAD: tuple[Packet, ...] = (
    *REGISTRATION,
    (30.0, bu(alternate(HOME), seq=2, life=0)),
    (30.1, ba(seq=2, life=0)),
)

EXAMPLES = [
    Example(
        rule="MIP6-BU-001",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, bu(alternate(CARE1), flags="H")),
        keeps="The mobile node registers at its home agent with the flags A and H, and gets its acknowledgement.",
        breaks="The A flag is missing: the mobile node doesn't ask whether it is registered.",
        at=(1,),
    ),
    Example(
        rule="MIP6-BU-002",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, bu(alternate(CARE1), home=None)),
        keeps="The update comes from the care-of address and names the home address in a Home Address option.",
        breaks="The Home Address option is missing: nobody knows whose care-of address this is.",
        at=(1,),
    ),
    Example(
        rule="MIP6-BU-003",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, bu()),
        keeps="The care-of address stands in an Alternate Care-of Address option too, where ESP would protect it.",
        breaks="There is no such option: the care-of address is only the source of the packet.",
        at=(1,),
    ),
    Example(
        rule="MIP6-BU-004",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, with_bits(home_bu(), 8, struct.pack(">H", 0xC001))),
        keeps="Of the flags word only A and H are set.",
        breaks="The last bit of the flags word is set, which has no meaning.",
        at=(1,),
    ),
    Example(
        rule="MIP6-BU-005",
        clean=CORRESPONDENT,
        broken=with_frame(CORRESPONDENT, 7, peer_bu(flags="K")),
        keeps="After both tests the mobile node registers at a correspondent, without the K flag.",
        breaks="The update to the correspondent has the K flag, which is about keys shared with a home agent.",
        at=(7,),
    ),
    Example(
        rule="MIP6-BU-006",
        clean=STABLE,
        broken=with_frame(STABLE, 2, bu(alternate(CARE1), home=STABLE_HOME)),
        keeps="Home address and link-local address have one interface identifier, and the update says so by L.",
        breaks="The L flag is missing, so nobody defends the link-local address at home.",
        at=(2,),
    ),
    Example(
        rule="MIP6-BU-007",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 1, home_bu(nonce_indices(1, 1))),
        keeps="The home registration has no Nonce Indices: home agents give out no nonces.",
        breaks="The home registration has Nonce Indices; a home agent discards it silently.",
        at=(1,),
    ),
    Example(
        rule="MIP6-BU-008",
        clean=FROM_ABROAD,
        broken=with_frame(FROM_ABROAD, 3, bu(alternate(HOME), seq=2, life=60)),
        keeps="The mobile node deletes its binding from abroad: lifetime 0, the home address as care-of address.",
        breaks="The care-of address is the home address, but the lifetime 60 s: that means deletion all the same.",
        at=(3,),
    ),
    Example(
        rule="MIP6-BU-012",
        clean=CIRCLE,
        broken=with_frame(CIRCLE, 3, home_bu(source=OTHER_HOME)),
        keeps="One mobile node stays at the other one's home address; that one is away at an address of its own.",
        breaks="Each is away at the other one's home address: packets to them would circle for ever.",
        at=(3,),
    ),
    Example(
        rule="MIP6-BU-013",
        clean=CORRESPONDENT,
        broken=with_frame(CORRESPONDENT, 7, bu(to=PEER, flags="")),
        keeps="The update to the correspondent has Nonce Indices and Authorization Data made of both tokens.",
        breaks="The update to the correspondent proves nothing: both options are missing.",
        at=(7,),
    ),
    Example(
        rule="MIP6-LIFE-003",
        clean=with_frame(CORRESPONDENT, 7, peer_bu(flags="", life=420)),
        broken=with_frame(CORRESPONDENT, 7, peer_bu(flags="", life=424)),
        keeps="The mobile node asks the correspondent for 420 s, the most that it can get.",
        breaks="The mobile node asks the correspondent for 424 s.",
        at=(7,),
    ),
    Example(
        rule="MIP6-DEREG-001",
        clean=RETURN,
        broken=with_frame(RETURN, 3, bu(alternate(CARE1), source=HOME, home=None, seq=2, life=0)),
        keeps="Back home the mobile node deletes its binding from its home address, named as care-of address too.",
        breaks="The deletion comes from the home address but names the old care-of address.",
        at=(3,),
    ),
]

"""Examples for the rules of the Mobility Header as such."""

import struct

from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, home_address_option, internet_checksum, ipv6, routing_header
from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.packets import ba, carried, home_bu, refresh_request

#: A home registration and its answer.
REGISTRATION: tuple[Packet, ...] = ((0.0, home_bu()), (0.1, ba()))
#: A correspondent asks the mobile node for a new update, at its home address.
REFRESH: tuple[Packet, ...] = ((0.0, refresh_request()),)
#: Sequence number 1, flags A and H, 60 s, PadN, Alternate Care-of Address.
UPDATE_BODY = struct.pack(">HHH", 1, 0xC000, 15) + b"\x01\x00\x03\x10" + CARE1
#: Status 0, no flags, sequence number 1, 60 s, PadN.
ACKNOWLEDGEMENT_BODY = struct.pack(">BBHH", 0, 0, 1, 15) + b"\x01\x02\x00\x00"


def header(
    kind: int,
    body: bytes,
    source: bytes,
    destination: bytes,
    *,
    payload_proto: int = 59,
    header_length: int | None = None,
    reserved: int = 0,
) -> bytes:
    """A Mobility Header with any of its first octets as told; its checksum covers what Header Len says."""
    length = (len(body) + 6) // 8 - 1 if header_length is None else header_length
    octets = bytes((payload_proto, length, kind, reserved, 0, 0)) + body
    stated = octets[: (length + 1) * 8]
    return octets[:4] + internet_checksum(source, destination, 135, stated).to_bytes(2) + octets[6:]


def answer(message: bytes) -> bytes:
    """What the agent sends to the mobile node at its care-of address, in a type 2 routing header."""
    return ipv6(AGENT, CARE1, 43, routing_header(HOME, 135) + message)


def acknowledgement(*, payload_proto: int = 59, header_length: int | None = None, reserved: int = 0) -> bytes:
    """The acknowledgement of the registration with another first octet, length or reserved octet."""
    return answer(
        header(
            6,
            ACKNOWLEDGEMENT_BODY,
            AGENT,
            HOME,
            payload_proto=payload_proto,
            header_length=header_length,
            reserved=reserved,
        )
    )


def fragments(identification: int = 1) -> tuple[bytes, bytes]:
    """The update of the registration in two pieces, 16 octets of the Mobility Header each."""
    message = header(5, UPDATE_BODY, HOME, AGENT)
    pieces = []
    for offset in (0, 16):
        more = int(offset == 0)
        fragment = struct.pack(">BBHI", 135, 0, offset | more, identification)
        payload = home_address_option(HOME, 44) + fragment + message[offset : offset + 16]
        pieces.append(ipv6(CARE1, AGENT, 60, payload))
    return pieces[0], pieces[1]


EXAMPLES = [
    Example(
        rule="MIP6-MH-001",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba()[:68] + bytes(2) + ba()[70:]),
        keeps="Both checksums are right: the Home Address option and the routing header give the home address.",
        breaks="The acknowledgement's checksum is 0.",
        at=(2,),
    ),
    Example(
        rule="MIP6-MH-002",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, acknowledgement(payload_proto=58)),
        keeps="The payload protocol of both messages is 59: nothing follows.",
        breaks="The acknowledgement's payload protocol is 58, as if ICMPv6 followed.",
        at=(2,),
    ),
    Example(
        rule="MIP6-MH-003",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, answer(header(6, ACKNOWLEDGEMENT_BODY, AGENT, HOME) + bytes(8))),
        keeps="Header Len of both messages says as many octets as the IPv6 payload has left.",
        breaks="Eight more octets follow the acknowledgement, which its Header Len doesn't count.",
        at=(2,),
    ),
    Example(
        rule="MIP6-MH-004",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, acknowledgement(header_length=0)),
        keeps="Header Len of the acknowledgement is 1, sixteen octets: room for its fields.",
        breaks="Header Len of the acknowledgement is 0, so its sequence number and lifetime lie outside.",
        at=(2,),
    ),
    Example(
        rule="MIP6-MH-005",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, acknowledgement(reserved=1)),
        keeps="The octet behind the type is 0 in both messages.",
        breaks="The octet behind the type is 1 in the acknowledgement.",
        at=(2,),
    ),
    Example(
        rule="MIP6-MH-009",
        clean=REFRESH,
        broken=with_frame(REFRESH, 1, carried(0, bytes(2), PEER, CARE1, routed=HOME)),
        keeps="The correspondent sends its Binding Refresh Request to the home address; the home agent tunnels it.",
        breaks="It sends it to the care-of address, with the home address in a type 2 routing header.",
        at=(1,),
    ),
    Example(
        rule="MIP6-MH-010",
        clean=REGISTRATION,
        broken=((0.0, fragments()[0]), (0.01, fragments()[1]), REGISTRATION[1]),
        keeps="The update is a packet of 96 octets in one piece.",
        breaks="The same update comes in two fragments; the second one completes it.",
        at=(2,),
    ),
]

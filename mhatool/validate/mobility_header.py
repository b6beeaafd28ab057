"""Rules for the Mobility Header as such (RFC 6275, 6.1.1 and 9.2)."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.ipv6.checksum import checksum
from mhatool.validate.rule import EVERY_MOBILITY_MESSAGE, Breach, Case, rule

NO_NEXT_HEADER = 59
_HEADER = "The Mobility Header and its IPv6 header"


@rule(
    "MIP6-MH-001",
    "The checksum of a Mobility Header is right",
    reference="RFC 6275, 6.1.1",
    role="sender",
    scope="packet",
    needs="The whole Mobility Header, with the extension headers before it",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def right_checksum(case: Case) -> Iterator[Breach]:
    """The checksum covers the Mobility Header, with its checksum field as zero, and a pseudo-header.

    The pseudo-header's source is the address in the Home Address option where there is one, its destination the home
    address in a type 2 routing header where there is one. Summing over the addresses of the IPv6 header instead is the
    usual mistake. A receiver discards the message silently. Where the capture cut the message, nobody can tell.
    """
    message, datagram = case.seen.message, case.seen.datagram
    at = message.start + 4
    if message.checksum_status == "bad":
        octets = message.bytes
        right = checksum(
            datagram.true_source,
            datagram.true_destination,
            message.profile.protocol("mobility"),
            octets[:4] + bytes(2) + octets[6:],
        )
        yield Breach(f"checksum 0x{right:04x}", f"0x{message.get('checksum'):04x}", at)
    elif message.truncated and message.checksum_status == "unverified":
        yield Breach("a right checksum", "a message that the capture cut", at, inconclusive=True)


@rule(
    "MIP6-MH-002",
    "Nothing follows a Mobility Header",
    reference="RFC 6275, 6.1.1",
    role="sender",
    scope="packet",
    needs="The first octet of the Mobility Header",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def no_payload(case: Case) -> Iterator[Breach]:
    """Payload Proto is 59, no next header. Data behind the Mobility Header (piggybacking) are left to later standards.

    A receiver discards the message and should answer with an ICMPv6 Parameter Problem, code 0, that points at the
    field.
    """
    message = case.seen.message
    protocol = message.get("payload_proto")
    if protocol is not None and protocol != NO_NEXT_HEADER:
        yield Breach(f"payload protocol {NO_NEXT_HEADER}", str(protocol), message.start)


@rule(
    "MIP6-MH-003",
    "Header Len says how long the Mobility Header is",
    reference="RFC 6275, 6.1.1",
    role="sender",
    scope="packet",
    needs=_HEADER,
    on=(EVERY_MOBILITY_MESSAGE,),
)
def right_length(case: Case) -> Iterator[Breach]:
    """Header Len counts units of 8 octets after the first 8, and the Mobility Header is the last thing in its packet.

    So its length is a multiple of 8 octets, ends within the IPv6 payload, and leaves nothing over. (Octets that are
    left over behind a payload protocol other than 59 are MIP6-MH-002's, behind a length under the minimum
    MIP6-MH-004's.)
    """
    message = case.seen.message
    at = message.start + 1
    stated = _stated_length(case)
    if stated is None:
        return
    there = case.seen.room
    if any(problem.code == "length_exceeds" for problem in message.problems):
        yield Breach(f"a Mobility Header within the {there} octets that the IPv6 payload has", f"{stated} octets", at)
    elif stated < there and not _is_too_short(case) and message.get("payload_proto") == NO_NEXT_HEADER:
        yield Breach(f"a Mobility Header that fills the IPv6 payload, {there} octets", f"{stated} octets", at)


@rule(
    "MIP6-MH-004",
    "A Mobility Header has room for the fields of its type",
    reference="RFC 6275, 9.2",
    role="sender",
    scope="packet",
    needs="The first four octets of the Mobility Header",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def enough_length(case: Case) -> Iterator[Breach]:
    """Header Len is at least what the type's fixed fields need.

    Binding Refresh Request 0, HoTI, CoTI, Binding Update and Acknowledgement 1, HoT, CoT and Binding Error 2, Home
    Agent Switch two for each address that it counts. A receiver discards what is shorter.
    """
    minimum, stated = _minimum_length(case), _stated_length(case)
    if stated is not None and stated < minimum:
        expected = f"Header Len {minimum // 8 - 1} or more ({minimum} octets)"
        yield Breach(expected, f"{stated // 8 - 1} ({stated} octets)", case.seen.message.start + 1)


def _stated_length(case: Case) -> int | None:
    """What Header Len says, in octets; None where the capture ends before it."""
    message = case.seen.message
    at = message.start + 1
    return (message.octets[at] + 1) * 8 if at < min(message.end, len(message.octets)) else None


def _minimum_length(case: Case) -> int:
    """The octets that a message of this type has at least: its fixed fields, in whole units of 8."""
    message = case.seen.message
    counted = 16 * int(message.get("address_count", 0)) if message.type == "ha_switch" else 0
    return (message.declaration.fixed_size + 7) // 8 * 8 + counted


def _is_too_short(case: Case) -> bool:
    stated = _stated_length(case)
    return stated is not None and stated < _minimum_length(case)

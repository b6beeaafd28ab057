"""Rules for the Mobility Header as such (RFC 6275, 6.1, 6.1.1 and 9.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.ipv6 import address
from dissectors.ipv6.checksum import checksum
from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.validate.finding import Severity
from mhatool.validate.occasion import EVERY_MOBILITY_MESSAGE
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen

NO_NEXT_HEADER = 59
LEAST_MTU = 1280
"""Octets of a packet that every link carries whole (RFC 8200, 5)."""
_HEADER = "The Mobility Header and its IPv6 header"
#: The messages that RFC 6275 defines itself: only of these it says which headers they may come with.
_OF_THE_BASE = (
    "binding_refresh_request",
    "home_test_init",
    "care_of_test_init",
    "home_test",
    "care_of_test",
    "binding_update",
    "binding_acknowledgement",
    "binding_error",
)


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
    stated = _stated_length(message)
    if stated is None:
        return
    there = case.seen.room
    if stated > there and not message.truncated:
        yield Breach(f"a Mobility Header within the {there} octets that the IPv6 payload has", f"{stated} octets", at)
    elif stated < there and not is_too_short(message) and message.get("payload_proto") == NO_NEXT_HEADER:
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
    Agent Switch two for each address that it counts. A receiver discards what is shorter. Types whose fields aren't
    read here, such as Fast Mobile IPv6's and Binding Revocation's, aren't judged.
    """
    message = case.seen.message
    minimum, stated = _minimum_length(message), _stated_length(message)
    if stated is not None and stated < minimum:
        expected = f"Header Len {minimum // 8 - 1} or more ({minimum} octets)"
        yield Breach(expected, f"{stated // 8 - 1} ({stated} octets)", message.start + 1)


@rule(
    "MIP6-MH-005",
    "The reserved octet of a Mobility Header is zero",
    reference="RFC 6275, 6.1.1",
    role="sender",
    scope="packet",
    needs="The first four octets of the Mobility Header",
    on=(EVERY_MOBILITY_MESSAGE,),
    severity=Severity.WARNING,
)
def reserved_is_zero(case: Case) -> Iterable[Breach]:
    """The octet behind the type is kept for later standards: a sender sets it to zero, a receiver ignores it.

    So nothing goes wrong today; a node that will understand the octet one day would misread the message.
    """
    message = case.seen.message
    reserved = message.get("reserved")
    if not reserved or message.checksum_status == "bad":
        return ()
    return (Breach("reserved octet 0x00", f"0x{reserved:02x}", message.start + 3),)


@rule(
    "MIP6-MH-009",
    "Only updates carry a Home Address option, only acknowledgements a type 2 routing header",
    reference="RFC 6275, 6.1",
    role="sender",
    scope="packet",
    needs="The Mobility Header with the extension headers before it",
    on=_OF_THE_BASE,
    level="MUST NOT",
)
def bypasses_bindings(case: Case) -> Iterable[Breach]:
    """Mobility Header messages bypass the Binding Cache and the Binding Update List: they manage what stands there.

    So none has a type 2 routing header but the Binding Acknowledgement (9.5.4), none a Home Address option but the
    Binding Update (11.7.1, 11.7.2); a correspondent that is a mobile node itself is no exception. Home Test Init and
    Care-of Test Init with the option are ignored (9.4.1, 9.4.2). Messages that other standards define (Home Agent
    Switch, Fast Binding Update, Binding Revocation ...) go by their own rules, nothing is said of them here.
    """
    datagram, kind = case.seen.datagram, case.seen.message.type
    breaches = []
    if datagram.home_address is not None and kind != "binding_update":
        breaches.append(Breach("no Home Address option", f"one with {address.text(datagram.home_address)}"))
    if kind != "binding_acknowledgement":
        routed = datagram.routed_home_address
        if routed is not None:
            breaches.append(Breach("no type 2 routing header", f"one with {address.text(routed)}"))
    return breaches


@rule(
    "MIP6-MH-010",
    "A mobility message that fits every link isn't fragmented",
    reference="RFC 8200, 5",
    role="sender",
    scope="packet",
    needs="All fragments of the packet",
    on=("fragment",),
    level="SHOULD NOT",
    severity=Severity.NOTE,
)
def whole(case: Case) -> Iterable[Breach]:
    """A packet of up to 1280 octets passes every IPv6 link, so a mobility message of that size needs no fragments.

    Fragmentation is discouraged where a node can do without it: firewalls drop fragments, and one lost piece loses the
    message. A lone fragment that is a whole packet (RFC 6946) counts too. That nothing follows the message in its
    packet is asked by MIP6-MH-002 and MIP6-MH-003. Where a piece is missing, there is no message to judge.
    """
    seen = case.seen
    if seen.message.declaration.family != "mobility" or seen.message.truncated:
        return ()
    fragment = next(view for view in seen.datagram.extensions if view.type == "fragment")
    size = _size_without_fragments(seen, fragment)
    if size > LEAST_MTU:
        return ()
    return (Breach(f"a packet of {size} octets in one piece", _pieces(fragment), fragment.start),)


def _size_without_fragments(seen: Seen, fragment: View) -> int:
    """The octets of the packet, had it no fragment header."""
    before = _size_before(seen.datagram, fragment)
    if seen.message.octets is fragment.octets:
        return before + seen.message.start + seen.room - fragment.end
    return before + len(seen.message.octets)


def _size_before(datagram: Datagram, fragment: View) -> int:
    """The octets of the IPv6 header and the headers up to the fragment header."""
    size = datagram.ipv6.end - datagram.ipv6.start
    for view in datagram.extensions:
        if view is fragment:
            break
        size += view.end - view.start
    return size


def _pieces(fragment: View) -> str:
    frames = fragment.extra.get("frames", ())
    return f"{len(frames)} fragments" if frames else "a fragment header"


def is_too_short(message: View) -> bool:
    """Whether Header Len says less than the fixed fields of the type need (MIP6-MH-004)."""
    stated = _stated_length(message)
    return stated is not None and stated < _minimum_length(message)


def _stated_length(message: View) -> int | None:
    """What Header Len says, in octets; None where the capture ends before it."""
    at = message.start + 1
    return (message.octets[at] + 1) * 8 if at < min(message.end, len(message.octets)) else None


def _minimum_length(message: View) -> int:
    """The octets that a message of this type has at least: its fixed fields, in whole units of 8."""
    counted = 16 * int(message.get("address_count", 0)) if message.type == "ha_switch" else 0
    return (message.declaration.fixed_size + 7) // 8 * 8 + counted

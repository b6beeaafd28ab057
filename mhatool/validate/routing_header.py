"""Rules for the type 2 routing header (RFC 6275, 6.4)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.ipv6 import address
from dissectors.view import View
from mhatool.validate.finding import Severity
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen

HEADER_LENGTH = 2
"""Of a type 2 routing header, in units of 8 octets after the first 8."""
_TYPE_2 = 2
_ALONE = ("routing",)
_USUAL = bytes((HEADER_LENGTH, _TYPE_2, 1, 0, 0, 0, 0))
"""What follows the next header in a header as it should be."""


@rule(
    "MIP6-RH2-001",
    "A type 2 routing header holds one address and one segment",
    reference="RFC 6275, 6.4.1",
    role="sender",
    scope="packet",
    needs="The type 2 routing header",
    on=("routing",),
)
def right_form(case: Case) -> Iterable[Breach]:
    """Hdr Ext Len is 2 and Segments Left is 1: the home address is the only stop left. The reserved octets are zero.

    The address is restricted to one, so that nobody can have a mobile node forward packets for them. A mobile node
    drops a header with another length or another number of segments silently.
    """
    if _is_usual(case.seen):
        return ()
    breaches = []
    for header in _type_2_headers(case):
        octets, start = header.octets, header.start
        if octets[start + 1] != HEADER_LENGTH:
            breaches.append(Breach(f"Hdr Ext Len {HEADER_LENGTH}", str(octets[start + 1]), start + 1))
        segments_left = header.get("segments_left")
        if segments_left is not None and segments_left != 1:
            breaches.append(Breach("Segments Left 1", str(segments_left), start + 3))
        reserved = header.get("reserved")
        if reserved:
            breaches.append(Breach("reserved octets 0x00000000", f"0x{reserved:08x}", start + 4))
    return breaches


@rule(
    "MIP6-RH2-002",
    "The address in a type 2 routing header is a unicast routable one",
    reference="RFC 6275, 6.4",
    role="sender",
    scope="packet",
    needs="The type 2 routing header",
    on=("routing",),
)
def routable_home_address(case: Case) -> Iterable[Breach]:
    """It is the mobile node's home address, so it can't be multicast, anycast, link-local, loopback or unspecified.

    The mobile node swaps it with the destination and takes the packet for its own only where it is one of its home
    addresses. Whether it is the one that belongs to this care-of address, one packet doesn't show: that is asked by
    MIP6-RH2-004 and MIP6-RH2-005.
    """
    routed = case.seen.datagram.final_destination
    if routed is not None and address.is_routable_unicast(routed) and case.seen.datagram.headers == _ALONE:
        return ()
    return [
        Breach("a unicast routable home address", address.text(home_address), header.start + 8)
        for header in _type_2_headers(case)
        if (home_address := header.get("home_address")) is not None and not address.is_routable_unicast(home_address)
    ]


@rule(
    "MIP6-RH2-003",
    "There is one type 2 routing header, behind any other routing header",
    reference="RFC 8200, 4.1; RFC 6275, 6.4.1",
    role="sender",
    scope="packet",
    needs="The extension headers of the packet",
    on=("routing",),
    level="SHOULD",
    severity=Severity.WARNING,
)
def last_and_once(case: Case) -> Iterable[Breach]:
    """The way to the mobile node ends at its home address, so the header that says so is the last routing header.

    A packet is built as if the type 2 routing header had been there first, other routing headers go before it. Two of
    them would name two home addresses for one packet. Both standards say "should".
    """
    if case.seen.datagram.headers.count("routing") == 1:
        return ()
    routing = [view for view in case.seen.datagram.extensions if view.type == "routing"]
    breaches = []
    found = False
    for position, header in enumerate(routing, 1):
        if not _is_type_2(header):
            continue
        if found:
            breaches.append(Breach("one type 2 routing header", "another one", header.start))
        elif any(not _is_type_2(later) for later in routing[position:]):
            breaches.append(Breach("the type 2 routing header as the last one", "another one behind it", header.start))
        found = True
    return breaches


def _is_usual(seen: Seen) -> bool:
    """Whether one such header stands right before what the packet carries, as it should."""
    at = seen.message.start - 24
    return seen.datagram.headers == _ALONE and seen.message.octets[at + 1 : at + 8] == _USUAL


def _type_2_headers(case: Case) -> list[View]:
    return [view for view in case.seen.datagram.extensions if view.type == "routing" and _is_type_2(view)]


def _is_type_2(header: View) -> bool:
    """Whether there is enough of the header to tell its type, and that is 2."""
    return header.end - header.start > 2 and header.octets[header.start + 2] == _TYPE_2

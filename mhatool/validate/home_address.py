"""Rules for the Home Address option (RFC 6275, 6.3 and 11.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.ipv6 import address
from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.validate.finding import Severity
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen

HOME_ADDRESS_OPTION = 201
SIZE = 16
"""Octets of the option's data."""
_ALONE = ("destination_options",)
_USUAL = bytes((2, 1, 2, 0, 0, HOME_ADDRESS_OPTION, SIZE))
"""What follows the next header in a header of 24 octets with nothing but the option and the padding before it."""
_NEIGHBOUR_DISCOVERY = frozenset(
    {"router_solicitation", "router_advertisement", "neighbor_solicitation", "neighbor_advertisement", "redirect"}
)


@rule(
    "MIP6-HAO-001",
    "A Home Address option has 16 octets, aligned, among the destination options",
    reference="RFC 6275, 6.3",
    role="MN",
    scope="packet",
    needs="The options header that holds the option",
    on=("destination_options", "hop_by_hop"),
)
def well_placed(case: Case) -> Iterable[Breach]:
    """The option, type 201, is for the destination: in a hop-by-hop header every router would have to look at it.

    Its data are one address; it begins at 8n+6, so that the address lies on a multiple of eight octets. A receiver
    drops a packet with another length.
    """
    if _is_usual(case.seen):
        return ()
    breaches = []
    for header in case.seen.datagram.extensions:
        for option in _options_in(header):
            if header.type == "hop_by_hop":
                breaches.append(Breach("a destination option", "a hop-by-hop option", option.start))
            length = option.end - option.start - 2
            if length != SIZE:
                breaches.append(Breach(f"a Home Address option of length {SIZE}", f"length {length}", option.start + 1))
            offset = option.start - header.start
            if offset % 8 != 6:
                breaches.append(Breach("a Home Address option at an offset of 8n+6", f"offset {offset}", option.start))
    return breaches


@rule(
    "MIP6-HAO-002",
    "A packet has one Home Address option",
    reference="RFC 6275, 6.3",
    role="MN",
    scope="packet",
    needs="The destination options of the packet",
    on=("destination_options",),
)
def at_most_one(case: Case) -> Iterable[Breach]:
    """Behind one IPv6 header the option appears once at most: it takes the place of the one source address.

    A packet inside a tunnel may have one of its own besides that of the outer packet. Receivers drop a packet with two
    (Linux and KAME do).
    """
    if _is_usual(case.seen):
        return ()
    headers = [view for view in case.seen.datagram.extensions if view.type == "destination_options"]
    options = [option for header in headers for option in _options_in(header)]
    return [Breach("one Home Address option", "another one", option.start) for option in options[1:]]


@rule(
    "MIP6-HAO-003",
    "The Home Address option comes behind routing headers and before fragment, AH and ESP",
    reference="RFC 6275, 6.3",
    severity=Severity.WARNING,
    role="MN",
    scope="packet",
    needs="The extension headers of the packet",
    on=("destination_options",),
)
def in_order(case: Case) -> Iterable[Breach]:
    """Only the last destination looks at the option, so it stands behind a routing header, which others look at too.

    It stands before a fragment header, so that each piece carries it, and before AH and ESP, so that the receiver knows
    the home address when it looks for the security association. (What encrypted ESP holds can't be seen.)
    """
    datagram = case.seen.datagram
    if datagram.home_address is None or len(datagram.headers) == 1:
        return ()
    breaches = []
    before: set[str] = set()
    holder: View | None = None
    for header in datagram.extensions:
        if holder is None and _options_in(header):
            holder = header
            breaches += [_disorder(holder, f"before the {_TITLES[name]}") for name in _TITLES if name in before]
        elif holder is not None and header.type == "routing":
            breaches.append(_disorder(holder, "behind the routing header"))
            break
        before.add(header.type)
    return breaches


_TITLES = {"fragment": "fragment header", "ah": "Authentication Header", "esp": "ESP header"}


def _disorder(holder: View, place: str) -> Breach:
    wrong = place.replace("before", "behind", 1) if place.startswith("before") else place.replace("behind", "before", 1)
    return Breach(f"a Home Address option {place}", f"one {wrong}", holder.start)


@rule(
    "MIP6-HAO-004",
    "The home address is a unicast routable address",
    reference="RFC 6275, 6.3",
    role="MN",
    scope="packet",
    needs="The Home Address option",
    on=("destination_options",),
)
def routable(case: Case) -> Iterable[Breach]:
    """The receiver answers to the home address, so it can't be multicast, link-local, loopback, unspecified or mapped.

    A multicast address there would turn one packet into answers to many, and the anycast address of a link's home
    agents (RFC 2526) is no node's own. A receiver drops the packet.
    """
    datagram = case.seen.datagram
    home_address = datagram.home_address
    if home_address is None or address.is_routable_unicast(home_address):
        return ()
    return (Breach("a unicast routable home address", address.text(home_address), _option_in(datagram).start + 2),)


@rule(
    "MIP6-HAO-007",
    "No Home Address option at home, nor to who is on the same link",
    reference="RFC 6275, 11.3.1",
    role="MN",
    scope="packet",
    needs="The Home Address option and what the packet carries",
    on=("destination_options",),
    level="MUST NOT",
    severity=Severity.WARNING,
)
def away_and_beyond_the_link(case: Case) -> Iterable[Breach]:
    """At home a mobile node is like any other node: its source is the home address, and no option is needed.

    A packet shows that where both are equal (a Binding Update may be made so on the way home). Neighbour discovery
    speaks of the addresses of one link, so a home address of another link has no place in it. Nor has it in any packet
    to a link-local peer or group: away from home, the peers on the link are no business of the home address. A packet
    alone doesn't show where else the mobile node is at home.
    """
    datagram = case.seen.datagram
    home_address = datagram.home_address
    if home_address is None:
        return ()
    carried = datagram.carries
    if carried in _NEIGHBOUR_DISCOVERY:
        seen = f"one with {address.text(home_address)}"
        return (Breach("neighbour discovery without Home Address option", seen, _option_in(datagram).start),)
    if home_address == datagram.source and carried != "binding_update":
        return (Breach("no Home Address option at home", "one with the source address", _option_in(datagram).start),)
    if _stays_on_the_link(datagram.destination):
        seen = f"one with {address.text(home_address)} to {address.text(datagram.destination)}"
        return (Breach("no Home Address option to link-local peers", seen, _option_in(datagram).start),)
    return ()


def _stays_on_the_link(destination: bytes) -> bool:
    """A link-local address, or a group of interface-local or link-local scope (RFC 4291, 2.7)."""
    if address.is_multicast(destination):
        return destination[1] & 0x0F in (1, 2)
    return address.is_link_local(destination)


def _is_usual(seen: Seen) -> bool:
    """Whether the option stands by itself, as nearly all do, right before what the packet carries."""
    at = seen.message.start - 24
    return seen.datagram.headers == _ALONE and seen.message.octets[at + 1 : at + 8] == _USUAL


def _options_in(header: View) -> list[View]:
    """The Home Address options of an options header."""
    if header.type not in ("destination_options", "hop_by_hop"):
        return []
    octets = header.octets
    return [option for option in header.options if octets[option.start] == HOME_ADDRESS_OPTION]


def _option_in(datagram: Datagram) -> View:
    """The Home Address option that gave the datagram its home address."""
    options = (option for header in datagram.extensions for option in _options_in(header))
    return next(option for option in options if option.get("home_address") == datagram.home_address)

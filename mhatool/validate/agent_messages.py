"""Rules for what home agents tell mobile nodes about home agents: Home Agent Unreachable, Home Agent Switch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.ipv6 import address
from dissectors.ipv6.checksum import checksum
from dissectors.view import View
from mhatool.validate.finding import Severity
from mhatool.validate.once import Said
from mhatool.validate.protection import esp_protects
from mhatool.validate.rule import Breach, Case, rule

UNREACHABLE = 154
"""The ICMPv6 type; FMIPv6's as well, told apart by the octet behind the checksum."""


def _is_meant(message: View) -> bool:
    """Whether it is ICMPv6 type 154 with 0 where FMIPv6 has its subtype."""
    octets, start = message.octets, message.start
    return message.end - start > 4 and octets[start] == UNREACHABLE and octets[start + 4] == 0


@rule(
    "MHA-017",
    "Home Agent Unreachable names home agents, and its checksum is right",
    reference="paper, III-D and Fig. 9",
    role="HA",
    scope="packet",
    needs="The whole message",
    on=("home_agent_unreachable", "icmpv6"),
)
def names_home_agents(case: Case) -> Iterable[Breach]:
    """Home Agent Unreachable has one address or more, of 16 octets each, code 0 and a right ICMPv6 checksum.

    The checksum covers the home address in the type 2 routing header as destination. A mobile node that took a list
    of a wrong length for addresses would give up agents that nobody named. Type 154 with 2 to 5 in the octet behind
    the checksum is FMIPv6's (X-002), with another one nobody's: they aren't judged.
    """
    message = case.seen.message
    if message.truncated or not _is_meant(message):
        return ()
    return _ill_formed(case)


def _ill_formed(case: Case) -> Iterator[Breach]:
    message, datagram = case.seen.message, case.seen.datagram
    octets = message.bytes
    if message.checksum_status == "bad":
        protocol = message.profile.protocol("icmpv6")
        body = octets[:2] + bytes(2) + octets[4:]
        right = checksum(datagram.true_source, datagram.true_destination, protocol, body)
        yield Breach(f"checksum 0x{right:04x}", f"0x{octets[2:4].hex()}", message.start + 2)
        return
    if octets[1]:
        yield Breach("code 0", str(octets[1]), message.start + 1)
    addresses, spare = divmod(max(len(octets) - 8, 0), 16)
    if addresses == 0:
        yield Breach("an address or more", f"{len(octets)} octets in all", message.start + min(8, len(octets)))
    elif spare:
        yield Breach("addresses of 16 octets each", f"{spare} octets left over", message.end - spare)


@rule(
    "MHA-022",
    "Home Agent Unreachable goes to a mobile node",
    reference="paper, III-D",
    role="HA",
    scope="exchange",
    needs="The message; to tell care-of addresses, the Binding Update of the mobile node to its sender",
    on=("home_agent_unreachable",),
)
def goes_to_mobile_node(case: Case) -> Iterator[Breach]:
    """Home Agent Unreachable goes to a care-of address with the home address in a type 2 routing header, or tunnelled.

    To a mobile node at home it goes plainly to the home address. So a care-of address as destination without routing
    header, or with another home address than that of the binding, reaches nobody who could take it: the mobile node
    looks its agents up by home address. What address is a care-of address is known from updates to the sender.
    """
    datagram = case.seen.datagram
    if case.seen.message.checksum_status == "bad":
        return
    at = datagram.ipv6.start + 24
    if address.is_multicast(datagram.destination):
        yield Breach("one mobile node as destination", address.text(datagram.destination), at)
        return
    home = case.conversations.home_address(datagram.destination, datagram.true_source)
    routed = datagram.routed_home_address
    if home is not None and routed != home:
        seen = f"one with {address.text(routed)}" if routed is not None else "none"
        yield Breach(f"a type 2 routing header with {address.text(home)}", seen, at)


@rule(
    "X-002",
    "ICMPv6 type 154 is FMIPv6's here",
    reference="RFC 5568, 6.1",
    level="-",
    severity=Severity.NOTE,
    role="any",
    scope="timeline",
    needs="The message",
    on=("fmipv6",),
)
def is_fast_handovers(case: Case) -> Iterable[Breach]:
    """Router Solicitation for Proxy Advertisement and its answer (FMIPv6) have the type of Home Agent Unreachable.

    IANA gave type 154 to FMIPv6 after the paper was written. The octet behind the checksum tells them apart: 2 to 5
    are FMIPv6's subtypes, 0 is Home Agent Unreachable. This is no fault: it says that the rules for Home Agent
    Unreachable (MHA-017 to MHA-025) weren't applied. Said once for each two nodes.
    """
    datagram = case.seen.datagram
    pair = frozenset((datagram.source, datagram.destination))
    said = case.surroundings.known(Said)
    if said.has("X-002", pair):
        return ()
    said.note("X-002", pair)
    subtype = case.seen.message.get("subtype")
    at = case.seen.message.start + 4
    return (Breach("Home Agent Unreachable, with 0 behind the checksum", f"FMIPv6, subtype {subtype}", at),)


# --- Home Agent Switch ---


@rule(
    "HARP-001",
    "Home Agent Switch lists home agents",
    reference="RFC 5142, 3",
    role="HA",
    scope="packet",
    needs="The whole message",
    on=("ha_switch",),
)
def switch_is_sound(case: Case) -> Iterator[Breach]:
    """The reserved octet is 0, and what is listed are unicast addresses.

    A mobile node registers with the first of them that answers; an empty list tells it to discover one. That Header
    Len has room for the addresses that are counted is MIP6-MH-004's.
    """
    message = case.seen.message
    if message.checksum_status == "bad":
        return
    reserved = message.get("reserved2")
    if reserved:
        yield Breach("a reserved octet of 0", str(reserved), message.start + 7)
    for position, agent in enumerate(message.get("addresses", ())):
        if not address.is_routable_unicast(agent):
            yield Breach("unicast addresses of home agents", address.text(agent), message.start + 8 + 16 * position)


@rule(
    "HARP-004",
    "Home Agent Switch is protected, and goes to the home address",
    reference="RFC 5142, 4 and 6",
    level="-",
    severity=Severity.NOTE,
    role="HA",
    scope="timeline",
    needs="The message in clear; to tell care-of addresses, the Binding Update of the mobile node to its sender",
    on=("ha_switch",),
)
def switch_is_protected(case: Case) -> Iterator[Breach]:
    """Home Agent Switch is sent under ESP, to the care-of address with the home address in a type 2 routing header.

    In clear, anybody could draw a mobile node away from its home agent. Reported once for each two nodes that one in
    clear passes between; the routing header where the destination is known as a care-of address.
    """
    datagram, message = case.seen.datagram, case.seen.message
    if message.checksum_status == "bad":
        return
    home = case.conversations.home_address(datagram.destination, datagram.true_source)
    if home is not None and datagram.routed_home_address != home:
        at = datagram.ipv6.start + 24
        yield Breach(f"a type 2 routing header with {address.text(home)}", "none, or another", at)
    pair = (datagram.true_source, datagram.true_destination)
    said = case.surroundings.known(Said)
    if not esp_protects(datagram) and not said.has("HARP-004", pair):
        said.note("HARP-004", pair)
        yield Breach("ESP with authentication", "in clear", message.start)

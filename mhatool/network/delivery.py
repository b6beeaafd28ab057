"""What becomes of a packet that is for the machine itself: by what it carries, to its sockets, its nodes, itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dissectors.errors import DecodeError
from dissectors.icmpv6.header import Echo, Icmpv6Error
from dissectors.icmpv6.neighbour_discovery import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import is_multicast
from dissectors.ipv6.checksum import is_good
from dissectors.profile import RFC6275
from dissectors.spec import Message
from mhatool.engine.actions import End
from mhatool.engine.commands import PacketTunnelled, RouteUsed, UnverifiedHomeAddress
from mhatool.engine.drops import DropReason
from mhatool.engine.validity import rule_drop
from mhatool.network import datagram as ipv6
from mhatool.network import icmp
from mhatool.network.fragments import Fragments, has_its_header
from mhatool.network.interface import Interface
from mhatool.network.takers import Takers, speaker

if TYPE_CHECKING:
    from mhatool.network.machine import Machine

M = TypeVar("M", bound=Message)
#: Takes a UDP datagram that came for a port: source, destination, what it carries.
Socket = Callable[[bytes, bytes, bytes], None]
MOST_TUNNELS = 8
_ON_LINK = 255
_SOLICITATION, _ADVERTISEMENT = 135, 136
_ROUTER_SOLICITATION, _ROUTER_ADVERTISEMENT = 133, 134


class Arriving:
    """A packet on its way through the machine: as it came (`whole`), and what is left of it to look at."""

    __slots__ = ("datagram", "depth", "found", "interface", "link_source", "whole")

    def __init__(self, datagram: bytes, interface: Interface, link_source: bytes, whole: bytes, depth: int) -> None:
        self.datagram = datagram
        self.found = ipv6.carried(datagram)
        self.interface = interface
        self.link_source = link_source
        self.whole = whole
        self.depth = depth


class Delivery:
    """The machine's own packets, by next header."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._fragments = Fragments()
        self._takers = Takers(machine.profile)
        self._by_protocol: dict[int, Callable[[Arriving], None]] = {
            ipv6.ICMPV6: self._icmp,
            ipv6.UDP: self._udp,
            ipv6.IPV6: self._tunnelled,
            ipv6.FRAGMENT: self._fragment,
            ipv6.NO_NEXT_HEADER: self._nothing,
            machine.profile.protocol("mobility"): self._mobility,
        }
        self._icmp_by_type: dict[int, Callable[[Arriving], None]] = {
            icmp.ECHO_REQUEST: self._echo_request,
            icmp.ECHO_REPLY: self._echo_reply,
            icmp.PACKET_TOO_BIG: self._too_big,
            _SOLICITATION: self._neighbour_solicitation,
            _ADVERTISEMENT: self._neighbour_advertisement,
            _ROUTER_SOLICITATION: self._router_discovery,
            _ROUTER_ADVERTISEMENT: self._router_discovery,
        }
        self.echo_replies: list[tuple[int, bytes, Echo]] = []
        """When an echo reply came, from where, and what it says."""

    def deliver(self, datagram: bytes, interface: Interface, link_source: bytes) -> None:
        """Take a whole datagram that is for this machine."""
        self._take(Arriving(datagram, interface, link_source, datagram, 0))

    def hand_over(self, datagram: bytes, interface: Interface, link_source: bytes) -> None:
        """Give a packet to the nodes."""
        for seat in self._machine.seats:
            seat.receive(datagram, interface.name, link_source)

    def _take(self, arriving: Arriving) -> None:
        found, machine = arriving.found, self._machine
        handler = self._by_protocol.get(found.protocol)
        if found.problem is not None:
            machine.refuse(arriving.datagram, DropReason.UNKNOWN_HEADER, icmp.Problem.ERRONEOUS_FIELD, found.problem)
        elif handler is None:
            at = found.chained_at
            machine.refuse(arriving.datagram, DropReason.UNKNOWN_HEADER, icmp.Problem.UNKNOWN_NEXT_HEADER, at)
        elif found.routed_to is not None and not self._is_ours(found.routed_to):
            machine.drop(arriving.datagram, DropReason.NOT_OUR_HOME_ADDRESS, "a type 2 routing header")
        else:
            handler(arriving)

    def _is_ours(self, address: bytes) -> bool:
        return address in self._machine.addresses or self._machine.detours.is_away(address)

    # --- for the nodes ---

    def _mobility(self, arriving: Arriving) -> None:
        """A machine without nodes doesn't know what a Mobility Header is (RFC 8200, 4)."""
        if self._machine.seats:
            for seat in self._takers.of(self._machine.seats, arriving.whole):
                seat.receive(arriving.whole, arriving.interface.name, arriving.link_source)
        else:
            at = arriving.found.chained_at
            self._machine.refuse(arriving.datagram, DropReason.UNKNOWN_HEADER, icmp.Problem.UNKNOWN_NEXT_HEADER, at)

    def _signalling(self, arriving: Arriving) -> None:
        self.hand_over(arriving.whole, arriving.interface, arriving.link_source)

    def _icmp(self, arriving: Arriving) -> None:
        found, datagram = arriving.found, arriving.datagram
        if found.at >= len(datagram):
            self._machine.drop(datagram, DropReason.MALFORMED, "an ICMPv6 message without octets")
            return
        own = self._icmp_by_type.get(datagram[found.at])
        if own is None:
            self._signalling(arriving)
        elif not self._is_sound(arriving, ipv6.ICMPV6):
            self._machine.drop(datagram, DropReason.BAD_CHECKSUM, "an ICMPv6 message")
        else:
            own(arriving)

    def _is_sound(self, arriving: Arriving, protocol: int) -> bool:
        source, destination = _ends(arriving)
        return _summed(arriving.datagram, arriving.found.at, protocol, source, destination)

    # --- neighbour discovery ---

    def _neighbour_solicitation(self, arriving: Arriving) -> None:
        message = self._parsed(arriving, NeighborSolicitation)
        if message is not None:
            neighbours = self._machine.neighbours[arriving.interface.name]
            neighbours.solicited(message, ipv6.source(arriving.datagram))
            if message.target not in arriving.interface.addresses:  # a node's: one that it defends, or has on trial
                self._signalling(arriving)

    def _neighbour_advertisement(self, arriving: Arriving) -> None:
        message = self._parsed(arriving, NeighborAdvertisement)
        if message is not None:
            self._machine.neighbours[arriving.interface.name].advertised(message)
            self._signalling(arriving)

    def _router_discovery(self, arriving: Arriving) -> None:
        kind = arriving.datagram[arriving.found.at]
        message: Any = self._parsed(
            arriving, RouterAdvertisement if kind == _ROUTER_ADVERTISEMENT else RouterSolicitation
        )
        if message is None:
            return
        named = [o.link_layer_address for o in message.options if isinstance(o, SourceLinkLayerAddress)]
        if named:
            self._machine.neighbours[arriving.interface.name].heard_from(ipv6.source(arriving.datagram), named[0])
        self._signalling(arriving)

    def _parsed(self, arriving: Arriving, kind: type[M]) -> M | None:
        """The neighbour discovery message; None where it is none, came from beyond the link, or is invalid."""
        datagram, at = arriving.datagram, arriving.found.at
        if datagram[7] != _ON_LINK or arriving.depth:  # from another link, by routers or through a tunnel
            self._machine.drop(datagram, DropReason.HOP_LIMIT, "neighbour discovery from beyond the link")
            return None
        try:
            parsed: M = _message(cast(Any, kind), datagram, at)
        except DecodeError as error:
            self._machine.drop(datagram, DropReason.MALFORMED, str(error))
            return None
        drop = rule_drop(parsed, datagram[8:24], datagram[24:40])
        if drop is not None:
            self._machine.drop(datagram, drop.reason, drop.detail)
        return parsed if drop is None else None

    # --- echo, errors ---

    def _echo_request(self, arriving: Arriving) -> None:
        request = self._for_upper_layer(arriving, Echo)
        if request is not None:
            source, destination = _ends(arriving)
            own = self._machine.source_for(source) if is_multicast(destination) else destination
            if own is not None:
                self._machine.originate(icmp.echo_reply(request, own, source))

    def _echo_reply(self, arriving: Arriving) -> None:
        reply = self._for_upper_layer(arriving, Echo)
        if reply is not None:
            self.echo_replies.append((self._machine.agenda.now, _ends(arriving)[0], reply))

    def _for_upper_layer(self, arriving: Arriving, kind: type[M]) -> M | None:
        if not self._binding_holds(arriving):
            return None
        try:
            parsed: M = _message(cast(Any, kind), arriving.datagram, arriving.found.at)
        except DecodeError as error:
            self._machine.drop(arriving.datagram, DropReason.MALFORMED, str(error))
            return None
        return parsed

    def _too_big(self, arriving: Arriving) -> None:
        """The way to a destination is narrower than thought (RFC 8201)."""
        try:
            message: Icmpv6Error = _message(Icmpv6Error, arriving.datagram, arriving.found.at)
        except DecodeError as error:
            self._machine.drop(arriving.datagram, DropReason.MALFORMED, str(error))
            return
        if len(message.quoted) >= ipv6.HEADER:
            destination = ipv6.destination(message.quoted)
            self._machine.path_mtus[destination] = max(message.parameter, ipv6.MINIMUM_MTU)
        self._signalling(arriving)

    # --- data ---

    def _udp(self, arriving: Arriving) -> None:
        datagram, at = arriving.datagram, arriving.found.at
        if len(datagram) < at + 8 or not self._is_sound(arriving, ipv6.UDP):
            self._machine.drop(datagram, DropReason.BAD_CHECKSUM, "a UDP datagram")
            return
        if not self._binding_holds(arriving):
            return
        port = int.from_bytes(datagram[at + 2 : at + 4])
        source, destination = _ends(arriving)
        socket = self._machine.sockets.get(port)
        listeners = [seat for seat in self._machine.seats if port in seat.udp_ports]
        for seat in listeners:
            seat.receive(arriving.whole, arriving.interface.name, arriving.link_source)
        if socket is not None:
            socket(source, destination, datagram[at + 8 :])
        elif not listeners and not is_multicast(destination):
            self._machine.refuse(datagram, DropReason.NO_PORT, icmp.Problem.PORT_UNREACHABLE)

    def _binding_holds(self, arriving: Arriving) -> bool:
        """Whether a Home Address option is covered by a binding (RFC 6275, 9.3.1); the nodes answer where not.

        A packet from the tunnel is told to the nodes too: a reason to optimise its route.
        """
        found, datagram, machine = arriving.found, arriving.datagram, self._machine
        source, destination = ipv6.source(datagram), ipv6.destination(datagram)
        peer = found.routed_to or destination
        if found.home_address is not None and not machine.detours.covers(found.home_address, source, peer):
            machine.drop(datagram, DropReason.NO_BINDING, "a Home Address option")
            self._complain(UnverifiedHomeAddress(source, peer, found.home_address))
            return False
        if found.home_address is not None and machine.detours.answers_directly(found.home_address, peer):
            machine.command(RouteUsed(found.home_address, peer))
        if arriving.depth and machine.detours.is_away(destination):
            machine.command(PacketTunnelled(destination, found.home_address or source))
        return True

    def _complain(self, command: UnverifiedHomeAddress) -> None:
        seat = speaker(self._machine.seats)
        if seat is not None:
            seat.command(command)

    def _tunnelled(self, arriving: Arriving) -> None:
        datagram, machine = arriving.datagram, self._machine
        inner = datagram[arriving.found.at :]
        if not ipv6.is_whole(inner) or arriving.depth == MOST_TUNNELS:
            machine.drop(datagram, DropReason.MALFORMED, "no datagram in a tunnel's, or too many around it")
            return
        end = machine.detours.unpacks(ipv6.source(datagram), ipv6.destination(datagram), inner)
        if end is None:
            machine.drop(datagram, DropReason.TUNNEL_SOURCE, "no tunnel from there for this packet")
        elif end is End.MOBILE_NODE or ipv6.destination(inner) in machine.addresses:
            depth = arriving.depth + 1
            self._take(Arriving(inner, arriving.interface, arriving.link_source, arriving.whole, depth))
        else:
            machine.forward(inner, arriving.interface, arriving.link_source)

    def _fragment(self, arriving: Arriving) -> None:
        datagram = arriving.datagram
        if not has_its_header(datagram, arriving.found):
            self._machine.drop(datagram, DropReason.MALFORMED, "a fragment without its header")
            return
        whole = self._fragments.add(datagram, arriving.found, self._machine.agenda.now)
        if whole is not None:
            self._take(Arriving(whole, arriving.interface, arriving.link_source, whole, arriving.depth))

    def _nothing(self, arriving: Arriving) -> None:
        """A packet that says that nothing follows is received, and that is all (RFC 8200, 4.7)."""


# What goes to a group comes to hundreds of machines in the same instant: it is read and summed once for all of them.


@lru_cache(maxsize=256)
def _message(kind: Any, datagram: bytes, at: int) -> Any:
    return RFC6275.codec.parser(kind)(datagram, at, len(datagram))


@lru_cache(maxsize=256)
def _summed(datagram: bytes, at: int, protocol: int, source: bytes, destination: bytes) -> bool:
    return is_good(source, destination, protocol, datagram[at:])


def _ends(arriving: Arriving) -> tuple[bytes, bytes]:
    """Source and destination as upper layers see them."""
    found, datagram = arriving.found, arriving.datagram
    return found.home_address or ipv6.source(datagram), found.routed_to or ipv6.destination(datagram)


__all__ = ["Delivery", "Socket"]

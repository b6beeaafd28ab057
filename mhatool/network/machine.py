"""A machine: what a kernel is to a node. It moves packets between its interfaces, itself, and its nodes."""

from __future__ import annotations

from collections.abc import Callable

from dissectors.ipv6.address import HOME_AGENTS_ANYCAST, is_link_local, is_multicast
from dissectors.profile import Profile
from mhatool.engine.commands import Command, LinkChanged, RouteUsed, Stop, TrafficFromHomeAddress
from mhatool.engine.drops import DropReason
from mhatool.engine.events import Event
from mhatool.engine.link_events import Attached, MachineFailed
from mhatool.engine.packet_events import PacketDropped
from mhatool.network import datagram as ipv6
from mhatool.network import icmp
from mhatool.network.agenda import Agenda
from mhatool.network.delivery import Delivery, Socket
from mhatool.network.detours import Detours
from mhatool.network.ethernet import ETHERTYPE, group_link_address
from mhatool.network.interface import Interface
from mhatool.network.link import Link
from mhatool.network.neighbours import Neighbours
from mhatool.network.routes import Route, Routes
from mhatool.network.seat import Seat
from mhatool.protocol.neighbourhood import ALL_ROUTERS

#: Tells what happened.
Tell = Callable[[Event], None]
LOOPBACK = "lo"
_ND_TYPES = range(133, 138)
_ND_HOP_LIMIT = 255


class Machine:
    """Interfaces, addresses, routes, neighbours, tunnels, and the nodes that sit on it.

    `boot` gives it what it has when it comes up; a crash takes everything else away.
    """

    def __init__(self, name: str, agenda: Agenda, tell: Tell, profile: Profile, *, forwards: bool = False) -> None:
        self.name = name
        self.agenda = agenda
        self.tell = tell
        self.profile = profile
        self.forwards = forwards
        self.running = False
        self.interfaces: dict[str, Interface] = {}
        self.loopback = Interface(name, LOOPBACK, bytes(6), self.hear)
        """Holds addresses that are the machine's on no link; it is none of `interfaces`."""
        self.boot: Callable[[Machine], None] = lambda machine: None
        self.sockets: dict[int, Socket] = {}
        """Who listens to UDP ports: applications, which outlive a crash."""
        self.identification = 0
        self._was_on: dict[str, Link] = {}
        """By interface, the link from which it was taken."""
        self._forget()

    def _forget(self) -> None:
        self.seats: list[Seat] = []
        self.routes = Routes()
        self.detours = Detours()
        self.addresses: dict[bytes, Interface] = {}
        self.neighbours = {name: self._neighbours(interface) for name, interface in self.interfaces.items()}
        self.path_mtus: dict[bytes, int] = {}
        self.delivery = Delivery(self)
        self._errors = icmp.ErrorRate()

    def _neighbours(self, interface: Interface) -> Neighbours:
        return Neighbours(interface, self.agenda, self._undeliverable, is_router=self.forwards)

    # --- life ---

    def add_interface(self, name: str, link_address: bytes, link: Link | None = None) -> Interface:
        """A new interface, attached to a link."""
        interface = self.interfaces[name] = Interface(self.name, name, link_address, self.hear)
        self.neighbours[name] = self._neighbours(interface)
        interface.attach(link)
        return interface

    def start(self) -> None:
        """Come up: with what `boot` gives, and nothing else."""
        for interface in (*self.interfaces.values(), self.loopback):
            for address in list(interface.addresses):
                interface.remove_address(address)
            for group in list(interface.groups):
                while group in interface.groups:
                    interface.leave(group)
            if self.forwards:
                interface.join(ALL_ROUTERS)
        self._forget()
        self.running = True
        self.boot(self)
        for seat in self.seats:
            seat.start()

    def fail(self, how: str) -> None:
        """`crash` stops it for good, `hang` for a while; `restart` starts it anew, `resume` where it was; `stop` lets
        its nodes take leave."""
        self.tell(MachineFailed(time_ns=self.agenda.now, node=self.name, how=how))
        if how == "stop":
            self.command(Stop())
            return
        if how == "restart":
            self.start()
            return
        self.running = how == "resume"
        if how == "crash":
            self._forget()
        for seat in self.seats:
            seat.arm()

    def move(self, interface_name: str, link: Link | None, *, silent: bool = False) -> None:
        """Attach an interface to another link, or to none; `silent` keeps it from the nodes, as for KAME's."""
        interface = self.interfaces[interface_name]
        interface.attach(link)
        self.neighbours[interface_name].forget_all()
        where = link.name if link is not None else ""
        self.tell(Attached(time_ns=self.agenda.now, node=self.name, interface=interface_name, link=where))
        if not silent:
            self.command(LinkChanged(interface_name, link is not None))

    def switch(self, interface_name: str, *, up: bool, silent: bool = False) -> None:
        """Take an interface off its link, or put it back there; nothing where it is so already."""
        interface = self.interfaces[interface_name]
        if not up and interface.link is not None:
            self._was_on[interface_name] = interface.link
            self.move(interface_name, None, silent=silent)
        elif up and interface.link is None:
            self.move(interface_name, self._was_on.get(interface_name), silent=silent)

    def command(self, command: Command) -> None:
        """Tell the nodes."""
        for seat in self.seats:
            seat.command(command)

    # --- what nodes set ---

    def interface(self, name: str) -> Interface:
        """The interface of that name, the loopback among them."""
        return self.loopback if name == LOOPBACK else self.interfaces[name]

    def add_address(self, interface_name: str, address: bytes, prefix_length: int) -> None:
        """It is the machine's, and what shares its prefix is on that link."""
        interface = self.interface(interface_name)
        self.remove_address(interface_name, address)
        interface.add_address(address, prefix_length)
        self.addresses[address] = interface
        if interface is not self.loopback:
            self.routes.add_on_link(address, prefix_length, interface_name)

    def remove_address(self, interface_name: str, address: bytes) -> None:
        """It isn't any more, unless another interface has it too; nothing where it wasn't."""
        interface = self.interface(interface_name)
        prefix_length = interface.addresses.get(address)
        if prefix_length is None:
            return
        interface.remove_address(address)
        if interface is not self.loopback:
            self.routes.remove_on_link(address, prefix_length, interface_name)
        others = [other for other in (*self.interfaces.values(), self.loopback) if address in other.addresses]
        if others:
            self.addresses[address] = others[0]
        else:
            del self.addresses[address]

    def add_anycast_address(self, address: bytes) -> None:
        """Share an address with other machines (RFC 4291, 2.6), on the interface of its prefix."""
        route = self.routes.find(address)
        if route is not None:
            self.add_address(route.interface, address, 128)

    def remove_anycast_address(self, address: bytes) -> None:
        """Share it no longer."""
        interface = self.addresses.get(address)
        if interface is not None:
            self.remove_address(interface.name, address)

    # --- packets that come ---

    def hear(self, interface: Interface, frame: bytes, datagram: bytes) -> None:
        """A frame came in at an interface, with a datagram in it."""
        for tap in interface.taps:
            tap(self.agenda.now, frame, None)
        if not self.running:
            self.drop(datagram, DropReason.NOT_RUNNING, "the machine is down")
        elif frame[12:14] != ETHERTYPE or not ipv6.is_whole(datagram):
            self.drop(datagram, DropReason.MALFORMED, "no IPv6 datagram, or not as long as it says")
        else:
            self._receive(datagram, interface, frame[6:12])

    def _receive(self, datagram: bytes, interface: Interface, link_source: bytes) -> None:
        destination = datagram[24:40]
        if destination in self.addresses or destination in interface.groups or destination in _EVERYBODY:
            self.delivery.deliver(datagram, interface, link_source)
        elif destination[0] == 0xFF:
            self.drop(datagram, DropReason.NOT_FOR_US, "a group that nobody here has joined")
        elif self.forwards or self.detours.intercepts(destination) is not None:
            self.forward(datagram, interface, link_source)
        else:
            self.drop(datagram, DropReason.NOT_FOR_US, "no address of this machine")

    def forward(self, datagram: bytes, interface: Interface, link_source: bytes) -> None:
        """Pass a packet on, one hop further."""
        destination = datagram[24:40]
        tunnel = self.detours.intercepts(destination)
        if tunnel is not None and self._is_neighbour_discovery(datagram):
            self.delivery.hand_over(datagram, interface, link_source)
            return
        hop_limit = datagram[7]
        if hop_limit <= 1:
            self.refuse(datagram, DropReason.HOP_LIMIT_EXCEEDED, icmp.Problem.HOP_LIMIT)
        elif is_link_local(destination) or is_link_local(datagram[8:24]):
            self.refuse(datagram, DropReason.BEYOND_SCOPE, icmp.Problem.BEYOND_SCOPE)
        elif tunnel is not None:
            self._into_tunnel(ipv6.with_hop_limit(datagram, hop_limit - 1), tunnel.local, tunnel.remotes[0])
        else:
            self._onward(ipv6.with_hop_limit(datagram, hop_limit - 1))

    def _is_neighbour_discovery(self, datagram: bytes) -> bool:
        found = datagram[6] == ipv6.ICMPV6 and datagram[7] == _ND_HOP_LIMIT and len(datagram) > ipv6.HEADER
        return found and datagram[ipv6.HEADER] in _ND_TYPES

    def _onward(self, datagram: bytes) -> None:
        route = self.routes.find(datagram[24:40])
        if route is None:
            self.refuse(datagram, DropReason.NO_ROUTE, icmp.Problem.NO_ROUTE)
            return
        mtu = self.interfaces[route.interface].mtu
        if len(datagram) > mtu:
            self.refuse(datagram, DropReason.PACKET_TOO_BIG, icmp.Problem.TOO_BIG, mtu)
            return
        self.neighbours[route.interface].send(datagram, route.next_hop or datagram[24:40])

    def _into_tunnel(self, inner: bytes, local: bytes, remote: bytes) -> None:
        """Wrap a packet; one that is too big for the tunnel's path is refused, as RFC 2473, 7.1 says."""
        room = self._path_mtu(remote) - ipv6.HEADER
        if len(inner) > max(room, ipv6.MINIMUM_MTU):
            self.refuse(inner, DropReason.PACKET_TOO_BIG, icmp.Problem.TOO_BIG, max(room, ipv6.MINIMUM_MTU))
            return
        self.send(ipv6.encapsulate(inner, local, remote))

    # --- packets that leave ---

    def originate(self, datagram: bytes) -> None:
        """Send a packet of an upper layer: tunnels and optimised routes have their say."""
        source, destination = datagram[8:24], datagram[24:40]
        if self.detours.is_away(source) and not self.detours.is_optimised(source, destination):
            self.command(TrafficFromHomeAddress(source, destination))
        if self.detours.answers_directly(destination, source):
            self.command(RouteUsed(destination, source))
        outgoing = self.detours.outgoing(datagram)
        self.send(outgoing)

    def send(self, datagram: bytes, interface_name: str | None = None, link_destination: bytes | None = None) -> None:
        """Send a packet as it is, by this interface or as the routes say."""
        destination = datagram[24:40]
        if not self.running:
            self.drop(datagram, DropReason.NOT_RUNNING, "the machine is down")
        elif destination in self.addresses:
            interface = self.addresses[destination]
            self.agenda.at(self.agenda.now, self.delivery.deliver, datagram, interface, interface.link_address)
        elif (route := self._route(destination, interface_name)) is None:
            self.drop(datagram, DropReason.NO_ROUTE, "no route to the destination")
        else:
            self._emit(datagram, route, link_destination)

    def _emit(self, datagram: bytes, route: Route, link_destination: bytes | None) -> None:
        interface = self.interfaces[route.interface]
        if interface.link is None:
            self.drop(datagram, DropReason.NO_ROUTE, f"{route.interface} is on no link")
            return
        next_hop = route.next_hop or datagram[24:40]
        if link_destination is None and is_multicast(next_hop):
            link_destination = group_link_address(next_hop)
        for piece in self._pieces(datagram, min(interface.mtu, self._path_mtu(datagram[24:40]))):
            if link_destination is not None:
                interface.send(piece, link_destination, self.agenda.now)
            else:
                self.neighbours[route.interface].send(piece, next_hop)

    def _pieces(self, datagram: bytes, mtu: int) -> list[bytes]:
        if len(datagram) <= mtu:
            return [datagram]
        self.identification += 1
        return ipv6.fragments(datagram, mtu, self.identification)

    def _path_mtu(self, destination: bytes) -> int:
        """What is known of the way to a destination; the first link's MTU while nothing is."""
        known = self.path_mtus.get(destination) if self.path_mtus else None
        if known is not None:
            return known
        route = self.routes.find(destination)
        return self.interfaces[route.interface].mtu if route is not None else ipv6.MINIMUM_MTU

    def _route(self, destination: bytes, interface_name: str | None) -> Route | None:
        """The route; by the interface that somebody names, and else by the only one where the scope is a link."""
        if interface_name is None and (is_link_local(destination) or is_multicast(destination)):
            interface_name = next(iter(self.interfaces)) if len(self.interfaces) == 1 else None
            if interface_name is None:
                return None
        if interface_name is None:
            return self.routes.find(destination)
        if not is_link_local(destination) and not is_multicast(destination):
            route = self.routes.find(destination)
            if route is not None and route.interface == interface_name:
                return route
        return Route(destination, 128, interface_name)

    # --- packets that are dropped ---

    def drop(self, datagram: bytes, reason: DropReason, detail: str) -> None:
        """Tell that a packet goes no further."""
        self.tell(
            PacketDropped(
                time_ns=self.agenda.now,
                node=self.name,
                reason=reason,
                detail=detail,
                source=datagram[8:24],
                destination=datagram[24:40],
                frame=datagram,
            )
        )

    def refuse(self, datagram: bytes, reason: DropReason, problem: icmp.Problem, parameter: int = 0) -> None:
        """Drop a packet and tell its sender why, where an error may be sent."""
        self.drop(datagram, reason, problem.name.lower().replace("_", " "))
        if not icmp.may_be_told(datagram, problem) or not self._errors.allows(self.agenda.now):
            return
        source = self.source_for(datagram[8:24])
        if source is not None:
            self.originate(icmp.error(datagram, problem, parameter, source))

    def _undeliverable(self, datagram: bytes, reason: DropReason, detail: str) -> None:
        if datagram[8:24] in self.addresses:
            self.drop(datagram, reason, detail)
        else:
            self.refuse(datagram, reason, icmp.Problem.ADDRESS_UNREACHABLE)

    def source_for(self, destination: bytes) -> bytes | None:
        """An address of the machine's to speak from: of the interface towards there, of the same scope."""
        route = self.routes.find(destination)
        first = [self.interfaces[route.interface]] if route is not None else []
        for interface in [*first, *self.interfaces.values()]:
            for address in interface.addresses:
                is_shared = address[8:] == HOME_AGENTS_ANYCAST
                if is_link_local(address) == is_link_local(destination) and not is_shared:
                    return address
        return None


_EVERYBODY = frozenset({bytes.fromhex("ff020000000000000000000000000001")})

__all__ = ["Machine"]

"""The data plane in user space: TUN devices, always there; each packet costs a system call.

Packets that the kernel routes into the outlet leave in a tunnel or by an optimised route; what comes that way is
checked, unpacked, and given to the kernel through the inlet.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mhatool.engine.actions import End, SetOptimisedRoute, SetTunnel
from mhatool.engine.commands import PacketTunnelled, RouteUsed, TrafficFromHomeAddress, UnverifiedHomeAddress
from mhatool.live.data_plane.base import Tell
from mhatool.live.data_plane.devices import Inlet, Outlet, outlet_of
from mhatool.live.data_plane.path_errors import PathErrors
from mhatool.live.data_plane.paths import Ends, NarrowPaths
from mhatool.live.data_plane.routes import Routes, TunnelRoute
from mhatool.live.hearing import Ring
from mhatool.live.kernel import Kernel
from mhatool.live.marks import TABLE
from mhatool.network import datagram as ipv6
from mhatool.network.detours import Detours

_AT_ONCE: Final = 256
_ANYWHERE: Final = bytes(16)
_NO_PACKET: Final = 40
"""Shorter than an IPv6 header."""
_VERSION: Final = 6
_AGAIN_S: Final = 1.0
_MOST_FLOWS: Final = 10_000


class Wrapper(dict[int, bytes]):
    """The outer header of a tunnel (RFC 2473, 3), by the length of what is inside."""

    def __init__(self, source: bytes, destination: bytes) -> None:
        super().__init__()
        # The kernel counts one hop off it, since it forwards what comes from the device.
        self._rest = bytes((ipv6.IPV6, ipv6.TUNNEL_HOP_LIMIT + 1)) + source + destination

    def __missing__(self, length: int) -> bytes:
        made = self[length] = b"\x60\0\0\0" + length.to_bytes(2) + self._rest
        return made


class TunDataPlane:
    """One way out and one way in for all tunnels and optimised routes of a node."""

    name = "tun"

    def __init__(
        self,
        device: str,
        kernel: Kernel,
        routes: Routes,
        mtu: int,
        send: Callable[[bytes], None],
        tell: Tell,
        detours: Detours,
        paths: NarrowPaths,
    ) -> None:
        self.device = device
        self.outlet = outlet_of(device)
        self.mtu = mtu
        self.detours = detours
        self.paths = paths
        self.path_errors: PathErrors
        """Who tells of packets that are too big. Set before anything is read."""
        self._kernel = kernel
        self._routes = routes
        self._send = send
        self._tell = tell
        self._wrappers: dict[bytes, Wrapper] = {}
        """By home address, where this machine is its home agent."""
        self._covered: dict[End, dict[bytes, SetTunnel]] = {end: {} for end in End}
        """By the addresses that tunnelled packets may come with: outer source and destination, inner address."""
        self._keys: dict[tuple[End, bytes], list[bytes]] = {}
        self._own: frozenset[bytes] = frozenset()
        self._told: dict[tuple[bytes, bytes], float] = {}
        self._refused = 0
        self._inlet = Inlet(device, mtu)
        self._file = self._inlet.file
        self._outlet = Outlet(self.outlet, mtu)
        self._index = socket.if_nametoindex(self.outlet)

    def readers(self) -> Mapping[int, Callable[[], None]]:
        """See `DataPlane`."""
        errors = self.path_errors
        return {self._outlet.fileno(): self.read, self._file: self._inlet.drain, errors.fileno(): errors.read}

    def look(self, addresses: Iterable[bytes]) -> None:
        """See `DataPlane`."""
        self._own = frozenset(addresses)

    def refused(self) -> int:
        """See `DataPlane`."""
        refused, self._refused = self._refused, 0
        return refused

    def lost(self) -> int:
        """See `DataPlane`."""
        return self._outlet.lost()

    def admit_again(self) -> None:
        """See `DataPlane`: here it is user space that admits."""

    # --- what the node sets ---

    def set_tunnel(self, tunnel: SetTunnel) -> None:
        """See `SetTunnel`."""
        self.detours.set_tunnel(tunnel)
        covered, which = self._covered[tunnel.end], (tunnel.end, tunnel.home_address)
        for key in self._keys.pop(which, ()):
            del covered[key]
        if keys := _keys(tunnel):
            self._keys[which] = keys
            covered.update(dict.fromkeys(keys, tunnel))
        self.lead(tunnel)

    def unlead(self, tunnel: SetTunnel) -> None:
        """Its packets don't come into the outlet, if they did."""
        self.lead(SetTunnel(tunnel.end, tunnel.home_address, tunnel.local))

    def lead(self, tunnel: SetTunnel) -> None:
        """Lead the home address's packets into the outlet: at the home agent those to it, else those from it."""
        home = tunnel.home_address
        if tunnel.end is End.HOME_AGENT:
            self._lead(home, bool(tunnel.remotes))
            if tunnel.remotes and not self.paths.is_narrow((tunnel.local, tunnel.remotes[0])):
                self._wrappers[home] = Wrapper(tunnel.local, tunnel.remotes[0])
            else:
                self._wrappers.pop(home, None)
        elif tunnel.remotes:
            self._kernel.set_route(_ANYWHERE, 0, self.outlet, table=TABLE)
            self._kernel.set_source_rule(home)
        else:
            self._kernel.remove_source_rule(home)

    def lead_anew(self, ends: Ends) -> None:
        """See `NarrowPaths.changed`."""
        for tunnel in self.detours.tunnels_between(*ends):
            self.lead(tunnel)

    def _lead(self, home_address: bytes, into: bool, source: bytes | None = None) -> None:
        if into:
            self._routes.set(TunnelRoute(home_address, 128, self._index, source=source))
        else:
            self._routes.remove(home_address, 128)

    def set_optimised_route(self, route: SetOptimisedRoute) -> None:
        """At a correspondent, packets to the home address come into the outlet too."""
        self.detours.set_optimised_route(route)
        if route.end is End.CORRESPONDENT:
            self._lead(route.home_address, route.care_of_address is not None, route.peer)

    # --- out ---

    def read(self) -> None:
        """Send on what the kernel has routed into the outlet.

        What a home agent only wraps goes back through the inlet, and the kernel forwards it: that is the quick way.
        """
        file, wrappers = self._file, self._wrappers if self.detours.only_intercepts else {}
        for datagram in self._outlet.read():
            wrapper = wrappers.get(datagram[24:40])
            if wrapper is not None:
                os.write(file, wrapper[len(datagram)] + datagram)
            elif len(datagram) >= _NO_PACKET and datagram[0] >> 4 == 6:
                self._leave(datagram)

    def _leave(self, datagram: bytes) -> None:
        source, destination = ipv6.source(datagram), ipv6.destination(datagram)
        if self.detours.is_away(source) and not self.detours.is_optimised(source, destination):
            self._tell_now_and_then(TrafficFromHomeAddress(source, destination))
        if self.detours.answers_directly(destination, source):
            self._tell(RouteUsed(destination, source))
        outgoing = self.detours.outgoing(datagram)
        if outgoing is datagram:
            return
        pieces = self.paths.pieces(outgoing)
        if len(pieces) > 1 and len(datagram) > ipv6.MINIMUM_MTU:
            self.path_errors.tell(ipv6.MINIMUM_MTU, datagram, ipv6.source(outgoing))
            return
        for piece in pieces:
            self._send(piece)

    def too_big(self, datagram: bytes, mtu: int) -> None:
        """What we have made is longer than the link takes: tell the sender of what is in it."""
        self.path_errors.take(mtu, datagram)

    def _tell_now_and_then(self, flow: TrafficFromHomeAddress | PacketTunnelled) -> None:
        """The node hears of a flow once a second."""
        key, now = (flow.home_address, flow.correspondent), time.monotonic()
        if now - self._told.get(key, -_AGAIN_S) >= _AGAIN_S:
            if len(self._told) >= _MOST_FLOWS:
                self._told.clear()
            self._told[key] = now
            self._tell(flow)

    # --- in ---

    def unpack(self, tunnelled: Ring) -> None:
        """See `DataPlane`. One look into a table tells whether a binding covers a packet, however many there are.

        The kernel drops what is shorter than it says, as it does with all that arrives.
        """
        file, at_agent, at_node = self._file, self._covered[End.HOME_AGENT], self._covered[End.MOBILE_NODE]
        for datagram in tunnelled.read(_AT_ONCE):
            ends = datagram[8:40]
            tunnel = at_agent.get(ends + datagram[48:64]) or at_node.get(ends + datagram[64:80])
            if tunnel is None or datagram[ipv6.HEADER] >> 4 != _VERSION:
                self._refused += ends[16:] in self._own
                continue
            inner = datagram[ipv6.HEADER :]
            if tunnel.end is End.MOBILE_NODE:
                self._tell_now_and_then(PacketTunnelled(ipv6.destination(inner), ipv6.said_by(inner)))
            os.write(file, inner)

    def receive(self, datagram: bytes, found: ipv6.Carried, *, in_pieces: bool = False) -> bool:
        """Unpack what comes through a tunnel or by an optimised route, if a binding covers it."""
        if found.problem is not None or found.fragment_at is not None:
            return False
        if found.protocol == ipv6.IPV6:
            return self._unpack(datagram, datagram[found.at :])
        if found.home_address is None and found.routed_to is None:
            return False
        source, destination = ipv6.source(datagram), ipv6.destination(datagram)
        if found.home_address is not None:
            if not self.detours.covers(found.home_address, source, destination):
                self._tell(UnverifiedHomeAddress(source, destination, found.home_address))
                return False
            if self.detours.answers_directly(found.home_address, destination):
                self._tell(RouteUsed(found.home_address, destination))
        if found.routed_to is not None and not self.detours.is_away(found.routed_to):
            return False
        ends = found.home_address or source, found.routed_to or destination
        self._give(ipv6.without_extensions(datagram, found, *ends))
        return True

    def _unpack(self, datagram: bytes, inner: bytes) -> bool:
        if not ipv6.is_whole(inner):
            return False
        end = self.detours.unpacks(ipv6.source(datagram), ipv6.destination(datagram), inner)
        if end is None:
            return False
        if end is End.MOBILE_NODE:
            self._tell_now_and_then(PacketTunnelled(ipv6.destination(inner), ipv6.said_by(inner)))
        self._give(inner)
        return True

    def _give(self, datagram: bytes) -> None:
        os.write(self._file, datagram)

    def answer(self, datagram: bytes) -> None:
        """Send what a packet's sender is told: by the kernel, which knows whether that is this machine itself."""
        self._give(datagram)

    # --- the end ---

    def close(self) -> None:
        """The devices go, and their routes with them."""
        self.path_errors.close()
        self._outlet.close()
        self._inlet.close()


def _keys(tunnel: SetTunnel) -> list[bytes]:
    """The addresses that its packets may come with: see `Detours.unpacks`."""
    remotes = tunnel.remotes[:1] if tunnel.end is End.HOME_AGENT else tunnel.remotes
    return [remote + tunnel.local + tunnel.home_address for remote in remotes]


__all__ = ["TunDataPlane"]

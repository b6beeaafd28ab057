"""The data plane in the kernel: it wraps and unwraps what tunnels carry; the rest is user space's.

That is: optimised routes, tunnelled packets behind further headers, and tunnels that the kernel can't have.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mhatool.engine.actions import End, SetOptimisedRoute, SetTunnel
from mhatool.live.data_plane.admission import Admission
from mhatool.live.data_plane.flows import Flows
from mhatool.live.data_plane.paths import Ends
from mhatool.live.data_plane.routes import MAIN, Routes, TunnelRoute
from mhatool.live.data_plane.tun import TunDataPlane
from mhatool.live.data_plane.tunnels import Into, KernelTunnels
from mhatool.live.hearing import Ring
from mhatool.live.kernel import Kernel
from mhatool.live.marks import TABLE
from mhatool.network import datagram as ipv6

_ANYWHERE: Final = bytes(16)
_NEXT_HEADER: Final = 6


class KernelDataPlane:
    """Tunnels of one kind in the kernel, beside user space's data plane."""

    def __init__(
        self, user_space: TunDataPlane, tunnels: KernelTunnels, routes: Routes, kernel: Kernel, admission: Admission
    ) -> None:
        self.name = tunnels.name
        self.device, self.outlet = user_space.device, user_space.outlet
        self._user_space = user_space
        self._tunnels = tunnels
        self._routes = routes
        self._kernel = kernel
        self._admission = admission
        self._index = socket.if_nametoindex(self.outlet)
        self.flows: Flows | None = None
        """At a mobile node: it must hear of flows that the kernel carries."""
        self._locals: dict[tuple[End, bytes], bytes] = {}
        self._users: Counter[bytes] = Counter()
        """How many tunnels begin at an address of ours."""
        tunnels.start(self.device, user_space.mtu)

    def readers(self) -> Mapping[int, Callable[[], None]]:
        """See `DataPlane`."""
        own = {self.flows.fileno(): self.flows.read} if self.flows is not None else {}
        return {**self._user_space.readers(), **own}

    def look(self, addresses: Iterable[bytes]) -> None:
        """See `DataPlane`."""
        self._tunnels.look(addresses)

    def refused(self) -> int:
        """See `DataPlane`."""
        return self._admission.refused()

    def lost(self) -> int:
        """See `DataPlane`."""
        return self._user_space.lost()

    def admit_again(self) -> None:
        """See `DataPlane`."""
        self._admission.admit_again()

    # --- what the node sets ---

    def set_tunnel(self, tunnel: SetTunnel) -> None:
        """Admit first, then lead: an answer may come at once."""
        self._user_space.detours.set_tunnel(tunnel)
        self._admission.set_tunnel(tunnel)
        self._accept(tunnel)
        self._lead(tunnel)

    def lead_anew(self, ends: Ends) -> None:
        """See `NarrowPaths.changed`: the kernel doesn't fragment what it has wrapped for others, user space does."""
        for tunnel in self._user_space.detours.tunnels_between(*ends):
            self._lead(tunnel)

    def _lead(self, tunnel: SetTunnel) -> None:
        home, into = tunnel.home_address, _into(tunnel)
        if self._fits(tunnel) and self._tunnels.lead(home, into, tunnel.local, tunnel.remotes[0]):
            if tunnel.end is End.HOME_AGENT:
                self._user_space.unlead(tunnel)
            else:
                self._kernel.set_source_rule(home)
                self._kernel.remove_route(_ANYWHERE, 0, table=TABLE)  # the tunnel's has taken its place
            return
        self._tunnels.unlead(home, into)
        self._user_space.lead(tunnel)

    def _fits(self, tunnel: SetTunnel) -> bool:
        return bool(tunnel.remotes) and not self._user_space.paths.is_narrow((tunnel.local, tunnel.remotes[0]))

    def _accept(self, tunnel: SetTunnel) -> None:
        key = tunnel.end, tunnel.home_address
        before = self._locals.pop(key, None)
        if tunnel.remotes:
            self._locals[key] = tunnel.local
            self._users[tunnel.local] += 1
            if self._users[tunnel.local] == 1:
                self._tunnels.accept(tunnel.local, tunnel.end)
        if before is not None:
            self._users[before] -= 1
            if not self._users[before]:
                del self._users[before]
                self._tunnels.refuse(before)

    def set_optimised_route(self, route: SetOptimisedRoute) -> None:
        """In user space. At the mobile node, such a correspondent's packets go there, all others into the tunnel."""
        self._user_space.set_optimised_route(route)
        if route.end is not End.MOBILE_NODE:
            return
        if route.care_of_address is not None:
            self._routes.set(TunnelRoute(route.peer, 128, self._index, table=TABLE))
        else:
            self._routes.remove(route.peer, 128, TABLE)

    # --- in ---

    def receive(self, datagram: bytes, found: ipv6.Carried, *, in_pieces: bool = False) -> bool:
        """A tunnel's packet without further headers is the kernel's; it was looked at, since it may hold signalling."""
        is_the_kernels = datagram[_NEXT_HEADER] == ipv6.IPV6 and not in_pieces
        return is_the_kernels or self._user_space.receive(datagram, found)

    def too_big(self, datagram: bytes, mtu: int) -> None:
        """See `DataPlane`."""
        self._user_space.too_big(datagram, mtu)

    def unpack(self, tunnelled: Ring) -> None:
        """See `DataPlane`: the kernel does, and there is no such ring."""

    def close(self) -> None:
        """See `DataPlane`. Routes and tunnels are whose they were before."""
        self._admission.close()
        self._user_space.close()


def _into(tunnel: SetTunnel) -> Into:
    """At the home agent, packets to the home address; at the mobile node, all from it: a rule leads them there."""
    return (tunnel.home_address, 128, MAIN) if tunnel.end is End.HOME_AGENT else (_ANYWHERE, 0, TABLE)


__all__ = ["KernelDataPlane"]

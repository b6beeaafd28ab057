"""Where Mobile IPv6 leads a machine's packets: tunnels (RFC 2473) and optimised routes, as its nodes have set them."""

from __future__ import annotations

from mhatool.engine.actions import End, SetOptimisedRoute, SetTunnel
from mhatool.network import datagram as ipv6


class Detours:
    """Tunnels by home address, optimised routes by home address and correspondent; both for each end."""

    def __init__(self) -> None:
        self._tunnels: dict[End, dict[bytes, SetTunnel]] = {end: {} for end in End}
        self._routes: dict[End, dict[tuple[bytes, bytes], bytes]] = {end: {} for end in End}

    def set_tunnel(self, tunnel: SetTunnel) -> None:
        """Put it in the place of what was set for this home address and end; without remotes it goes."""
        table = self._tunnels[tunnel.end]
        if tunnel.remotes:
            table[tunnel.home_address] = tunnel
        else:
            table.pop(tunnel.home_address, None)

    def set_optimised_route(self, route: SetOptimisedRoute) -> None:
        """The same for the route between a home address and a correspondent; without a care-of address it goes."""
        key = route.home_address, route.peer
        if route.care_of_address is not None:
            self._routes[route.end][key] = route.care_of_address
        else:
            self._routes[route.end].pop(key, None)

    @property
    def only_intercepts(self) -> bool:
        """Whether all that leaves is wrapped by its destination alone: the machine is a home agent and nothing else."""
        return not (self._tunnels[End.MOBILE_NODE] or self._routes[End.MOBILE_NODE] or self._routes[End.CORRESPONDENT])

    @property
    def tunnels(self) -> list[SetTunnel]:
        """Those that there are, at the mobile node's end first."""
        return [tunnel for table in self._tunnels.values() for tunnel in table.values()]

    def tunnels_between(self, local: bytes, remote: bytes) -> list[SetTunnel]:
        """Those by which packets leave with these addresses."""
        return [tunnel for tunnel in self.tunnels if (tunnel.local, tunnel.remotes[0]) == (local, remote)]

    @property
    def optimised_routes(self) -> list[SetOptimisedRoute]:
        """Those that there are."""
        return [
            SetOptimisedRoute(end, home_address, peer, care_of_address)
            for end, table in self._routes.items()
            for (home_address, peer), care_of_address in table.items()
        ]

    # --- outgoing ---

    def is_away(self, home_address: bytes) -> bool:
        """Whether it is a home address of this machine's, away from home."""
        return home_address in self._tunnels[End.MOBILE_NODE]

    def intercepts(self, destination: bytes) -> SetTunnel | None:
        """The tunnel to a mobile node, where this machine is its home agent."""
        return self._tunnels[End.HOME_AGENT].get(destination)

    def wraps(self, source: bytes, destination: bytes) -> SetTunnel | None:
        """The tunnel that a packet between these leaves in, where its route isn't optimised."""
        return self._tunnels[End.MOBILE_NODE].get(source) or self.intercepts(destination)

    def is_optimised(self, home_address: bytes, peer: bytes) -> bool:
        """Whether the mobile node's packets to a correspondent go without the tunnel."""
        return (home_address, peer) in self._routes[End.MOBILE_NODE]

    def answers_directly(self, home_address: bytes, peer: bytes) -> bool:
        """Whether this machine is a correspondent whose packets to a mobile node go without the tunnel."""
        return (home_address, peer) in self._routes[End.CORRESPONDENT]

    def outgoing(self, datagram: bytes) -> bytes:
        """What the machine's own packet becomes: as it is, with a header more, or in a tunnel."""
        source, destination = ipv6.source(datagram), ipv6.destination(datagram)
        care_of_address = self._routes[End.CORRESPONDENT].get((destination, source))
        if care_of_address is not None:
            datagram = ipv6.with_routing_header(datagram, care_of_address)
        care_of_address = self._routes[End.MOBILE_NODE].get((source, destination))
        if care_of_address is not None:
            return ipv6.with_home_address(datagram, care_of_address)
        tunnel = self.wraps(source, ipv6.destination(datagram))
        return ipv6.encapsulate(datagram, tunnel.local, tunnel.remotes[0]) if tunnel is not None else datagram

    def reverse(self, datagram: bytes) -> bytes:
        """What a message of a node's own becomes: in the tunnel where it leaves from a home address that is away.

        Whatever node of the machine speaks from there: elsewhere routers may pass no such source on (RFC 6275, 11.3.1).
        """
        tunnel = self._tunnels[End.MOBILE_NODE].get(ipv6.source(datagram))
        return ipv6.encapsulate(datagram, tunnel.local, tunnel.remotes[0]) if tunnel is not None else datagram

    # --- incoming ---

    def unpacks(self, outer_source: bytes, outer_destination: bytes, inner: bytes) -> End | None:
        """At whose end this tunnelled packet is unpacked; None where nobody set such a tunnel.

        At the mobile node every home agent of its list may send; at the home agent the outer source is the care-of
        address that is bound to the inner source (RFC 6275, 10.4.5).
        """
        tunnel = self._tunnels[End.MOBILE_NODE].get(ipv6.destination(inner))
        if tunnel is not None and tunnel.local == outer_destination and outer_source in tunnel.remotes:
            return End.MOBILE_NODE
        tunnel = self._tunnels[End.HOME_AGENT].get(ipv6.source(inner))
        if tunnel is not None and tunnel.local == outer_destination and tunnel.remotes[0] == outer_source:
            return End.HOME_AGENT
        return None

    def covers(self, home_address: bytes, source: bytes, destination: bytes) -> bool:
        """Whether a binding says that `home_address` is at `source`, for packets to this destination (9.3.1)."""
        if self._routes[End.CORRESPONDENT].get((home_address, destination)) == source:
            return True
        tunnel = self.intercepts(home_address)
        return tunnel is not None and tunnel.remotes[0] == source


__all__ = ["Detours"]

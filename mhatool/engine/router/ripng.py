"""RIPng (RFC 2080): requests, responses, triggered updates, split horizon."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from dissectors.build import build, layer
from dissectors.errors import DecodeError
from dissectors.ipv6.address import UNSPECIFIED, is_link_local, is_multicast
from dissectors.ipv6.header import Ipv6
from dissectors.ipv6.link import Udp
from dissectors.ripng import PORT, Ripng, RouteTableEntry
from mhatool.engine.actions import JoinGroup, RemoveRoute, SetRoute
from mhatool.engine.arrival import Arrival
from mhatool.engine.departure import ON_LINK
from mhatool.engine.drops import DropReason
from mhatool.engine.node import Output, Randomness
from mhatool.engine.route_events import RouteChanged
from mhatool.engine.router.configuration import ConnectedNetwork, RipngConfiguration, RouterConfiguration
from mhatool.engine.router.routing_table import INFINITY, Key, LearnedRoute, RoutingTable
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import nanoseconds

ALL_RIP_ROUTERS: Final = bytes.fromhex("ff020000000000000000000000000009")
REQUEST: Final = 1
RESPONSE: Final = 2
NEXT_HOP: Final = 0xFF
"""The metric of an entry that names the next hop of those after it (RFC 2080, 2.1.1)."""
MOST_ENTRIES: Final = 72
"""As many fit into 1,500 octets with the headers of IPv6, UDP and RIPng (RFC 2080, 2.1)."""
_UDP_HEADER: Final = 8
_UPDATE: Final = "update"
_TRIGGERED: Final = "triggered"

#: Tells why a packet was not taken.
Refuse = Callable[[Arrival, DropReason, str], None]


class RipngProcess:
    """One router's RIPng. Timers: the regular update, a triggered one, and a deadline for each learned route."""

    def __init__(
        self, configuration: RouterConfiguration, ripng: RipngConfiguration, output: Output, randomness: Randomness
    ) -> None:
        self.table = RoutingTable()
        self.timers: Timers[str | Key] = Timers()
        self._configuration = configuration
        self._ripng = ripng
        self._output = output
        self._randomness = randomness
        self._sources: dict[str, bytes] = {}
        self._triggered_until = 0
        self._connected = {(network.prefix, network.prefix_length): network.metric for network in ripng.networks}

    def start(self, link_local_addresses: dict[str, bytes], now: int) -> None:
        """Ask everybody for everything, and begin to tell (2.4.1)."""
        self._sources = {name: link_local_addresses[name] for name in self._ripng.interfaces}
        for interface in self._sources:
            self._output.act(JoinGroup(interface, ALL_RIP_ROUTERS))
            self._ask(interface)
        self._tell_everybody()
        self._plan_update(now)

    def _ask(self, interface: str) -> None:
        """For everything."""
        whole = RouteTableEntry(prefix=UNSPECIFIED, prefix_length=0, metric=INFINITY)
        self._send(Ripng(command=REQUEST, entries=(whole,)), interface, ALL_RIP_ROUTERS)

    # --- links that fail ---

    def link_changed(self, interface: str, up: bool, now: int) -> None:
        """What leads there leads nowhere any more, or does again; neighbours hear of it at once (2.5.1)."""
        networks = [network for network in self._ripng.networks if network.interface == interface]
        if up:
            for network in networks:
                self._connect(network)
            if interface in self._sources:
                self._ask(interface)
            self._tell_everybody()
            return
        for network in networks:
            self._disconnect(network, now)
        for route in self.table:
            if route.interface == interface and route.is_usable:
                self._lose(route, now, "interface")
        self._plan_triggered(now)

    def _connect(self, network: ConnectedNetwork) -> None:
        key = network.prefix, network.prefix_length
        self._connected[key] = network.metric
        if self.table.get(key) is not None:
            self.table.remove(key)
            self.timers.cancel(key)
            self._output.act(RemoveRoute(*key))

    def _disconnect(self, network: ConnectedNetwork, now: int) -> None:
        """It is told as unreachable for a while, and may be learned from others like any prefix."""
        key = network.prefix, network.prefix_length
        if self._connected.pop(key, None) is not None:
            route = LearnedRoute(*key, network.metric, network.interface, UNSPECIFIED)
            self.table.put(route)
            self._lose(route, now, "interface")

    # --- what comes ---

    def receive(self, arrival: Arrival, refuse: Refuse) -> None:
        """A datagram for the RIPng port."""
        try:
            message = self._parse(arrival)
        except DecodeError as error:
            refuse(arrival, DropReason.MALFORMED, str(error))
            return
        if arrival.source in self._sources.values() or arrival.interface not in self._sources:
            refuse(arrival, DropReason.NOT_FOR_US, "RIPng of our own, or where we don't speak it")
        elif message.command == REQUEST:
            self._answer(message, arrival)
        elif message.command != RESPONSE:
            refuse(arrival, DropReason.UNKNOWN_MESSAGE, f"RIPng command {message.command}")
        elif not is_link_local(arrival.source) or arrival.message.source_port != PORT:
            refuse(arrival, DropReason.NOT_FOR_US, "a response from no neighbour (RFC 2080, 2.4.2)")
        elif arrival.hop_limit != ON_LINK:
            refuse(arrival, DropReason.HOP_LIMIT, "a response from beyond the link (RFC 2080, 2.4.2)")
        else:
            self._learn_all(message, arrival)

    def _parse(self, arrival: Arrival) -> Ripng:
        datagram = arrival.datagram
        start = datagram.index(arrival.upper_octets, 40) + _UDP_HEADER
        parse = self._configuration.profile.codec.parser(Ripng)
        message: Ripng = parse(datagram, start, len(datagram))
        return message

    def _answer(self, request: Ripng, arrival: Arrival) -> None:
        """The whole table, or what is known of each prefix that was asked for: to whichever port asked (2.4.1)."""
        entries = request.entries
        if not entries:
            return
        is_whole = len(entries) == 1 and entries[0].prefix_length == 0 and entries[0].metric == INFINITY
        if is_whole:
            told = self._entries(arrival.interface)
        else:
            told = [entry.replace(metric=self._metric((entry.prefix, entry.prefix_length))) for entry in entries]
        self._tell(arrival.interface, arrival.source, told, arrival.message.source_port)

    def _metric(self, key: Key) -> int:
        route = self.table.get(key)
        return self._connected.get(key, route.metric if route is not None else INFINITY)

    def _learn_all(self, message: Ripng, arrival: Arrival) -> None:
        next_hop = arrival.source
        for entry in message.entries:
            if entry.metric == NEXT_HOP:
                next_hop = entry.prefix if is_link_local(entry.prefix) else arrival.source
            elif self._is_sound(entry):
                self._learn(entry, arrival.interface, next_hop, arrival.now)
        if self.table.has_changed:
            self._plan_triggered(arrival.now)

    @staticmethod
    def _is_sound(entry: RouteTableEntry) -> bool:
        unusable = is_multicast(entry.prefix) or is_link_local(entry.prefix) or entry.prefix_length > 128
        return not unusable and 1 <= entry.metric <= INFINITY

    def _learn(self, entry: RouteTableEntry, interface: str, next_hop: bytes, now: int) -> None:
        """What an entry changes (2.4.2)."""
        key = entry.prefix, entry.prefix_length
        if key in self._connected:
            return
        metric = min(entry.metric + self._ripng.cost, INFINITY)
        known = self.table.get(key)
        if known is None:
            if metric < INFINITY:
                self._take(LearnedRoute(*key, metric, interface, next_hop, entry.route_tag), now, "new")
            return
        same = (known.interface, known.next_hop) == (interface, next_hop)
        if same and metric == known.metric:
            if known.is_usable:
                self.timers.set(key, now + nanoseconds(self._ripng.timeout_s))
        elif same and metric == INFINITY:
            self._lose(known, now, "withdrawn")
        elif same or metric < known.metric:
            self._take(LearnedRoute(*key, metric, interface, next_hop, entry.route_tag), now, "changed")

    def _take(self, route: LearnedRoute, now: int, cause: str) -> None:
        self.table.put(route)
        self.timers.set(route.key, now + nanoseconds(self._ripng.timeout_s))
        self._output.act(SetRoute(route.prefix, route.prefix_length, route.interface, route.next_hop))
        self._tell_change(route, now, cause)

    def _lose(self, route: LearnedRoute, now: int, cause: str) -> None:
        """It is told as unreachable for a while, and then forgotten (2.3)."""
        route.metric = INFINITY
        route.changed = True
        self.timers.set(route.key, now + nanoseconds(self._ripng.garbage_s))
        self._output.act(RemoveRoute(route.prefix, route.prefix_length))
        self._tell_change(route, now, cause)

    def _tell_change(self, route: LearnedRoute, now: int, cause: str) -> None:
        self._output.tell(
            RouteChanged(
                time_ns=now,
                node=self._configuration.name,
                prefix=route.prefix,
                prefix_length=route.prefix_length,
                metric=route.metric,
                interface=route.interface,
                next_hop=route.next_hop,
                cause=cause,
            )
        )

    # --- what is due ---

    def handle_timer(self, now: int) -> None:
        """Send updates and expire routes."""
        for key in self.timers.due(now):
            if key == _UPDATE:
                self._tell_everybody()
                self._plan_update(now)
            elif key == _TRIGGERED:
                if self.table.has_changed:
                    self._tell_everybody(changed_only=True)
                self._triggered_until = 0
            elif isinstance(key, tuple):
                self._expire(key, now)

    def _expire(self, key: Key, now: int) -> None:
        route = self.table.get(key)
        if route is None:
            return
        if route.is_usable:
            self._lose(route, now, "timeout")
            self._plan_triggered(now)
        else:
            self.table.remove(key)

    def _plan_update(self, now: int) -> None:
        jitter = self._randomness.uniform(-self._ripng.update_jitter_s, self._ripng.update_jitter_s)
        self.timers.set(_UPDATE, now + nanoseconds(self._ripng.update_s + jitter))

    def _plan_triggered(self, now: int) -> None:
        """At once, unless one has just left: then after a random wait (2.5.1)."""
        if self.timers.deadline(_TRIGGERED) is not None:
            return
        wait = self._randomness.uniform(self._ripng.triggered_minimum_s, self._ripng.triggered_maximum_s)
        self._tell_everybody(changed_only=True)
        self.timers.set(_TRIGGERED, now + nanoseconds(wait))

    # --- what is told ---

    def _tell_everybody(self, *, changed_only: bool = False) -> None:
        for interface in self._sources:
            self._tell(interface, ALL_RIP_ROUTERS, self._entries(interface, changed_only=changed_only))
        self.table.told()

    def _entries(self, interface: str, *, changed_only: bool = False) -> list[RouteTableEntry]:
        """What this interface's neighbours are told: what came from there not, or as unreachable (2.6)."""
        connected = [] if changed_only else list(self._connected.items())
        found = [RouteTableEntry(prefix=key[0], prefix_length=key[1], metric=metric) for key, metric in connected]
        for route in self.table:
            comes_from_there = route.interface == interface
            if (changed_only and not route.changed) or (comes_from_there and not self._ripng.poisons):
                continue
            metric = INFINITY if comes_from_there else route.metric
            entry = RouteTableEntry(
                prefix=route.prefix, route_tag=route.tag, prefix_length=route.prefix_length, metric=metric
            )
            found.append(entry)
        return found

    def _tell(self, interface: str, destination: bytes, entries: Iterable[RouteTableEntry], port: int = PORT) -> None:
        left = list(entries)
        while left:
            some, left = left[:MOST_ENTRIES], left[MOST_ENTRIES:]
            self._send(Ripng(command=RESPONSE, entries=tuple(some)), interface, destination, port)

    def _send(self, message: Ripng, interface: str, destination: bytes, port: int = PORT) -> None:
        layers = (
            layer(Ipv6(source=self._sources[interface], destination=destination, hop_limit=ON_LINK)),
            layer(Udp(source_port=PORT, destination_port=port)),
            layer(message),
        )
        self._output.send(build(layers, self._configuration.profile), interface)


__all__ = ["ALL_RIP_ROUTERS", "RipngProcess"]

"""A machine's routing table: the longest prefix wins; what was found is kept until a route changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """Where packets for a prefix go: to a neighbour, or onto the link itself where `next_hop` is None."""

    prefix: bytes
    prefix_length: int
    interface: str
    next_hop: bytes | None = None


def network_of(address: bytes, prefix_length: int) -> bytes:
    """The address with all bits after the prefix zero."""
    bits = int.from_bytes(address)
    return (bits >> (128 - prefix_length) << (128 - prefix_length)).to_bytes(16)


class Routes:
    """Routes by prefix. One that belongs to an address of an interface and one that was set may share a prefix: the
    set one wins, and the other is there again when it goes."""

    def __init__(self) -> None:
        self._set: dict[int, dict[bytes, Route]] = {}
        self._on_link: dict[int, dict[bytes, dict[str, int]]] = {}
        self._found: dict[bytes, Route | None] = {}

    def __iter__(self) -> Iterator[Route]:
        return iter([route for table in self._set.values() for route in table.values()])

    def add(self, route: Route) -> None:
        """Set a route, in the place of the one that was set for this prefix."""
        prefix = network_of(route.prefix, route.prefix_length)
        self._set.setdefault(route.prefix_length, {})[prefix] = route
        self._found.clear()

    def remove(self, prefix: bytes, prefix_length: int) -> None:
        """Take a set route away; nothing where there is none."""
        self._set.get(prefix_length, {}).pop(network_of(prefix, prefix_length), None)
        self._found.clear()

    def add_on_link(self, address: bytes, prefix_length: int, interface: str) -> None:
        """An interface has an address: what shares its prefix is on its link."""
        table = self._on_link.setdefault(prefix_length, {}).setdefault(network_of(address, prefix_length), {})
        table[interface] = table.get(interface, 0) + 1
        self._found.clear()

    def remove_on_link(self, address: bytes, prefix_length: int, interface: str) -> None:
        """It has it no longer."""
        table = self._on_link.get(prefix_length, {}).get(network_of(address, prefix_length), {})
        if table.get(interface, 0) > 1:
            table[interface] -= 1
        else:
            table.pop(interface, None)
        self._found.clear()

    def find(self, destination: bytes) -> Route | None:
        """The route for a destination; None without one."""
        try:
            return self._found[destination]
        except KeyError:
            found = self._found[destination] = self._longest(destination)
            return found

    def _longest(self, destination: bytes) -> Route | None:
        lengths = sorted({*self._set, *self._on_link}, reverse=True)
        for length in lengths:
            prefix = network_of(destination, length)
            route = self._set.get(length, {}).get(prefix)
            if route is not None:
                return route
            interfaces = self._on_link.get(length, {}).get(prefix)
            if interfaces:
                return Route(prefix, length, next(iter(interfaces)))
        return None


__all__ = ["Route", "Routes", "network_of"]

"""Routes by RIPng: what is known, by whom, how far, and until when (RFC 2080, 2.2 and 2.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

INFINITY = 16
Key = tuple[bytes, int]
"""A prefix and its length."""


class LearnedRoute(Struct):
    """A route by another router. `changed` until the others were told."""

    prefix: bytes
    prefix_length: int
    metric: int
    interface: str
    next_hop: bytes
    tag: int = 0
    changed: bool = True

    @property
    def key(self) -> Key:
        """How it is found."""
        return self.prefix, self.prefix_length

    @property
    def is_usable(self) -> bool:
        """Whether packets can go that way."""
        return self.metric < INFINITY


class RoutingTable:
    """The learned routes, by prefix."""

    def __init__(self) -> None:
        self._routes: dict[Key, LearnedRoute] = {}

    def __iter__(self) -> Iterator[LearnedRoute]:
        return iter(list(self._routes.values()))

    def get(self, key: Key) -> LearnedRoute | None:
        """The route to this prefix."""
        return self._routes.get(key)

    def put(self, route: LearnedRoute) -> None:
        """A new route, or another in its place."""
        self._routes[route.key] = route

    def remove(self, key: Key) -> None:
        """Forget it."""
        self._routes.pop(key, None)

    @property
    def has_changed(self) -> bool:
        """Whether there is something that the others weren't told yet."""
        return any(route.changed for route in self._routes.values())

    def told(self) -> None:
        """The others know all of it."""
        for route in self._routes.values():
            route.changed = False


__all__ = ["INFINITY", "Key", "LearnedRoute", "RoutingTable"]

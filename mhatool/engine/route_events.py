"""What a router learns of routes: category `route`."""

from __future__ import annotations

from mhatool.engine.events import Event


class RouteChanged(Event, frozen=True, kw_only=True, tag="route:changed"):
    """A route by RIPng, each time that it changes; metric 16 is infinity: the route is gone (RFC 2080, 2.1)."""

    prefix: bytes
    prefix_length: int
    metric: int
    interface: str
    next_hop: bytes
    cause: str


__all__ = ["RouteChanged"]

"""Routes that the kernel has learned from router advertisements: where a mobile node runs, its engine sets them.

The kernel keeps them when an interface is carried to another link without going down, and that of the home prefix then
leads every packet for a home agent to a link where it isn't.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_ROUTES: Final = Path("/proc/net/ipv6_route")
_RTF_ADDRCONF: Final = 0x0004_0000
"""The kernel's mark of what came in an advertisement, also of what never ends (linux/ipv6_route.h)."""
_ROUTER_SOLICITATION: Final = bytes([133, 0, 0, 0, 0, 0, 0, 0])
"""RFC 4861, 4.1; the kernel fills in the checksum."""


class LearnedRoute(NamedTuple):
    """Where it leads; `next_hop` is None for a prefix of the link itself."""

    prefix: bytes
    length: int
    next_hop: bytes | None
    metric: int


def learned_routes(interface: str) -> list[LearnedRoute]:
    """Those by an interface, as they are now."""
    return list(learned_in(_ROUTES.read_text("ascii"), interface))


def learned_in(listed: str, interface: str) -> Iterator[LearnedRoute]:
    """Those in the kernel's list, a route a line: prefix, its length, source and its length, next hop, metric, two
    counters, flags, interface.
    """
    for line in listed.splitlines():
        prefix, length, _, _, next_hop, metric, _, _, flags, name = line.split()
        if name == interface and int(flags, 16) & _RTF_ADDRCONF:
            by = bytes.fromhex(next_hop)
            yield LearnedRoute(bytes.fromhex(prefix), int(length, 16), by if any(by) else None, int(metric, 16))


def have_learned(interface: str) -> None:
    """Ask the link's routers to advertise themselves now (RFC 4861, 6.3.7): the kernel may listen to them again."""
    with (
        suppress(OSError),  # the interface is down, or gone: it asks itself when it comes up
        socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_ICMPV6) as asking,
    ):
        asking.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        asking.sendto(_ROUTER_SOLICITATION, ("ff02::2", 0, 0, socket.if_nametoindex(interface)))


__all__ = ["LearnedRoute", "have_learned", "learned_in", "learned_routes"]

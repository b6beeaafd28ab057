"""Packets that were too big for a tunnel's path: those who sent them are told (RFC 2473, 8).

A router on the way, or our own kernel where the way begins, tells the tunnel's entry, since the outer header names it
as the sender. Likewise by an optimised route: the kernel doesn't know the packets that we have changed.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable
from typing import Final

from mhatool.live.clock import Clock
from mhatool.live.data_plane.paths import NarrowPaths
from mhatool.network import datagram as ipv6
from mhatool.network import icmp
from mhatool.network.detours import Detours

_ICMPV6_FILTER: Final = 1
_QUOTED: Final = 8
"""Where what an error quotes begins."""
_VERSION: Final = 6
_AT_ONCE: Final = 64


class PathErrors:
    """Hears Packet Too Big about our detours' packets; `tell` gets the datagram that tells the inner one's sender.

    `of_tunnels`: about those of tunnels too; else somebody else sees to them.
    """

    def __init__(
        self,
        detours: Detours,
        clock: Clock,
        tell: Callable[[bytes], None],
        paths: NarrowPaths,
        *,
        of_tunnels: bool = True,
    ) -> None:
        self._detours = detours
        self._clock = clock
        self._tell = tell
        self._paths = paths
        self._of_tunnels = of_tunnels
        self._rate = icmp.ErrorRate()
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_ICMPV6)
        blocked = [0xFFFFFFFF] * 8
        blocked[0] &= ~(1 << icmp.PACKET_TOO_BIG)
        self._socket.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, struct.pack("=8I", *blocked))
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """For whoever waits for them."""
        return self._socket.fileno()

    def read(self) -> None:
        """Pass on what has come."""
        for _ in range(_AT_ONCE):
            try:
                message = self._socket.recv(ipv6.MINIMUM_MTU)
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    continue
                return
            if len(message) >= _QUOTED + ipv6.HEADER:
                self.take(int.from_bytes(message[4:_QUOTED]), message[_QUOTED:])

    def take(self, mtu: int, quoted: bytes) -> None:
        """A packet of ours was longer than `mtu`: tell the sender of what is in it, if it left by a detour.

        `quoted` is the packet, or its beginning.
        """
        found = ipv6.carried(quoted)
        if found.protocol in {ipv6.IPV6, ipv6.FRAGMENT} and found.at == ipv6.HEADER:
            inner, header = self._tunnelled(quoted, found), ipv6.HEADER
        else:
            inner, header = self._optimised(quoted, found), found.at - ipv6.HEADER
        if inner is None:
            return
        source = ipv6.source(quoted)
        if mtu - header < ipv6.MINIMUM_MTU:
            self._paths.learn((source, ipv6.destination(quoted)))
        if ipv6.length(inner) > max(mtu - header, ipv6.MINIMUM_MTU):
            self.tell(mtu - header, inner, source)

    def _tunnelled(self, quoted: bytes, found: ipv6.Carried) -> bytes | None:
        """What a packet of a tunnel of ours holds; of its fragments the first, which is the longest, tells."""
        inner = quoted[found.at :]
        if found.fragment_at is not None:
            is_first_of_tunnel = inner[:1] == bytes([ipv6.IPV6]) and not int.from_bytes(inner[2:4]) & 0xFFF8
            inner = inner[8:] if is_first_of_tunnel else b""
        if not self._of_tunnels or len(inner) < ipv6.HEADER or inner[0] >> 4 != _VERSION:
            return None
        tunnel = self._detours.wraps(ipv6.source(inner), ipv6.destination(inner))
        ends = ipv6.source(quoted), ipv6.destination(quoted)
        return inner if tunnel is not None and (tunnel.local, tunnel.remotes[0]) == ends else None

    def _optimised(self, quoted: bytes, found: ipv6.Carried) -> bytes | None:
        """A packet by an optimised route, as the kernel has sent it."""
        source, destination = found.home_address or ipv6.source(quoted), found.routed_to or ipv6.destination(quoted)
        by_node = found.home_address is not None and self._detours.is_optimised(source, destination)
        by_correspondent = found.routed_to is not None and self._detours.answers_directly(destination, source)
        if found.problem is not None or not (by_node or by_correspondent):
            return None
        return ipv6.as_sent(quoted, found, source, destination)

    def tell(self, mtu: int, inner: bytes, source: bytes) -> None:
        """Tell an inner packet's sender how long it may be; never less than every link must carry (RFC 2473, 7.1)."""
        if icmp.may_be_told(inner, icmp.Problem.TOO_BIG) and self._rate.allows(self._clock.now()):
            self._tell(icmp.error(inner, icmp.Problem.TOO_BIG, max(mtu, ipv6.MINIMUM_MTU), source))

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


__all__ = ["PathErrors"]

"""Packets that were too big for a tunnel's path: those who sent them are told (RFC 2473, 8).

A router on the way, or our own kernel where the way begins, tells the tunnel's entry, since the outer header names it
as the sender.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable
from typing import Final

from mhatool.live.clock import Clock
from mhatool.network import datagram as ipv6
from mhatool.network import icmp
from mhatool.network.detours import Detours

_ICMPV6_FILTER: Final = 1
_INNER: Final = 8 + ipv6.HEADER
"""Where the inner packet begins: behind the error and the outer header that it quotes."""
_AT_ONCE: Final = 64


class PathErrors:
    """Hears Packet Too Big about our tunnels' packets; `tell` gets the datagram that tells the inner one's sender."""

    def __init__(self, detours: Detours, clock: Clock, tell: Callable[[bytes], None]) -> None:
        self._detours = detours
        self._clock = clock
        self._tell = tell
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
            if len(message) >= _INNER + ipv6.HEADER:
                self.take(int.from_bytes(message[4:8]), message[8:_INNER], message[_INNER:])

    def take(self, mtu: int, outer: bytes, inner: bytes) -> None:
        """An outer packet was longer than `mtu`: tell the sender of the inner one, if the tunnel is ours."""
        if outer[6] != ipv6.IPV6 or inner[0] >> 4 != 6:
            return
        tunnel = self._detours.wraps(ipv6.source(inner), ipv6.destination(inner))
        if tunnel is None or (tunnel.local, tunnel.remotes[0]) != (ipv6.source(outer), ipv6.destination(outer)):
            return
        self.tell(mtu - ipv6.HEADER, inner, tunnel.local)

    def tell(self, mtu: int, inner: bytes, source: bytes) -> None:
        """Tell an inner packet's sender how long it may be; never less than every link must carry (RFC 2473, 7.1)."""
        if icmp.may_be_told(inner, icmp.Problem.TOO_BIG) and self._rate.allows(self._clock.now()):
            self._tell(icmp.error(inner, icmp.Problem.TOO_BIG, max(mtu, ipv6.MINIMUM_MTU), source))

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


__all__ = ["PathErrors"]

"""Groups and shared addresses that the kernel joins on a link for us, however many they are.

A socket has room for some (net.core.optmem_max): for 2,340 groups of 128 KiB, which kernels from 6.8 on have, and some
hundred before. A home agent joins one for each binding: the home address's solicited-node group (RFC 4861, 7.2.1).
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import Final

_IPV6_JOIN_ANYCAST: Final = 27
_NO_ROOM: Final = frozenset({errno.ENOMEM, errno.ENOBUFS})


class Memberships:
    """Those of one interface. `index` is its number, 0 while there is none."""

    def __init__(self, index: int) -> None:
        self.index = index
        self._sockets: list[socket.socket] = []
        self._holders: dict[bytes, socket.socket] = {}
        """The socket of each group."""
        self._shared: dict[bytes, socket.socket] = {}
        """The socket of each anycast address."""

    def join(self, group: bytes) -> None:
        """Hear a group, and tell snooping switches so. OSError where the kernel can't."""
        self._holders[group] = self._take(socket.IPV6_JOIN_GROUP, group)

    def leave(self, group: bytes) -> None:
        """Hear it no longer."""
        holder = self._holders.pop(group)
        holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, self._request(group))

    def share(self, address: bytes) -> None:
        """Share an anycast address of the link (RFC 4291, 2.6); the kernel answers for it then."""
        self._shared[address] = self._take(_IPV6_JOIN_ANYCAST, address)

    def _take(self, option: int, address: bytes) -> socket.socket:
        """Let a socket do it that has room, the latest first, or a new one."""
        for known in reversed(self._sockets):
            try:
                known.setsockopt(socket.IPPROTO_IPV6, option, self._request(address))
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
            else:
                return known
        new = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._sockets.append(new)
        new.setsockopt(socket.IPPROTO_IPV6, option, self._request(address))
        return new

    def _request(self, address: bytes) -> bytes:
        return struct.pack("16si", address, self.index)

    def move(self, index: int) -> None:
        """The interface is another one now: the same there, on sockets that know nothing of the old one."""
        groups, shared = list(self._holders), list(self._shared)
        self.close()
        self.index = index
        for group in groups:
            self.join(group)
        for address in shared:
            self.share(address)

    def close(self) -> None:
        """All are left."""
        for each in self._sockets:
            each.close()
        self._sockets.clear()
        self._holders.clear()
        self._shared.clear()


__all__ = ["Memberships"]

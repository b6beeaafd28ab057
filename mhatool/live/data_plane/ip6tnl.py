"""Tunnels by ip6_tunnel, which most distributions' kernels have."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from mhatool.engine.actions import End
from mhatool.live.data_plane.routes import Encapsulation, Routes, TunnelRoute
from mhatool.live.data_plane.tunnels import Hook, Into
from mhatool.live.errors import LiveError
from mhatool.live.netlink import CREATE, EXCLUSIVE, Netlink, RefusedError, attribute, nested
from mhatool.network import datagram as ipv6

_IP6: Final = 4
_NEW_LINK, _DELETE_LINK = 16, 17
_IFLA_NAME, _IFLA_MTU, _IFLA_LINKINFO, _KIND, _DATA = 3, 4, 18, 1, 2
_PROTOCOL, _METADATA = 9, 19


class Ip6Tunnel:
    """One device of ip6_tunnel for all tunnels: each route names the ends of its own (`ip route ... encap ip6`).

    Without a Tunnel Encapsulation Limit option (RFC 2473, 5.1). The device tells senders what is too big itself.
    """

    name = "ip6tnl"
    tells_too_big = True
    fragments = True
    admits_at: Hook = "input"

    def __init__(self, routes: Routes, netlink: Netlink, device: str) -> None:
        self._routes = routes
        self._netlink = netlink
        self.device = device
        self._remove()  # of a run that was killed
        try:
            netlink.do(_NEW_LINK, device_request(device), CREATE | EXCLUSIVE)
        except RefusedError as error:
            what = "another tunnel here takes all packets" if error.errno == errno.EEXIST else str(error.strerror)
            raise LiveError(f"ip6tnl: {what}") from error
        self._index = socket.if_nametoindex(device)

    def start(self, device: str, mtu: int) -> None:
        """See `KernelTunnels`."""
        self._netlink.do(_NEW_LINK, _link(self._index, up=True) + attribute(_IFLA_MTU, struct.pack("=I", mtu)))

    def lead(self, home: bytes, into: Into, local: bytes, remote: bytes) -> bool:
        """See `KernelTunnels`."""
        prefix, length, table = into
        self._routes.set(TunnelRoute(prefix, length, self._index, _ends(local, remote), table))
        return True

    def unlead(self, home: bytes, into: Into) -> None:
        """See `KernelTunnels`."""
        self._routes.remove(*into)

    def look(self, addresses: Iterable[bytes]) -> None:
        """See `KernelTunnels`. What comes out of the device finds its way as all that arrives."""

    def accept(self, local: bytes, end: End) -> None:
        """The device takes all; see `Admission` for what comes so far."""

    def refuse(self, local: bytes) -> None:
        """See `accept`."""

    def close(self) -> None:
        """See `KernelTunnels`."""
        self._remove()

    def _remove(self) -> None:
        with suppress(RefusedError):  # there is none
            self._netlink.do(_DELETE_LINK, _link(0) + attribute(_IFLA_NAME, self.device.encode() + b"\0"))


def _link(index: int, *, up: bool = False) -> bytes:
    return struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, int(up), int(up))


def device_request(device: str) -> bytes:
    """A device of ip6_tunnel that takes its ends from routes."""
    protocol = attribute(_PROTOCOL, bytes([ipv6.IPV6]))
    info = nested(_IFLA_LINKINFO, attribute(_KIND, b"ip6tnl"), nested(_DATA, protocol, attribute(_METADATA, b"")))
    return _link(0) + attribute(_IFLA_NAME, device.encode() + b"\0") + info


def _ends(local: bytes, remote: bytes) -> Encapsulation:
    ends = attribute(2, remote) + attribute(3, local) + attribute(4, bytes([ipv6.TUNNEL_HOP_LIMIT]))
    return Encapsulation(_IP6, ends)


__all__ = ["Ip6Tunnel"]

"""Packets in and out of real interfaces: packet(7) sockets to hear and to speak on a link, a raw one for the rest."""

from __future__ import annotations

import fcntl
import socket
import struct
from typing import Final

from dissectors.ipv6.address import is_link_local, is_multicast, text
from mhatool.live.errors import LiveError
from mhatool.live.filter import CARRIERS, heartbeats, program, tunnelled
from mhatool.live.hearing import Ear, Ring
from mhatool.live.interface_names import number_of
from mhatool.live.memberships import Memberships
from mhatool.network.ethernet import group_link_address

_ETH_P_IPV6: Final = 0x86DD
_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, _PACKET_DROP_MEMBERSHIP, _PACKET_MR_MULTICAST = 263, 1, 2, 0
_SIOCGIFMTU: Final = 0x8921


class LinkSocket:
    """What is heard on one interface and is of interest, and what is said there to a neighbour known by its address.

    `mobility` is the protocol number of Mobility Headers. Heartbeats don't wait behind other packets, so that an agent
    that is flooded isn't thought dead.
    `carries`: user space unpacks tunnels. What they only carry comes by a ring, without a word about who sent it.
    """

    def __init__(self, interface: str, mobility: int, *, carries: bool = False) -> None:
        self.interface = interface
        headers = (mobility, *CARRIERS)
        self.ears = (
            Ear(interface, heartbeats(mobility)),
            Ear(interface, program(headers, without_heartbeats_of=mobility)),
        )
        self._socket = self.ears[0].socket
        self.tunnelled = Ring(interface, tunnelled(headers)) if carries else None
        self.link_address: bytes = self._socket.getsockname()[4]
        self.index = socket.if_nametoindex(interface)
        """0 while there is no such interface."""
        self._memberships = Memberships(self.index)
        self._joined: dict[bytes, None] = {}

    def lost_of_tunnels(self) -> int:
        """The same of what tunnels carry."""
        return self.tunnelled.lost() if self.tunnelled is not None else 0

    def mtu(self) -> int:
        """How long a packet the link takes. OSError where the interface is gone."""
        request = struct.pack("16s24x", self.interface.encode())
        mtu: int = struct.unpack_from("16xi", fcntl.ioctl(self._socket, _SIOCGIFMTU, request))[0]
        return mtu

    def follow(self) -> bool:
        """Whether the interface is another one now under the same name, or gone: a new one is heard, groups and all.

        Its address on the link is the first one's, or this is a LiveError: neighbours were told that one, and the
        node's own addresses are made of it.
        """
        index = number_of(self.interface)
        if index == self.index:
            if index:
                self._expect_link_address("has another address on the link now")
            return False
        if index:
            for ear in self.ears:
                ear.bind(self.interface)
            if self.tunnelled is not None:
                self.tunnelled.bind(self.interface)
            self._expect_link_address("is back with another address on the link")
        self.index = index
        if index:
            for group in self._joined:
                self._tell_the_card(group, _PACKET_ADD_MEMBERSHIP)
            self._memberships.move(index)
        return True

    def join_again(self) -> None:
        """The kernel may have forgotten the groups."""
        self._memberships.move(self.index)

    def _expect_link_address(self, otherwise: str) -> None:
        found = self._socket.getsockname()[4]
        if found != self.link_address:
            raise LiveError(f"{self.interface} {otherwise}, {found.hex(':')}: start the node again")

    def send(self, datagram: bytes, link_destination: bytes) -> None:
        """Put a datagram on the link. OSError where the interface is down."""
        self._socket.sendto(datagram, (self.interface, _ETH_P_IPV6, 0, 0, link_destination))

    def join(self, group: bytes) -> None:
        """Hear a multicast group, and tell snooping switches so."""
        self._joined[group] = None
        self._tell_the_card(group, _PACKET_ADD_MEMBERSHIP)
        self._memberships.join(group)

    def leave(self, group: bytes) -> None:
        """Hear it no longer."""
        del self._joined[group]
        self._tell_the_card(group, _PACKET_DROP_MEMBERSHIP)
        self._memberships.leave(group)

    def _tell_the_card(self, group: bytes, option: int) -> None:
        link_group = group_link_address(group)
        request = struct.pack("iHH8s", self.index, _PACKET_MR_MULTICAST, len(link_group), link_group)
        self._socket.setsockopt(_SOL_PACKET, option, request)

    def join_anycast(self, address: bytes) -> None:
        """Share an anycast address of the link (RFC 4291, 2.6); the kernel answers for it then."""
        self._memberships.share(address)

    def close(self) -> None:
        """Hear and say nothing any more; groups are left with it."""
        for ear in self.ears:
            ear.close()
        if self.tunnelled is not None:
            self.tunnelled.close()
        self._memberships.close()


class RawSocket:
    """Datagrams that go where the routes say, written whole by us."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_RAW)
        self._socket.setblocking(False)

    def send(self, datagram: bytes, index: int = 0) -> None:
        """Send it; `index` is the interface's, for destinations whose scope is a link. OSError without a route."""
        destination = datagram[24:40]
        scope = index if is_link_local(destination) or is_multicast(destination) else 0
        self._socket.sendto(datagram, (text(destination), 0, 0, scope))

    def close(self) -> None:
        """Send no more."""
        self._socket.close()


__all__ = ["LinkSocket", "RawSocket"]

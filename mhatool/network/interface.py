"""An interface of a machine: where it is attached, its addresses, the groups that it listens to."""

from __future__ import annotations

from collections.abc import Callable

from mhatool.network.ethernet import ETHERTYPE
from mhatool.network.link import Link, Tap
from mhatool.protocol.neighbourhood import solicited_node

DEFAULT_MTU = 1500
#: Takes a frame that came in at an interface, and the datagram in it.
Hearer = Callable[["Interface", bytes, bytes], None]


class Interface:
    """An Ethernet interface. `key` names it in the whole network; `hearer` is its machine's."""

    __slots__ = ("addresses", "groups", "hearer", "key", "link", "link_address", "machine", "name", "taps")

    def __init__(self, machine: str, name: str, link_address: bytes, hearer: Hearer) -> None:
        self.key = f"{machine}/{name}"
        self.machine = machine
        self.name = name
        self.link_address = link_address
        self.hearer = hearer
        self.link: Link | None = None
        self.addresses: dict[bytes, int] = {}
        """Prefix lengths by address."""
        self.groups: dict[bytes, int] = {}
        """How many reasons there are to listen to each group."""
        self.taps: list[Tap] = []

    @property
    def mtu(self) -> int:
        """Of the link; Ethernet's where it is on none."""
        return self.link.quality.mtu if self.link is not None else DEFAULT_MTU

    def add_address(self, address: bytes, prefix_length: int) -> None:
        """It has this address from now on, and listens to whoever asks for it."""
        if address not in self.addresses:
            self.join(solicited_node(address))
        self.addresses[address] = prefix_length

    def remove_address(self, address: bytes) -> None:
        """It doesn't have it any more; nothing where it never had."""
        if self.addresses.pop(address, None) is not None:
            self.leave(solicited_node(address))

    def join(self, group: bytes) -> None:
        """Listen to a group, once more where it did already."""
        self.groups[group] = self.groups.get(group, 0) + 1
        if self.link is not None and self.groups[group] == 1:
            self.link.join(self, group)

    def leave(self, group: bytes) -> None:
        """One reason less to listen to it."""
        left = self.groups.get(group, 0) - 1
        if left > 0:
            self.groups[group] = left
        elif self.groups.pop(group, None) is not None and self.link is not None:
            self.link.leave(self, group)

    def attach(self, link: Link | None) -> None:
        """Be on this link from now on, or on none."""
        if self.link is not None:
            self.link.detach(self)
        self.link = link
        if link is not None:
            link.attach(self)

    def send(self, datagram: bytes, link_destination: bytes, now: int) -> None:
        """Put a datagram on the link; nothing happens where there is none."""
        if self.link is None:
            return
        frame = link_destination + self.link_address + ETHERTYPE + datagram
        for tap in self.taps:
            tap(now, frame, None)
        self.link.transmit(frame, self)


__all__ = ["Interface"]

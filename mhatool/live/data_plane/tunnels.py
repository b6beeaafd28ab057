"""Tunnels in the kernel: what every kind of them does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from mhatool.engine.actions import End

#: What a node's file may say of its data plane.
Wanted = Literal["auto", "ip6tnl", "seg6", "tun"]
#: Where the packet filter sees what is to be unpacked, before it is.
Hook = Literal["prerouting", "input"]
#: Which packets are led into a tunnel: those to a prefix (its address and length) that look into a routing table.
Into = tuple[bytes, int, int]


class KernelTunnels(Protocol):
    """Wraps and unwraps packets in the kernel. What it needs of the kernel is made by its constructor, or LiveError."""

    name: str
    tells_too_big: bool
    """Whether the kernel itself tells senders that a packet is too big for a tunnel."""
    fragments: bool
    """Whether packets that begin here are fragmented before they are wrapped, where they are too big."""
    admits_at: Hook

    def start(self, device: str, mtu: int) -> None:
        """From now on; `device` is the data plane's own, `mtu` the longest packet that a tunnel takes."""

    def lead(self, home: bytes, into: Into, local: bytes, remote: bytes) -> bool:
        """Lead packets to a prefix (address, length, table) into the home address's tunnel; False: not this one."""

    def unlead(self, home: bytes, into: Into) -> None:
        """No longer."""

    def look(self, addresses: Iterable[bytes]) -> None:
        """The machine has these addresses now."""

    def accept(self, local: bytes, end: End) -> None:
        """Unpack what comes to this address."""

    def refuse(self, local: bytes) -> None:
        """No longer."""

    def close(self) -> None:
        """Leave nothing behind."""


__all__ = ["Into", "KernelTunnels", "Wanted"]

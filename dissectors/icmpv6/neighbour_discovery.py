"""Neighbour discovery messages (RFC 4861, 4; RFC 6275, 7)."""

from __future__ import annotations

from dissectors.icmpv6.header import Icmpv6Message
from dissectors.spec import Flags, Option, message
from dissectors.spec import fields as wire


@message("icmpv6", 133, rfc="RFC 4861, 4.1", craft="rs")
class RouterSolicitation(Icmpv6Message):
    """A host asks for router advertisements."""

    reserved: int = wire.reserved(32)
    options: tuple[Option, ...] = wire.options("nd_option")


@message("icmpv6", 134, rfc="RFC 4861, 4.2; RFC 6275, 7.1", craft="ra")
class RouterAdvertisement(Icmpv6Message):
    """A router tells its link who it is; H: it is a home agent."""

    current_hop_limit: int = wire.uint(8, default=64)
    flags: Flags = wire.flags(
        8,
        {"M": 0x80, "O": 0x40, "H": 0x20, "Prf1": 0x10, "Prf0": 0x08, "P": 0x04},
        "M: managed, O: other, H: home agent, Prf1 Prf0: preference (RFC 4191), P: proxy (RFC 4389)",
    )
    router_lifetime_s: int = wire.uint(16)
    reachable_time_ms: int = wire.uint(32, default=0)
    retransmission_timer_ms: int = wire.uint(32, default=0)
    options: tuple[Option, ...] = wire.options("nd_option")


@message("icmpv6", 135, rfc="RFC 4861, 4.3", craft="ns")
class NeighborSolicitation(Icmpv6Message):
    """A node asks for a neighbour's link-layer address, or whether an address is free."""

    reserved: int = wire.reserved(32)
    target: bytes = wire.address()
    options: tuple[Option, ...] = wire.options("nd_option")


@message("icmpv6", 136, rfc="RFC 4861, 4.4", craft="na")
class NeighborAdvertisement(Icmpv6Message):
    """A node tells its link-layer address; R: router, S: solicited, O: override."""

    flags: Flags = wire.flags(32, {"R": 0x80000000, "S": 0x40000000, "O": 0x20000000})
    target: bytes = wire.address()
    options: tuple[Option, ...] = wire.options("nd_option")


@message("icmpv6", 137, rfc="RFC 4861, 4.5", craft="redirect")
class Redirect(Icmpv6Message):
    """A router names a better first hop."""

    reserved: int = wire.reserved(32)
    target: bytes = wire.address()
    destination: bytes = wire.address()
    options: tuple[Option, ...] = wire.options("nd_option")

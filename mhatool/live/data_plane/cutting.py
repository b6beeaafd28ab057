"""Packets of a home address that its tunnel doesn't take whole, where the kernel wraps before it would fragment (seg6).

The source of a packet fragments it, not the tunnel's entry (RFC 2473, 7.1). Such packets are routed again, into user
space's device: there the kernel cuts them, and user space wraps the pieces. What TCP sends fits by itself.
"""

from __future__ import annotations

from typing import Final

from mhatool.live.data_plane.routes import Routes, TunnelRoute, TunnelRule
from mhatool.live.marks import CUTTING, RULE_PRIORITY, TOO_LONG
from mhatool.network import datagram as ipv6

_ANYWHERE: Final = bytes(16)
_HEAR: Final = "        icmpv6 type packet-too-big ip6 daddr @homes update @narrow { @th,256,128 }\n"
"""Who was sent what is quoted: its destination is at 32 octets of the error."""
_CHAIN: Final = """
    set narrow {{ typeof @th,256,128; size 65535; flags dynamic,timeout; timeout 10m; }}
    chain cutting {{
        type route hook output priority raw; policy accept;
        meta length <= {least} accept
        ip6 saddr != @homes accept
        meta l4proto tcp accept
        meta length > {most} meta mark set {mark}
        @nh,192,128 @narrow meta mark set {mark}
    }}
"""
"""`narrow`: destinations that a Packet Too Big has told of, for as long as RFC 8201, 5.3 recommends."""


def chain(mtu: int) -> tuple[str, str]:
    """What a node's table holds that marks such packets, and what its chain of what ends here begins with.

    `mtu` is the longest packet that a tunnel takes.
    """
    return _CHAIN.format(least=ipv6.MINIMUM_MTU, most=mtu, mark=TOO_LONG), _HEAR


def lead(routes: Routes, index: int) -> None:
    """Route them into user space's device, in pieces that every path takes; `index` is the device's number."""
    routes.set(TunnelRoute(_ANYWHERE, 0, index, table=CUTTING, mtu=ipv6.MINIMUM_MTU))
    routes.add_rule(TunnelRule(CUTTING, TOO_LONG, RULE_PRIORITY - 1))


__all__ = ["chain", "lead"]

"""Which data plane a node gets: the one that its file names, or the first that this machine has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mhatool.live.data_plane.ip6tnl import Ip6Tunnel
from mhatool.live.data_plane.routes import Routes
from mhatool.live.data_plane.seg6 import Seg6
from mhatool.live.data_plane.tunnels import KernelTunnels, Wanted
from mhatool.live.errors import LiveError
from mhatool.live.ledger import Ledger
from mhatool.live.netlink import Netlink

IN_THE_KERNEL: Final = ("ip6tnl", "seg6")


def tunnel_device(name: str) -> str:
    """The name of a node's device of ip6_tunnel."""
    return f"mht-{name}"[:15]


def kernel_tunnels(
    wanted: Wanted, name: str, netlink: Netlink, routes: Routes, ledger: Ledger, why_not: Callable[[str], None]
) -> KernelTunnels | None:
    """Tunnels in the kernel; None: in user space. LiveError where the file wants what this machine doesn't have."""
    kinds: Mapping[str, Callable[[], KernelTunnels]] = {
        "ip6tnl": lambda: Ip6Tunnel(routes, netlink, tunnel_device(name)),
        "seg6": lambda: Seg6(routes, ledger),
    }
    for kind in IN_THE_KERNEL if wanted == "auto" else (wanted,):
        if kind not in kinds:
            return None
        try:
            return kinds[kind]()
        except LiveError as error:
            if wanted != "auto":
                raise LiveError(f'data_plane = "{wanted}": {error}; "auto" takes what there is') from error
            why_not(str(error))
    return None


__all__ = ["IN_THE_KERNEL", "kernel_tunnels", "tunnel_device"]

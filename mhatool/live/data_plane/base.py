"""What every data plane does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from mhatool.engine.actions import SetOptimisedRoute, SetTunnel
from mhatool.engine.commands import Command
from mhatool.engine.drops import DropReason
from mhatool.live.hearing import Ring
from mhatool.network import datagram as ipv6


class DataPlane(Protocol):
    """Carries packets of home addresses as a node has set its tunnels and optimised routes."""

    name: str
    device: str
    """The device by which packets come back that were checked and unpacked."""
    outlet: str
    """The device into which packets are routed that user space sends on."""

    def readers(self) -> Mapping[int, Callable[[], None]]:
        """What to wait for, by file descriptor, and who reads it."""

    def look(self, addresses: Iterable[bytes]) -> None:
        """The machine has these addresses now."""

    def refused(self) -> int:
        """How many tunnelled packets were dropped unseen since this was asked last: no binding covered them."""

    def lost(self) -> int:
        """How many packets that were to be sent on there was no room for since this was asked last."""

    def admit_again(self) -> None:
        """The node's table in nf_tables is a new one: what it admitted is to be put there again."""

    def set_tunnel(self, tunnel: SetTunnel) -> None:
        """See `SetTunnel`."""

    def set_optimised_route(self, route: SetOptimisedRoute) -> None:
        """See `SetOptimisedRoute`."""

    def receive(self, datagram: bytes, found: ipv6.Carried, *, in_pieces: bool = False) -> bool:
        """Take a packet with a tunnel's, a Home Address option's or a routing header's data; False: not one of ours.

        `found` is what it carries. `in_pieces`: it came in fragments, and the kernel has seen no more than those.
        """

    def too_big(self, datagram: bytes, mtu: int) -> None:
        """A packet that was to leave is longer than the link takes, `mtu`."""

    def unpack(self, tunnelled: Ring) -> None:
        """Take what tunnels carry from a ring of `LinkSocket`."""

    def close(self) -> None:
        """Carry nothing any more, and leave nothing behind."""


#: Tells the node what its packets do.
Tell = Callable[[Command], None]


def why_not_received(found: ipv6.Carried) -> DropReason | None:
    """Why a packet that a data plane hasn't taken is dropped; None: it isn't, it is none of a home address."""
    if found.protocol == ipv6.IPV6:
        return DropReason.TUNNEL_SOURCE
    if found.home_address is not None:
        return DropReason.NO_BINDING
    return DropReason.NOT_OUR_HOME_ADDRESS if found.routed_to is not None else None


__all__ = ["DataPlane", "Tell", "why_not_received"]

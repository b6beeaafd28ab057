"""Whether the router so far is still there, asked before another prefix counts as another link.

RFC 6275, 11.5.1 uses neighbour unreachability detection for this (RFC 4861, 7.3): solicitations to the router, one a
second. KAME did the same; the paper's run shows its 3 s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED
from mhatool.engine.mobile_node.advertised import AdvertisedRouter
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import solicited_node


class Neighbour(Protocol):
    """Who is asked: a router's link-local address, and the one on the link that it was heard from."""

    @property
    def address(self) -> bytes: ...
    @property
    def link_address(self) -> bytes: ...


class _Other(NamedTuple):
    address: bytes
    link_address: bytes


class LinkCheck:
    """About one other router at a time: `believe` is called with it where the one so far doesn't answer.

    Where that one does, the other is asked as well: meanwhile the node may be back on the first one's link. `share` is
    called where both answer.
    """

    def __init__(
        self,
        context: Context,
        believe: Callable[[AdvertisedRouter], None],
        share: Callable[[AdvertisedRouter], None],
        source: Callable[[], bytes | None],
    ) -> None:
        self._context = context
        self._believe = believe
        self._share = share
        self._source = source
        """The link-local address to ask from; None while the interface has none past its trial."""
        self._other: AdvertisedRouter | None = None
        self._asked: Neighbour | None = None
        """The router so far; then the other one."""
        self._asks_other = False
        self._ends_ns = 0
        context.ring_for(Alarm.LINK_CHECK, lambda _: self._tick())

    def begin(self, other: AdvertisedRouter, so_far: Neighbour | None) -> None:
        """Ask the router so far; a further advertisement of the other one is no news until it is asked itself."""
        if self._other is None:
            self._asks_other = False
            self._begin(other, so_far)
        elif self._asks_other and other.address == self._other.address:
            self._both_are_there()

    def _begin(self, other: AdvertisedRouter, asked: Neighbour | None) -> None:
        self._other, self._asked = other, asked
        self._ends_ns = self._context.now + nanoseconds(self._context.configuration.movement_detection_s)
        self._tick()

    def is_there(self, address: bytes) -> None:
        """The router so far says something, so there is no further question about it."""
        if self._asked is not None and self._asked.address == address:
            self.end()

    def answered(self, address: bytes) -> None:
        """A router advertises itself as a neighbour."""
        other = self._other
        if other is None or self._asked is None or self._asked.address != address:
            return
        if self._asks_other:
            self._both_are_there()
        else:
            self._asks_other = True
            self._begin(other, _Other(other.address, other.link_source))

    def _both_are_there(self) -> None:
        other = self._other
        self.end()
        if other is not None:
            self._share(other)

    def end(self) -> None:
        """No further question."""
        self._context.cancel(Alarm.LINK_CHECK)
        self._other = self._asked = None

    def _tick(self) -> None:
        context, other = self._context, self._other
        if other is None:
            return
        left = self._ends_ns - context.now
        if left <= 0:
            self.end()
            if not self._asks_other:
                self._believe(other)
            return
        self._ask()
        interval = min(nanoseconds(context.constants.retransmission_timer_s), left)
        context.timers.set((Alarm.LINK_CHECK, b""), context.now + interval)

    def _ask(self) -> None:
        if self._asked is not None:
            self.ask(self._asked)

    def ask(self, router: Neighbour) -> None:
        """From the link-local address to the router's own: nobody else may answer.

        Without one, as while it is on trial, from nobody to the router's group, and nothing tells the own link-layer
        address (RFC 4861, 4.3); on the link that goes to the router alone too, who answers to all nodes.
        """
        context, source = self._context, self._source()
        if source is None:
            message = NeighborSolicitation(target=router.address, options=())
            context.send_on_link(message, UNSPECIFIED, solicited_node(router.address), router.link_address)
            return
        options = (SourceLinkLayerAddress(link_layer_address=context.link_address),)
        message = NeighborSolicitation(target=router.address, options=options)
        context.send_on_link(message, source, router.address, router.link_address)


__all__ = ["LinkCheck", "Neighbour"]

"""Whether the router so far is still there, asked before another prefix counts as another link.

RFC 6275, 11.5.1 uses neighbour unreachability detection for this (RFC 4861, 7.3): solicitations to the router, one a
second. KAME did the same; the paper's run shows its 3 s.
"""

from __future__ import annotations

from collections.abc import Callable

from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED
from mhatool.engine.mobile_node.advertised import AdvertisedRouter
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.routers import KnownRouter
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import solicited_node


class LinkCheck:
    """About one other router at a time: `believe` is called with it where nobody answers, `share` where both are."""

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
        self._asked: KnownRouter | None = None
        self._questions = 0
        self._ends_ns = 0
        context.ring_for(Alarm.LINK_CHECK, lambda _: self._tick())

    def begin(self, other: AdvertisedRouter, so_far: KnownRouter | None) -> None:
        """Ask the router so far; a further advertisement of the other one changes nothing."""
        if self._other is not None:
            return
        self._other, self._asked, self._questions = other, so_far, 0
        self._ends_ns = self._context.now + nanoseconds(self._context.configuration.movement_detection_s)
        self._tick()

    def is_there(self, address: bytes) -> bool:
        """The router so far says something, so there is no further question. False where another one is asked."""
        if self._other is None or self._asked is None or self._asked.address != address:
            return False
        self.end()
        return True

    def answered(self, address: bytes) -> None:
        """The router so far advertises itself as a neighbour.

        The first question left as the other router was heard, so that both are on one link; before a later answer the
        node may have gone back to the link of the first.
        """
        other, questions = self._other, self._questions
        if self.is_there(address) and other is not None and questions == 1:
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
            self._believe(other)
            return
        self._ask()
        interval = min(nanoseconds(context.constants.retransmission_timer_s), left)
        context.timers.set((Alarm.LINK_CHECK, b""), context.now + interval)

    def _ask(self) -> None:
        if self._asked is not None:
            self._questions += 1
            self.ask(self._asked)

    def ask(self, router: KnownRouter) -> None:
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


__all__ = ["LinkCheck"]

"""Whether the way to the home agents is still there, where the link has another one (RFC 4861, 6.3.6 and 7.3).

Away from home that is the default router. At home it is the link itself, which those who advertise the home prefix
stand for: where none of them answers, and a router of another prefix is there, the node isn't at home.

A machine asks a neighbour that it sends to and doesn't hear from. The node doesn't see what its machine sends, so it
asks when it has reason to doubt: the router keeps silent for longer than it should (RFC 6275, 11.5.1), or what the node
sent through it stays unanswered. Who has no other router has nothing to choose, and doesn't ask.
"""

from __future__ import annotations

from collections.abc import Callable

from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.routers import KnownRouter, Routers
from mhatool.protocol.lifetime import nanoseconds

_MISSING = 3
"""So many times as long as it may be silent, or was, and it is in doubt (RFC 6275, 11.5.1 leaves the number open).

The silences of who announces no interval are at least a third of it, unless it was set otherwise (RFC 4861, 6.2.1).
"""
_FIRST = 3
"""So many silences of a router say little: it may just have come up, or was solicited (RFC 4861, 6.2.4 and 10)."""


class RouterCheck:
    """At most one check of a router at a time: MAX_UNICAST_SOLICIT solicitations, and it is given up.

    `is_home` says whether the node takes itself to be at home; `is_elsewhere` is called where that is an error.
    """

    def __init__(
        self,
        context: Context,
        routers: Routers,
        ask: Callable[[KnownRouter], None],
        is_home: Callable[[], bool],
        is_elsewhere: Callable[[], None],
    ) -> None:
        self._context = context
        self._routers = routers
        self._ask = ask
        self._is_home = is_home
        self._is_elsewhere = is_elsewhere
        self._asked: KnownRouter | None = None
        self._questions = 0
        context.unanswered = self.doubt
        context.ring_for(Alarm.ROUTER_SILENT, lambda _: self._begin(self._routers.default))
        context.ring_for(Alarm.ROUTER_CHECK, lambda _: self._tick())

    def watch(self) -> None:
        """A router of the link says something: when the default router has to do so next, or is in doubt."""
        router = self._routers.default
        patience_ns = self._patience_ns(router) if router is not None and self._routers.has_choice else 0
        if router is None or not patience_ns:
            self._context.cancel(Alarm.ROUTER_SILENT)
        else:
            self._context.timers.set((Alarm.ROUTER_SILENT, b""), max(router.heard_ns + patience_ns, self._context.now))

    def _patience_ns(self, router: KnownRouter) -> int:
        """How long it may be silent without a doubt; 0: that isn't known."""
        if router.interval_s is not None:
            return _MISSING * nanoseconds(router.interval_s)
        return _MISSING * router.longest_silence_ns if router.silences >= _FIRST else 0

    def doubt(self, since_ns: int) -> None:
        """What the node has sent to its agents since then is unanswered."""
        router = self._way()
        if router is not None and router.answered_ns < since_ns:
            self._begin(router)

    def _way(self) -> KnownRouter | None:
        """Who should have taken what was sent; None where there is no doubt of it, or nothing else to do."""
        if not self._is_home():
            return self._routers.default
        subnet = self._context.configuration.home_subnet
        return next(iter(self._routers.advertising(subnet)), None) if self._routers.has_stranger_to(subnet) else None

    def answered(self, address: bytes) -> None:
        """A neighbour says that it is there."""
        if self._asked is not None and self._asked.address == address:
            self.end()
        self.watch()

    def end(self) -> None:
        """No further question."""
        self._context.cancel(Alarm.ROUTER_CHECK)
        self._asked = None

    def _begin(self, router: KnownRouter | None) -> None:
        if self._asked is None:
            self._asked, self._questions = router, 0
            self._tick()

    def _tick(self) -> None:
        context, router = self._context, self._asked
        if router is None or not self._can_be_spared(router):
            self.end()
        elif self._questions < context.constants.max_unicast_solicit:
            self._questions += 1
            self._ask(router)
            context.set_alarm(Alarm.ROUTER_CHECK, context.constants.retransmission_timer_s)
        else:
            self.end()
            self._give_up(router)

    def _can_be_spared(self, router: KnownRouter) -> bool:
        if router is self._routers.default:
            return self._routers.has_choice
        subnet = self._context.configuration.home_subnet
        is_known = any(router is each for each in self._routers.advertising(subnet))
        return is_known and self._is_home() and self._routers.has_stranger_to(subnet)

    def _give_up(self, router: KnownRouter) -> None:
        self._routers.give_up(router.address)
        if self._is_home() and not self._routers.advertising(self._context.configuration.home_subnet):
            self._is_elsewhere()
        self.watch()


__all__ = ["RouterCheck"]

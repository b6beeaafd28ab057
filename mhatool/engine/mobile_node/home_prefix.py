"""How long home and care-of address may be used: what bounds the lifetime of each registration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from mhatool.engine.mobile_node.advertised import INFINITE_S
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.protocol.lifetime import NS_PER_S, believed_s, expiry

AGE = 0.8
"""The share of a lifetime after which it is asked about."""


class Lifetimes(Protocol):
    """Whatever bounds a registration."""

    def left_s(self) -> Iterator[int]:
        """Seconds that are left, of each of them; none where nothing bounds it."""


class HomePrefix:
    """The home prefix's valid lifetime, as the home link's routers and agents told it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._valid_until_ns: int | None = None
        self._is_known = False
        self.on_renewed: Callable[[], None] = lambda: None
        """Called when its lifetime was told anew."""
        self.on_ageing: Callable[[], None] = lambda: None
        """Called when most of the lifetime has gone since it was heard of last (RFC 6275, 11.4.2)."""
        context.ring_for(Alarm.HOME_PREFIX_AGES, lambda _: self.on_ageing())

    def hear(self, valid_s: int) -> None:
        """It is valid for so long from now on, as far as whoever says so can be trusted."""
        believed = believed_s(valid_s, self.left_s()) if self._is_known else valid_s
        if believed is None:
            return
        self._is_known = True
        if believed == INFINITE_S:
            self._valid_until_ns = None
            self._context.cancel(Alarm.HOME_PREFIX_AGES)
        else:
            self._valid_until_ns = expiry(self._context.now, believed)
            self._context.set_alarm(Alarm.HOME_PREFIX_AGES, believed * AGE)
        self.on_renewed()

    @property
    def is_ageing(self) -> bool:
        """Whether most of the lifetime has gone since it was heard of last."""
        is_young = self._context.timers.deadline((Alarm.HOME_PREFIX_AGES, b"")) is not None
        return self._valid_until_ns is not None and not is_young

    def left_s(self) -> int | None:
        """Whole seconds; None: for ever, or nobody said."""
        if self._valid_until_ns is None:
            return None
        return max(self._valid_until_ns - self._context.now, 0) // NS_PER_S


__all__ = ["HomePrefix", "Lifetimes"]

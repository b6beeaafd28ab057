"""How long home and care-of address may be used: what bounds the lifetime of each registration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from mhatool.engine.mobile_node.advertised import INFINITE_S
from mhatool.engine.mobile_node.context import Context
from mhatool.protocol.lifetime import NS_PER_S, expiry


class Lifetimes(Protocol):
    """Whatever bounds a registration."""

    def left_s(self) -> Iterator[int]:
        """Seconds that are left, of each of them; none where nothing bounds it."""


class HomePrefix:
    """The home prefix's valid lifetime, as the home link's routers and agents told it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._valid_until_ns: int | None = None

    def hear(self, valid_s: int) -> None:
        """It is valid for so long from now on."""
        self._valid_until_ns = None if valid_s == INFINITE_S else expiry(self._context.now, valid_s)

    def left_s(self) -> int | None:
        """Whole seconds; None: for ever, or nobody said."""
        if self._valid_until_ns is None:
            return None
        return max(self._valid_until_ns - self._context.now, 0) // NS_PER_S


__all__ = ["HomePrefix", "Lifetimes"]

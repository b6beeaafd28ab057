"""Update lists and caches of all nodes, message by message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from mhatool.exchange import Update
from mhatool.observe.kame.cache import Caches
from mhatool.observe.kame.hearing import Advertised, Answered, Heard, Refusal, Tested
from mhatool.observe.kame.rows import CacheRow, UpdateRow
from mhatool.observe.kame.steps import Step
from mhatool.observe.kame.update_list import UpdateLists


class Deduction:
    """Takes messages in the order of their times."""

    def __init__(self) -> None:
        self._lists = UpdateLists()
        self._caches = Caches()

    def take(self, heard: Heard) -> list[Step]:
        """Take in a message; the steps of the mobile node that sent or received it."""
        return list(_HANDLERS[type(heard)](self, heard))

    def updates(self, addresses: Collection[bytes], now_ns: int) -> list[UpdateRow]:
        """The Binding Update List of the node with these home addresses, the last made entry first.

        What has run out at a correspondent is gone; a home registration stays, and is sent again and again.
        """
        mine = [entry for entry in self._lists.entries() if entry.home_address in addresses]
        return [entry.row() for entry in mine if entry.is_home_registration or entry.expires_ns >= now_ns]

    def cache(self, addresses: Collection[bytes], now_ns: int) -> list[CacheRow]:
        """The binding cache of the node with these addresses."""
        return self._caches.rows(addresses, now_ns)

    def _update(self, update: Update) -> Iterator[Step]:
        self._caches.update(update)
        yield from self._lists.update(update)

    def _answered(self, answered: Answered) -> Iterator[Step]:
        self._caches.acknowledge(answered.acknowledgement)
        yield from self._lists.acknowledge(answered)

    def _tested(self, tested: Tested) -> Iterator[Step]:
        self._lists.test(tested)
        yield from ()

    def _refusal(self, refusal: Refusal) -> Iterator[Step]:
        self._caches.refuse(refusal)
        self._lists.refuse(refusal)
        yield from ()

    def _advertised(self, _: Advertised) -> Iterator[Step]:
        yield from ()  # it changes no table


_HANDLERS: Final[dict[type, Callable[[Deduction, Any], Iterator[Step]]]] = {
    Update: Deduction._update,
    Answered: Deduction._answered,
    Tested: Deduction._tested,
    Refusal: Deduction._refusal,
    Advertised: Deduction._advertised,
}

__all__ = ["Deduction"]

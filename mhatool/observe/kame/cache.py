"""The binding caches of KAME's home agents and correspondents, deduced from updates and their acknowledgements."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from mhatool.exchange import Acknowledgement, Update
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.observe.kame.arithmetic import remaining
from mhatool.observe.kame.hearing import Refusal, RefusalKind
from mhatool.observe.kame.rows import CacheRow
from mhatool.protocol.lifetime import expiry

_LINK_LOCAL: Final = bytes.fromhex("fe80000000000000")
_UNANSWERED: Final = 32
"""Updates of one pair that can still be answered."""

#: A home address, and the address that its updates go to.
_Pair = tuple[bytes, bytes]


class Caches:
    """Every agent's and correspondent's bindings, in the order in which they were made.

    An update counts when its acknowledgement is seen, from the time of the update on; one that asks for none at once,
    until it is refused. Who says that it has no binding has none.
    """

    def __init__(self) -> None:
        self._bindings: dict[_Pair, Update] = {}
        self._granted: dict[_Pair, int] = {}
        self._waiting: dict[_Pair, dict[int, Update]] = {}
        self._before: dict[_Pair, tuple[Update, Update | None, int]] = {}
        """The newest update that counted at once, and what was there before it."""

    def update(self, update: Update) -> None:
        """A Binding Update was sent."""
        pair = update.home_address, update.peer
        waiting = self._waiting.setdefault(pair, {})
        waiting[update.sequence_number] = update
        if len(waiting) > _UNANSWERED:
            del waiting[next(iter(waiting))]
        if "A" not in update.flags:
            self._before[pair] = update, self._bindings.get(pair), self._granted.get(pair, 0)
            self._accept(pair, update, update.lifetime_s)

    def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """It was answered."""
        pair = acknowledgement.home_address, acknowledgement.peer
        update = self._waiting.get(pair, {}).pop(acknowledgement.sequence_number, None)
        if not acknowledgement.accepts:
            self._take_back(pair, update, acknowledgement.status)
        elif update is not None:
            self._accept(pair, update, acknowledgement.lifetime_s)

    def refuse(self, refusal: Refusal) -> None:
        """A peer refused something: whether it has no binding of the care-of address that it answers."""
        pair = refusal.address, refusal.peer
        binding = self._bindings.get(pair)
        if refusal.kind is not RefusalKind.UNKNOWN_BINDING or binding is None:
            return
        if refusal.destination in (binding.care_of_address, binding.home_address):
            del self._bindings[pair]

    def _take_back(self, pair: _Pair, refused: Update | None, status: int) -> None:
        """What counted at once was refused: things are as before. With status 135 the number is another update's."""
        newest, before, granted_s = self._before.get(pair, (None, None, 0))
        if newest is None or not (refused is newest or status == SEQUENCE_NUMBER_OUT_OF_WINDOW):
            return
        if self._bindings.get(pair) is not (None if newest.deletes else newest):
            return  # something later counts
        del self._before[pair]
        if before is None:
            self._bindings.pop(pair, None)
        else:
            self._bindings[pair], self._granted[pair] = before, granted_s

    def _accept(self, pair: _Pair, update: Update, granted_s: int) -> None:
        if update.deletes or not granted_s:
            self._bindings.pop(pair, None)
            return
        self._bindings[pair] = update  # an entry that is there keeps its place
        self._granted[pair] = granted_s

    def rows(self, addresses: Collection[bytes], now_ns: int) -> list[CacheRow]:
        """What is left at these addresses now, the last made first, as KAME lists them.

        One for a link-local address follows.

        KAME makes that one first, where the L flag asks for it; it is gone with the other.
        """
        rows: list[CacheRow] = []
        for pair, update in reversed(self._bindings.items()):
            if update.peer not in addresses:
                continue
            granted_s = self._granted[pair]
            expires_ns = expiry(update.time_ns, granted_s)
            if remaining(expires_ns, now_ns) < 0:
                continue
            rows.append(_row(update, update.home_address, granted_s, expires_ns))
            if "L" in update.flags and update.is_home_registration:
                link_local = _LINK_LOCAL + update.home_address[8:]
                rows.append(_row(update, link_local, granted_s, expires_ns, cloned=True))
        return rows


def _row(update: Update, home_address: bytes, lifetime_s: int, expires_ns: int, *, cloned: bool = False) -> CacheRow:
    return CacheRow(
        home_address=home_address,
        care_of_address=update.care_of_address,
        address=update.peer,
        flags=update.flags,
        sequence_number=update.sequence_number,
        lifetime_s=lifetime_s,
        expires_ns=expires_ns,
        cloned=cloned,
    )


__all__ = ["Caches"]

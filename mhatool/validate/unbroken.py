"""Whether a capture shows all lists of home agents that a mobile node sent, as its next sequence numbers tell."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from msgspec import Struct

from mhatool.exchange import Latest, Update
from mhatool.observe.failure import NamedList
from mhatool.protocol import sequence
from mhatool.validate.seen import Seen

MOST = 10_000
MOST_WATCHES = 64
"""Of one mobile node."""


class _Watch(Struct, frozen=True):
    """What is doubted, whom no list named, and the numbers that the next updates to home agents have to have."""

    doubt: Hashable
    stranger: bytes
    awaited: dict[bytes, int]


class Unbroken:
    """Doubts after which the mobile node went on with the next numbers, so that no list is out of sight.

    The rules that have the doubts keep it.
    """

    def __init__(self) -> None:
        self._watches: Latest[bytes, list[_Watch]] = Latest(MOST)
        """By home address: those that wait for a next update."""
        self._shown: Latest[Hashable, None] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Nothing: the rules tell what they doubt, and look at every list."""

    def watch(self, home_address: bytes, doubt: Hashable, stranger: bytes, lists: Iterable[NamedList | None]) -> None:
        """Doubt that an address is listed, until these lists, the last ones before, turn out to be all there were.

        Where one isn't known or ended a binding, after which numbers begin anew, that never shows.
        """
        awaited: dict[bytes, int] = {}
        for told in lists:
            if told is None or not told.home_agents:
                return
            awaited[told.home_agent] = (told.sequence_number + 1) % sequence.MODULUS
        others = self._watches.get(home_address) or []
        self._watches.note(home_address, [*others[1 - MOST_WATCHES :], _Watch(doubt, stranger, awaited)])

    def update(self, update: Update, named: tuple[bytes, ...]) -> None:
        """A Binding Update, and whom its list names."""
        watches = self._watches.get(update.home_address)
        if watches:
            waiting = [watch for watch in watches if self._waits_on(watch, update, named)]
            self._watches.note(update.home_address, waiting)

    def _waits_on(self, watch: _Watch, update: Update, named: tuple[bytes, ...]) -> bool:
        number = watch.awaited.get(update.peer)
        if number is None:
            return True
        if update.truncated or update.sequence_number != number or watch.stranger in named:
            return False
        del watch.awaited[update.peer]
        if not watch.awaited:
            self._shown.note(watch.doubt, None)
        return bool(watch.awaited)

    def shown(self, doubt: Hashable) -> bool:
        """Whether the capture surely shows all lists that could clear this one."""
        return doubt in self._shown

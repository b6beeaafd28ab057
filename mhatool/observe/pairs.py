"""A table by home address and peer that stays small and yet counts all bindings that were ever in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

#: A home address, and a home agent or a correspondent.
Pair = tuple[bytes, bytes]


class Counting(Protocol):
    """What became of one pair; `made` counts its bindings, those that aren't kept any more too."""

    made: int


C = TypeVar("C", bound=Counting)


class Pairs(Generic[C]):
    """The latest pairs; beyond `most` the one that was longest untouched goes."""

    def __init__(self, most: int) -> None:
        self.forgotten = 0
        """How many went."""
        self._most = most
        self._by_pair: OrderedDict[Pair, C] = OrderedDict()
        self._made_by_forgotten = 0

    def __iter__(self) -> Iterator[C]:
        """The least recently touched first."""
        return iter(self._by_pair.values())

    def get(self, pair: Pair) -> C | None:
        """What is known of a pair."""
        return self._by_pair.get(pair)

    def touched(self, pair: Pair) -> C | None:
        """The same; it is the latest then."""
        found = self._by_pair.get(pair)
        if found is not None:
            self._by_pair.move_to_end(pair)
        return found

    def add(self, pair: Pair, new: C) -> C:
        """Put in a pair that isn't there."""
        self._by_pair[pair] = new
        if len(self._by_pair) > self._most:
            _, oldest = self._by_pair.popitem(last=False)
            self._made_by_forgotten += oldest.made
            self.forgotten += 1
        return new

    @property
    def made(self) -> int:
        """Bindings of all pairs that ever were here."""
        return self._made_by_forgotten + sum(found.made for found in self._by_pair.values())

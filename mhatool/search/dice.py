"""Chance in words: what a seed's stream decides."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """One stream of chance: the same seed decides the same, in any process."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"search {seed}")

    def happens(self, share: float) -> bool:
        """Whether something happens that does so in this share of cases."""
        return self._random.random() < share

    def count(self, least: int, most: int) -> int:
        """A number from `least` to `most`, both included."""
        return self._random.randint(least, most)

    def between(self, least: float, most: float) -> float:
        """A number between two others, in thousandths: instants are whole milliseconds."""
        return round(self._random.uniform(least, most), 3)

    def one_of(self, things: Sequence[T]) -> T:
        """One of several things."""
        return self._random.choice(things)

    def some_of(self, things: Sequence[T], count: int) -> list[T]:
        """So many different ones of several things."""
        return self._random.sample(list(things), count)


__all__ = ["Dice"]

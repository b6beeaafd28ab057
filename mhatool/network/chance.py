"""Chance from one seed: a stream for each thing that needs one, so that one more draw here shifts nothing there."""

from __future__ import annotations

from random import Random


class Chance:
    """Streams of random numbers by name: the same seed and name give the same numbers, in any process."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def stream(self, name: str) -> Random:
        """A new stream. A text as the seed is hashed by SHA-512 in `random`, whatever PYTHONHASHSEED says."""
        return Random(f"{self.seed}/{name}")


__all__ = ["Chance"]

"""Python's garbage collector, called seldom while a capture is read.

It looks for circles of references. What is made of a packet has none and goes as soon as nobody holds it; but hundreds
of thousands of messages that stay make the collector look through all of them again and again: with its own thresholds
that takes more than half of the time. So while something reads, it looks at what is new less often (every million
objects that stay, not every 700), and hardly ever at what is old. What does make circles still goes, only later.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (1_000_000, 50, 1_000)
"""New objects that stay before the collector looks at them; how many such looks before it looks at older ones too."""

_before: list[tuple[int, int, int]] = []


@contextmanager
def few_collections() -> Iterator[None]:
    """Call it seldom in here; afterwards as before. Readers may overlap: the last one that ends sets it back."""
    _before.append(gc.get_threshold() if not _before else _before[0])
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        thresholds = _before.pop()
        if not _before:
            gc.set_threshold(*thresholds)


__all__ = ["THRESHOLDS", "few_collections"]

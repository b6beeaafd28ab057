"""Python's garbage collector, called seldom while a capture is read.

It looks for circles of references. What is made of a packet has none and goes as soon as nobody holds it; but hundreds
of thousands of messages that stay make the collector look through all of them again and again: with its own thresholds
that takes more than half of the time. So while something reads, it looks at what is new less often (every million
objects that stay, not every 700), and hardly ever at what is old. What does make circles still goes, only later.

When the reading is over all that stayed counts as old at once, without a look: setting the thresholds back would make
the collector look at every object of the capture, and the end of the process would again.
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
            _grow_old()
            gc.set_threshold(*thresholds)


def _grow_old() -> None:
    """Count everything as old; nothing is looked at. Not where somebody has set objects aside: they would come back."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()


def look_no_more() -> None:
    """The process ends: what there is goes with it, so the last look at everything finds nothing to do."""
    gc.freeze()


__all__ = ["THRESHOLDS", "few_collections", "look_no_more"]

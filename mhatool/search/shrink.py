"""Which misfortunes a failure needs: the others are left out, one after another."""

from __future__ import annotations

from collections.abc import Callable

from mhatool.search.drawn import Drawn
from mhatool.search.run import Outcome, run


def shrink(outcome: Outcome, runner: Callable[[Drawn], Outcome] = run) -> Outcome:
    """The same failure with as few misfortunes as greed finds: none of them can be left out by itself.

    It is the same failure as long as the first invariant that was broken is. An outcome that holds is given back.
    """
    if outcome.holds:
        return outcome
    name, found = outcome.names[0], outcome
    for number in reversed(outcome.drawn.numbers):
        tried = runner(found.drawn.keeping([each for each in found.drawn.numbers if each != number]))
        if name in tried.names:
            found = tried
    return found


__all__ = ["shrink"]

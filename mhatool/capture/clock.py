"""The least and the greatest time of many packets, at the cost of one comparison for each while times rise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from mhatool.capture.sieve import Tally

_NONE_YET: Final = -1


class Clock(Struct):
    """The least and greatest time of what has passed, in nanoseconds, and the latest, in two words as the file has it.

    While the upper word stays and the lower one doesn't fall, only the lower one is kept up; `turn` takes in the end
    of such a run.
    """

    nanoseconds: Callable[[int, int], int]
    """Of the two words. While the upper one stays, more in the lower one is never less here."""
    least: int | None = None
    greatest: int | None = None
    upper: int = _NONE_YET
    """Less than 0 between runs."""
    lower: int = 0

    def copy(self) -> Clock:
        """Another one that stands the same."""
        return Clock(self.nanoseconds, self.least, self.greatest, self.upper, self.lower)

    def turn(self, upper: int, lower: int) -> None:
        """A run has ended with the latest time; another begins with this one."""
        self.stop()
        self.note(self.nanoseconds(upper, lower))
        self.upper, self.lower = upper, lower

    def stop(self) -> None:
        """A run has ended with the latest time, if there was one."""
        if self.upper != _NONE_YET:
            self.note(self.nanoseconds(self.upper, self.lower))
            self.upper = _NONE_YET

    def note(self, time_ns: int) -> None:
        """One time."""
        if self.least is None or time_ns < self.least:
            self.least = time_ns
        if self.greatest is None or time_ns > self.greatest:
            self.greatest = time_ns

    def tell(self, tally: Tally) -> None:
        """Hand over what was found."""
        self.stop()
        if self.least is not None and self.greatest is not None:
            tally.note(self.least, self.greatest)

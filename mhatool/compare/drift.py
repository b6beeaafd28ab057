"""Numbers and times that may be off between two runs, as long as they stay off by the same."""

from __future__ import annotations


class Drift:
    """Tells a jump from an offset: one value out of line is one difference, and so is a lasting jump."""

    def __init__(self, tolerance: int = 0, usual: int | None = None) -> None:
        """Offsets may differ by `tolerance`; `usual` is the one to begin with, None: the first one seen."""
        self._tolerance = tolerance
        self._usual = usual
        self._last = usual

    def fits(self, offset: int) -> bool:
        """Whether an offset is the usual one, or that of the jump before."""
        last, self._last = self._last, offset
        if self._usual is None or self._near(offset, self._usual) or (last is not None and self._near(offset, last)):
            self.settle(offset)
            return True
        return False

    def settle(self, offset: int) -> None:
        """From here on this offset is the usual one; within the tolerance the old one stays, so that nothing creeps."""
        self._last = offset
        if self._usual is None or not self._near(offset, self._usual):
            self._usual = offset

    def _near(self, one: int, other: int) -> bool:
        return abs(one - other) <= self._tolerance

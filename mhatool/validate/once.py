"""What is said once for one cause, however often it shows."""

from __future__ import annotations

from collections import defaultdict

from mhatool.exchange import Latest
from mhatool.validate.seen import Seen

MOST = 20_000
"""Of each rule."""


class Said:
    """What was reported already, by rule and nodes; beyond `MOST` the oldest may be reported again."""

    def __init__(self) -> None:
        self._said: defaultdict[str, Latest[object, None]] = defaultdict(lambda: Latest(MOST))

    def see(self, seen: Seen) -> None:
        """Nothing: only rules say what was reported."""

    def has(self, rule: str, what: object) -> bool:
        """Whether it was reported."""
        return what in self._said[rule]

    def note(self, rule: str, what: object) -> None:
        """From here on it was."""
        self._said[rule].note(what, None)

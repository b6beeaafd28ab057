"""Words of which others decide how often there is something to say: a stranger's packets must not fill a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

AGAIN_S: Final = 60.0
"""How long the same words aren't said again."""


class Seldom:
    """Says the same words once a minute, and then how many times there was reason to.

    For words that are few: each is remembered.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}
        """When, and how often since then it wasn't."""

    def say(self, words: str) -> None:
        """Say this, if it wasn't within the last minute."""
        now = self._clock()
        before, kept_back = self._said.get(words, (now - AGAIN_S, 0))
        if now - before < AGAIN_S:
            self._said[words] = before, kept_back + 1
            return
        self._said[words] = now, 0
        self._say(f"{words} ({kept_back} times more since this was said)" if kept_back else words)


__all__ = ["AGAIN_S", "Seldom"]

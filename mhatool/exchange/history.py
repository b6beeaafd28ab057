"""A list that forgets its beginning."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class History(list[T]):
    """The latest of many, in order: `add` drops the first of more than `most`. A list, for most are very short."""

    __slots__ = ("most",)

    def __init__(self, most: int) -> None:
        self.most = most

    def add(self, latest: T) -> None:
        """Put one at the end."""
        self.append(latest)
        if len(self) > self.most:
            del self[0]

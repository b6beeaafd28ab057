"""A table that forgets what nobody touched for long: it grows with what goes on at a time, not with the capture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from mhatool.protocol.lifetime import nanoseconds

KEPT_NS: Final = nanoseconds(3600)
_AT_ONCE: Final = -(1 << 80)

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Entries that were set or renewed within `kept_ns` are there, older ones perhaps, up to twice as long.

    Of many, at most about `most`. Two plain dictionaries take turns, so nothing has to be moved or looked through.
    Values aren't None.
    """

    def __init__(self, most: int, kept_ns: int = KEPT_NS) -> None:
        self._most = max(most // 2, 1)
        self._kept_ns = kept_ns
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._turn_ns = _AT_ONCE
        """After this they take turns."""

    def get(self, key: K) -> V | None:
        """The entry, None without."""
        found = self._young.get(key)
        return found if found is not None else self._old.get(key)

    def renew(self, key: K, now_ns: int) -> V | None:
        """The same, and it was touched now."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.note(key, found, now_ns)
        return found

    def note(self, key: K, value: V, now_ns: int) -> V:
        """Set an entry, and return its value; nanoseconds since 1970."""
        young = self._young
        if now_ns > self._turn_ns or len(young) >= self._most:
            young = self._turn(now_ns)
        young[key] = value
        return value

    def keep(self, kept_ns: int) -> None:
        """From now on keep entries for so long, unless it is longer already."""
        if kept_ns > self._kept_ns:
            self._turn_ns += kept_ns - self._kept_ns
            self._kept_ns = kept_ns

    def forget(self, key: K) -> None:
        """Drop an entry, where there is one."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def _turn(self, now_ns: int) -> dict[K, V]:
        self._old, self._young = self._young, {}
        self._turn_ns = now_ns + self._kept_ns
        return self._young

    def items(self) -> Iterator[tuple[K, V]]:
        """All entries."""
        for key, value in self._old.items():
            if key not in self._young:
                yield key, value
        yield from self._young.items()

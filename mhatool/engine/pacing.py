"""How often something may happen: buckets of tokens (RFC 4443, 2.4 f), or a queue of what has to wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from mhatool.protocol.lifetime import NS_PER_S

K = TypeVar("K")
T = TypeVar("T")


class TokenBucket:
    """Lets through `rate` a second on average, `burst` at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._since: int | None = None

    def take(self, now: int) -> bool:
        """Whether it may happen now; then it counts."""
        if self._since is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._since) / NS_PER_S * self._rate)
        self._since = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def is_full(self, now: int) -> bool:
        """Whether nothing is left of what it has let through: a new one would do the same."""
        gone = self._burst - self._tokens
        return self._since is None or (now - self._since) / NS_PER_S * self._rate >= gone


class TokenBuckets(Generic[K]):
    """A bucket for each of those who ask: `rate` a second, and so many at once; a rate of 0 lets all through.

    There are `most` at a time. Those who come when there is no room share one, so that memory has its bounds whoever
    asks, and who has a bucket already keeps it.
    """

    def __init__(self, rate: float, most: int = 4_096) -> None:
        self._rate = rate
        self._burst = max(round(rate), 1)
        self._most = most
        self._buckets: dict[K, TokenBucket] = {}
        self._shared = TokenBucket(rate, self._burst)

    def take(self, key: K, now: int) -> bool:
        """Whether it may happen now; then it counts."""
        return not self._rate or self._of(key, now).take(now)

    def _of(self, key: K, now: int) -> TokenBucket:
        """Whoever asked last stands last, so the first one is the first that may be forgotten."""
        bucket = self._buckets.pop(key, None) or self._new(now)
        if bucket is not self._shared:
            self._buckets[key] = bucket
        return bucket

    def _new(self, now: int) -> TokenBucket:
        if len(self._buckets) >= self._most:
            first = next(iter(self._buckets))
            if not self._buckets[first].is_full(now):
                return self._shared
            del self._buckets[first]
        return TokenBucket(self._rate, self._burst)


class PacedQueue(Generic[T]):
    """Hands things on in their order, `rate` a second at most; the first one of an idle queue at once."""

    def __init__(self, rate: float) -> None:
        self._gap_ns = round(NS_PER_S / rate)
        self._waiting: deque[T] = deque()
        self._next_ns = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, item: T, now: int) -> None:
        """Hand it on when it is its turn."""
        if not self._waiting:
            self._next_ns = max(self._next_ns, now)
        self._waiting.append(item)

    def clear(self) -> None:
        """What waits is handed on to nobody."""
        self._waiting.clear()

    def next_timer(self) -> int | None:
        """When it is the first one's turn."""
        return self._next_ns if self._waiting else None

    def due(self, now: int) -> Iterator[T]:
        """Those whose turn it is. Who is asked late catches up: the rate holds on average."""
        while self._waiting and self._next_ns <= now:
            self._next_ns += self._gap_ns
            yield self._waiting.popleft()


__all__ = ["PacedQueue", "TokenBucket", "TokenBuckets"]

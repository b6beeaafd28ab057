"""How often something may happen: a bucket of tokens (RFC 4443, 2.4 f)."""

from __future__ import annotations

from mhatool.protocol.lifetime import NS_PER_S


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


__all__ = ["TokenBucket"]

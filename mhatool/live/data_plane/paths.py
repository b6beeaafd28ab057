"""Paths on which what every link takes no longer fits once it is wrapped: what is wrapped is fragmented there.

IPv6 has packets of up to 1280 octets pass everywhere, so these can't be refused (RFC 2473, 7.1 (b)).
"""

from __future__ import annotations

from collections.abc import Callable
from secrets import randbits
from typing import Final

from mhatool.live.clock import Clock
from mhatool.network import datagram as ipv6
from mhatool.protocol.lifetime import NS_PER_S

#: Of a path: the outer source and destination.
Ends = tuple[bytes, bytes]
_KNOWN_NS: Final = 600 * NS_PER_S
"""Afterwards it may be wider (RFC 8201, 5.3)."""
_MOST: Final = 10_000


class NarrowPaths:
    """Those that are known. Pieces are as long as every link takes, whatever was told of the path."""

    changed: Callable[[Ends], None]
    """Told of each path that is known as narrow now, or no longer. Set before anything is learned."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Ends, int] = {}
        self._identification = randbits(32)

    def learn(self, ends: Ends) -> None:
        """A packet that had to pass didn't."""
        known = self._until.pop(ends, None)
        self._until[ends] = self._clock.now() + _KNOWN_NS
        if known is None:
            self.changed(ends)
        if len(self._until) > _MOST:
            self._forget(next(iter(self._until)))

    def is_narrow(self, ends: Ends) -> bool:
        """Whether it is known as such."""
        return ends in self._until

    def forget(self) -> None:
        """What was learned too long ago."""
        while self._until:
            ends, until = next(iter(self._until.items()))
            if until > self._clock.now():
                return
            self._forget(ends)

    def _forget(self, ends: Ends) -> None:
        del self._until[ends]
        self.changed(ends)

    def pieces(self, datagram: bytes) -> list[bytes]:
        """What leaves in the place of a packet that is wrapped: itself, or fragments of it."""
        if len(datagram) <= ipv6.MINIMUM_MTU or not self.is_narrow((ipv6.source(datagram), ipv6.destination(datagram))):
            return [datagram]
        self._identification = (self._identification + 1) % 2**32
        return ipv6.fragments(datagram, ipv6.MINIMUM_MTU, self._identification)


__all__ = ["Ends", "NarrowPaths"]

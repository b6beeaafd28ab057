"""Nonces behind keygen tokens: when new ones are drawn, and which index is still good (RFC 6275, 5.2.3 and 5.2.7)."""

from __future__ import annotations

from typing import Final

from mhatool.engine.constants import Constants
from mhatool.engine.node import Randomness
from mhatool.protocol.lifetime import nanoseconds

NONCE_SIZE: Final = 8
"""Octets; 64 bits are recommended (RFC 6275, 5.2.2)."""
_INDICES: Final = 1 << 16


class Nonces:
    """A nonce makes tokens while they can live as long as a mobile node may use them; then a new one is drawn."""

    def __init__(self, constants: Constants, randomness: Randomness) -> None:
        self._randomness = randomness
        self._lifetime_ns = nanoseconds(constants.max_nonce_lifetime_s)
        self._used_for_ns = nanoseconds(constants.max_nonce_lifetime_s - constants.max_token_lifetime_s)
        self._nonces: dict[int, tuple[bytes, int]] = {}
        self._index = 0

    def current(self, now: int) -> tuple[int, bytes]:
        """Index and nonce for a new token. Indices count from 1 on."""
        found = self._nonces.get(self._index)
        if found is None or now - found[1] >= self._used_for_ns:
            self._nonces = {index: kept for index, kept in self._nonces.items() if self._is_good(kept, now)}
            self._index = (self._index + 1) % _INDICES
            found = self._nonces[self._index] = self._randomness.randbytes(NONCE_SIZE), now
        return self._index, found[0]

    def find(self, index: int, now: int) -> bytes | None:
        """The nonce of an index; None where it is too old, or never was."""
        found = self._nonces.get(index)
        return found[0] if found is not None and self._is_good(found, now) else None

    def _is_good(self, kept: tuple[bytes, int], now: int) -> bool:
        return now - kept[1] <= self._lifetime_ns


__all__ = ["NONCE_SIZE", "Nonces"]

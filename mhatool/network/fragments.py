"""What comes in fragments, put together where it ends (RFC 8200, 4.5)."""

from __future__ import annotations

from typing import Final

from dissectors.ipv6.reassembly import Reassembler
from mhatool.network import datagram as ipv6
from mhatool.network.datagram import Carried
from mhatool.protocol.lifetime import NS_PER_S

LONGEST_WAIT_NS: Final = 60 * NS_PER_S
"""From a packet's first fragment that has come; then all of them are forgotten."""
_FRAGMENT_HEADER: Final = 8


def has_its_header(datagram: bytes, found: Carried) -> bool:
    """Whether a fragment is long enough to say which part of which packet it is."""
    return len(datagram) >= found.at + _FRAGMENT_HEADER


class Fragments:
    """A machine's fragments, in the bounded memory of `Reassembler`."""

    def __init__(self) -> None:
        self._reassembler = Reassembler()

    def add(self, datagram: bytes, found: Carried, now: int) -> bytes | None:
        """The packet that this fragment completes, with the headers before its Fragment header; None: not yet.

        `found` is what the fragment carries; see `has_its_header`.
        """
        self._reassembler.forget_before(now - LONGEST_WAIT_NS)
        at = found.at
        word = int.from_bytes(datagram[at + 2 : at + 4])
        key = ipv6.source(datagram), ipv6.destination(datagram), int.from_bytes(datagram[at + 4 : at + 8])
        piece = datagram[at + _FRAGMENT_HEADER :]
        whole = self._reassembler.add(key, word & 0xFFF8, bool(word & 1), piece, datagram[at], now)
        return ipv6.put_together(datagram, found, whole.next_header, whole.octets) if whole is not None else None


__all__ = ["LONGEST_WAIT_NS", "Fragments", "has_its_header"]

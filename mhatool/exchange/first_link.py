"""Whether a datagram is still on the link of the node that sent it."""

from __future__ import annotations

from typing import Final

from dissectors.packet import Datagram

FIRST_HOP_LIMITS: Final = frozenset({64, 128, 255})
"""Hop limits with which nodes send. A datagram out of a tunnel was forwarded, so it has less."""


def on_its_first_link(datagram: Datagram) -> bool:
    """Whether nobody forwarded a datagram yet, as far as its hop limit tells."""
    return datagram.hop_limit in FIRST_HOP_LIMITS

"""What the kernel calls an interface: its number stays, its name may change (ip-link(8))."""

from __future__ import annotations

import socket


def number_of(interface: str) -> int:
    """0 where there is none of this name, alternative names included; so for `all`."""
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        return 0


def name_of(number: int, otherwise: str) -> str:
    """The name by which the kernel tells of it; `otherwise` where there is none of this number."""
    try:
        return socket.if_indextoname(number) if number else otherwise
    except OSError:
        return otherwise


__all__ = ["name_of", "number_of"]

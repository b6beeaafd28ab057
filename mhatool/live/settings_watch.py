"""Whether the settings that a node needs are still as it has set them: `sysctl --system` undoes them, for one.

The kernel tells at once of forwarding (rtnetlink(7), RTNLGRP_IPV6_NETCONF), without which a home agent's packets are
lost; of the others, such as accept_ra, it doesn't, so somebody has to look every now and then.
"""

from __future__ import annotations

import socket
from typing import Final, Protocol

_GROUPS: Final = 1 << 24
"""RTNLGRP_IPV6_NETCONF, the twenty-fifth."""
_ROOM: Final = 65_536


class Keeper(Protocol):
    """Who has set them."""

    def keep_settings(self) -> None:
        """Set those again that are otherwise now, and say so."""


class SettingsWatch:
    """Sees that they are."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.setblocking(False)
        self._socket.bind((0, _GROUPS))

    def fileno(self) -> int:
        """For whoever waits for changes."""
        return self._socket.fileno()

    def look(self) -> None:
        """Look at all of them, whatever the kernel has told."""
        while True:
            try:
                self._socket.recv(_ROOM)
            except BlockingIOError:
                break
            except OSError:
                continue  # more than there was room for
        self._keeper.keep_settings()

    def close(self) -> None:
        """Hear of no more changes."""
        self._socket.close()


__all__ = ["Keeper", "SettingsWatch"]

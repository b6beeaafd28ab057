"""Which nodes of ours run in this network namespace: each has a socket by its name, which goes with it however it ends.

Such names (unix(7): the abstract namespace) belong to the network namespace, as do addresses, routes and rules.
"""

from __future__ import annotations

import errno
import re
import socket
from pathlib import Path
from typing import Final, NamedTuple

from mhatool.live.errors import LiveError

SOCKETS: Final = Path("/proc/net/unix")
_OURS: Final = re.compile(r"@mhatool/(\w+)/([a-z0-9_-]+)$", re.MULTILINE)


class Other(NamedTuple):
    """A node that runs."""

    role: str
    name: str


class Presence:
    """One node's. LiveError where one of that name, or another mobile node, is in this namespace already."""

    def __init__(self, role: str, name: str) -> None:
        self.others = others()
        if role == "mobile_node":
            _refuse([other.name for other in self.others if other.role == role], "another mobile node")
        _refuse([other.name for other in self.others if other.name == name], "a node of that name")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.bind(f"\0mhatool/{role}/{name}")
        except OSError as error:
            self._socket.close()
            if error.errno != errno.EADDRINUSE:
                raise
            _refuse([name], "a node of that name")  # it came up in this moment

    def close(self) -> None:
        """The node has gone."""
        self._socket.close()


def others() -> list[Other]:
    """Those that run, by role and name."""
    return sorted(Other(*found) for found in _OURS.findall(SOCKETS.read_text("utf-8", errors="replace")))


def _refuse(names: list[str], what: str) -> None:
    if names:
        raise LiveError(f"{names[0]}: {what} runs in this network namespace already; stop it, or use `ip netns`")


__all__ = ["SOCKETS", "Other", "Presence", "others"]

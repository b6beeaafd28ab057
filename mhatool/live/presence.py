"""Which nodes of ours run in this network namespace: each has a socket by its name, which goes with it however it ends.

A home agent has one by each address of its own, too: the kernel gives an interface an address once, whoever asks.

Such names (unix(7): the abstract namespace) belong to the network namespace, as do addresses, routes and rules.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from dissectors.ipv6.address import text
from mhatool.live.errors import LiveError

SOCKETS: Final = Path("/proc/net/unix")
_OURS: Final = re.compile(r"@mhatool/(\w+)/([a-z0-9_-]+)$", re.MULTILINE)


class Other(NamedTuple):
    """A node that runs."""

    role: str
    name: str


class Presence:
    """One node's. LiveError where one of that name or address, or another mobile node, is in this namespace already."""

    def __init__(self, role: str, name: str, addresses: Iterable[bytes] = ()) -> None:
        self.others = others()
        if role == "mobile_node":
            _refuse([other.name for other in self.others if other.role == role], "another mobile node")
        _refuse([other.name for other in self.others if other.name == name], "a node of that name")
        with ExitStack() as stack:
            if not _bound(stack, f"mhatool/{role}/{name}"):
                _refuse([name], "a node of that name")  # it came up in this moment
            for address in dict.fromkeys(addresses):
                if not _bound(stack, f"mhatool-address/{text(address)}"):
                    what = "the home agent of that address runs in this network namespace already"
                    remedy = "give this node another `router_address`, or stop that one"
                    raise LiveError(f"{text(address)}: {what}; {remedy}")
            self._sockets = stack.pop_all()

    def close(self) -> None:
        """The node has gone."""
        self._sockets.close()


def others() -> list[Other]:
    """Those that run, by role and name."""
    return sorted(Other(*found) for found in _OURS.findall(SOCKETS.read_text("utf-8", errors="replace")))


def _bound(stack: ExitStack, name: str) -> bool:
    """Whether a name is ours now, until the stack is closed."""
    made = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC))
    try:
        made.bind(f"\0{name}")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True


def _refuse(names: list[str], what: str) -> None:
    if names:
        raise LiveError(f"{names[0]}: {what} runs in this network namespace already; stop it, or use `ip netns`")


__all__ = ["SOCKETS", "Other", "Presence", "others"]

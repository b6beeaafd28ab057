"""Whether a node's routes and rules are still there: somebody tidies up by hand, or a program that thinks them its own.

The kernel tells of what is removed (rtnetlink(7)), word for word what it takes to put it back. Routes by an interface
that goes down go with it, and are put back by the engine, which hears of that.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from mhatool.live.data_plane.routes import (
    DELETE_ROUTE,
    DELETE_RULE,
    NEW_ROUTE,
    NEW_RULE,
    RouteKey,
    RuleKey,
    route_key,
    rule_key,
)
from mhatool.live.filter import attach, netlink_messages
from mhatool.live.netlink import RefusedError, messages

_GROUPS: Final = 0x400 | 1 << 18
"""Of IPv6 routes and rules (RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE)."""
_ROOM: Final = 1 << 20
_MOST: Final = 1 << 24
"""Octets of what waits to be looked at: for who removes 20,000 of them at once."""
_SO_RCVBUFFORCE: Final = 33
_NOTHING_TO_DO: Final = frozenset({errno.EEXIST, errno.ENETDOWN, errno.ENODEV, errno.EACCES})
"""It is there again, or its device or IPv6 there went, and that is told by who watches the devices."""


class Owner(Protocol):
    """Who has set some of them."""

    def has_set(self, key: RouteKey | RuleKey) -> bool:
        """Whether it is to be there."""

    def put_back(self, kind: int, body: bytes) -> None:
        """Ask for it once more. RefusedError where the kernel refuses, also since it is there."""


class RemovalWatch:
    """Puts them back, and says so."""

    def __init__(self, owners: Iterable[Owner], say: Callable[[str], None]) -> None:
        self._owners = tuple(owners)
        self._say = say
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _MOST)
        attach(self._socket, netlink_messages((DELETE_ROUTE, DELETE_RULE)))  # those set would leave no room
        self._socket.setblocking(False)
        self._socket.bind((0, _GROUPS))

    def fileno(self) -> int:
        """For whoever waits for changes."""
        return self._socket.fileno()

    def look(self) -> None:
        """See what was removed, and put it back where it isn't there again."""
        for key, (kind, body) in self._removed().items():
            for owner in self._owners:
                if owner.has_set(key):
                    self._put_back(owner, key, kind, body)

    def _removed(self) -> dict[RouteKey | RuleKey, tuple[int, bytes]]:
        found: dict[RouteKey | RuleKey, tuple[int, bytes]] = {}
        while True:
            try:
                octets = self._socket.recv(_ROOM)
            except BlockingIOError:
                return found
            except OSError:  # more changes than there was room for: of some nobody will ever know
                self._say("routes go faster than they can be watched: what somebody removed now stays away")
                continue
            for kind, _, body, _ in messages(octets):
                key = route_key(body) if kind == DELETE_ROUTE else rule_key(body)
                if key is not None:
                    found[key] = NEW_ROUTE if kind == DELETE_ROUTE else NEW_RULE, body

    def _put_back(self, owner: Owner, key: RouteKey | RuleKey, kind: int, body: bytes) -> None:
        try:
            owner.put_back(kind, body)
        except RefusedError as error:
            if error.errno not in _NOTHING_TO_DO:
                self._say(f"somebody has removed the {key}, and it can't be put back: {error.strerror}")
        else:
            self._say(f"somebody has removed the {key}: put back, the node needs it")

    def close(self) -> None:
        """Hear of no more changes."""
        self._socket.close()


__all__ = ["Owner", "RemovalWatch"]

"""Whether interfaces are up and on a link, as the kernel tells it (rtnetlink(7)), also where one was gone for a moment.

A node that is carried from one link to another sees its interface go down and up; both may have happened before it gets
to look. The kernel's messages tell them one after another, and how often the carrier went down.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

_GROUPS: Final = 0x1 | 0x100
"""Changes of links, and of IPv6 addresses (RTMGRP_LINK, RTMGRP_IPV6_IFADDR)."""
_NEW_LINK, _DEL_LINK, _GET_LINK = 16, 17, 18
_DUMP: Final = 0x301
_HEADER, _INTERFACE, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BxHiII"), struct.Struct("=HH")
_NAME, _DOWN_COUNT = 3, 48
_UP_AND_RUNNING: Final = 0x1 | 0x40
_ROOM: Final = 65_536


class State(NamedTuple):
    """An interface's: whether it is up and on a link, and how often it has lost one."""

    up: bool
    downs: int


class Carriers:
    """The carriers of these interfaces. The socket can be read when links or addresses change, whosever they are."""

    def __init__(self, interfaces: Iterable[str]) -> None:
        self._states = dict.fromkeys(interfaces, State(False, 0))
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.setblocking(False)
        self._socket.bind((0, _GROUPS))
        self._ask()
        for _ in self.changes():
            pass

    def fileno(self) -> int:
        """For whoever waits for changes."""
        return self._socket.fileno()

    def changes(self) -> Iterator[tuple[str, bool]]:
        """What has changed since this was asked last, in order: an interface, and whether it is on a link now."""
        while True:
            try:
                octets = self._socket.recv(_ROOM)
            except BlockingIOError:
                return
            except OSError:  # more changes than the kernel had room for: what counts is how it is now
                self._ask()
                continue
            for name, state in links(octets):
                if name in self._states:
                    before, self._states[name] = self._states[name], state
                    yield from ((name, up) for up in steps(before, state))

    def is_up(self, interface: str) -> bool:
        """Whether it was on a link when changes were asked for last."""
        return self._states[interface].up

    def _ask(self) -> None:
        """Have the kernel tell of all links as they are."""
        length = _HEADER.size + _INTERFACE.size
        request = _HEADER.pack(length, _GET_LINK, _DUMP, 0, 0) + _INTERFACE.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
        self._socket.sendto(request, (0, 0))

    def close(self) -> None:
        """Hear of no more changes."""
        self._socket.close()


def steps(before: State, after: State) -> tuple[bool, ...]:
    """What a node is told that knows of the first state: up, down, or both where the link was gone for a moment."""
    if before.up and after.up:
        return (False, True) if after.downs > before.downs else ()
    return (after.up,) if after.up is not before.up else ()


def links(octets: bytes) -> Iterator[tuple[str, State]]:
    """The links in the kernel's messages, by name; what the messages say of other things is left out."""
    at = 0
    while at + _HEADER.size <= len(octets):
        length, kind, *_ = _HEADER.unpack_from(octets, at)
        body = octets[at + _HEADER.size : at + length]
        at += _aligned(max(length, _HEADER.size))
        if kind in (_NEW_LINK, _DEL_LINK):
            flags = _INTERFACE.unpack_from(body)[3]
            said = dict(_attributes(body[_INTERFACE.size :]))
            up = kind == _NEW_LINK and flags & _UP_AND_RUNNING == _UP_AND_RUNNING
            downs = int.from_bytes(said.get(_DOWN_COUNT, b""), sys.byteorder)
            yield said.get(_NAME, b"").rstrip(b"\0").decode(), State(up, downs)


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(octets):
        length, kind = _ATTRIBUTE.unpack_from(octets, at)
        yield kind, octets[at + _ATTRIBUTE.size : at + length]
        at += _aligned(max(length, _ATTRIBUTE.size))


def _aligned(length: int) -> int:
    return (length + 3) & ~3


__all__ = ["Carriers", "State", "links", "steps"]

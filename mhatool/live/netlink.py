"""Netlink in octets (netlink(7)), for what pyroute2 lacks or gets wrong: requests that the kernel confirms, and dumps.

It sends `encap.red` of seg6 as `encap`, which puts a routing header on the wire, knows no encapsulating routes of type
ip6, no tables beyond 253 for End.DT6, and not the source of seg6's tunnels.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

NETFILTER: Final = 12
GENERIC: Final = 16
REQUEST, ACK, DUMP, REPLACE, CREATE, EXCLUSIVE, APPEND = 0x1, 0x4, 0x300, 0x100, 0x400, 0x200, 0x800
NESTED: Final = 0x8000
_ERROR, _DONE = 2, 3
_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_EXT_ACK, _CAPPED, _WORDS = 11, 0x100, 1
_ROOM: Final = 1 << 20
_PATIENCE_S: Final = 5.0


class RefusedError(OSError):
    """What the kernel says to a request: an errno, and words where it has some."""


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded as they all are."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def nested(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | NESTED, b"".join(attributes))


def attributes(octets: bytes) -> dict[int, bytes]:
    """The attributes in some octets by kind; of one that is there twice, the last."""
    found = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(octets):
        size, kind = _ATTRIBUTE.unpack_from(octets, at)
        if size < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = octets[at + _ATTRIBUTE.size : at + size]
        at += size + -size % 4
    return found


def message(kind: int, flags: int, body: bytes, number: int = 0) -> bytes:
    """A request with its header."""
    return _HEADER.pack(_HEADER.size + len(body), kind, REQUEST | flags, number, 0) + body


class Netlink:
    """One socket of a netlink family."""

    def __init__(self, family: int = socket.NETLINK_ROUTE) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family)
        self._socket.settimeout(_PATIENCE_S)
        self._socket.setsockopt(270, _EXT_ACK, 1)  # SOL_NETLINK: errors come with words
        self._socket.bind((0, 0))
        self._number = 0

    def fileno(self) -> int:
        """For whoever waits for what the kernel says by itself."""
        return self._socket.fileno()

    def do(self, kind: int, body: bytes, flags: int = 0) -> None:
        """Ask for something to be done. RefusedError where it isn't."""
        self._number += 1
        self._socket.send(message(kind, ACK | flags, body, self._number))
        for _ in self._answers(1):
            pass

    def do_all(self, requests: list[tuple[int, int, bytes]]) -> None:
        """The same for several in one go, as nf_tables takes its changes; one number, an answer to each with ACK."""
        self._number += 1
        self._socket.send(b"".join(message(kind, flags, body, self._number) for kind, flags, body in requests))
        for _ in self._answers(sum(flags & ACK != 0 for _, flags, _ in requests)):
            pass

    def ask(self, kind: int, body: bytes, flags: int = 0) -> list[tuple[int, bytes]]:
        """What the kernel answers: each message's type and body."""
        self._number += 1
        self._socket.send(message(kind, ACK | flags, body, self._number))
        return list(self._answers(1))

    def _answers(self, acknowledgements: int) -> Iterator[tuple[int, bytes]]:
        refused: RefusedError | None = None
        while acknowledgements:
            for kind, number, body, flags in messages(self._socket.recv(_ROOM)):
                if number != self._number:
                    continue  # of a request that was given up
                if kind not in (_ERROR, _DONE):
                    yield kind, body
                    continue
                acknowledgements -= 1
                refused = refused or _refusal(body, flags)
                if refused is not None and kind == _ERROR and acknowledgements:
                    acknowledgements = 0  # what follows a refused part isn't looked at
        if refused is not None:
            raise refused

    def read(self) -> Iterator[tuple[int, bytes]]:
        """What has come by itself; for sockets that don't wait."""
        try:
            octets = self._socket.recv(_ROOM, socket.MSG_DONTWAIT)
        except OSError:  # nothing, or more than there was room for: what counts comes again
            return
        for kind, _, body, _ in messages(octets):
            yield kind, body

    def close(self) -> None:
        """No more of it."""
        self._socket.close()


def messages(octets: bytes) -> Iterator[tuple[int, int, bytes, int]]:
    """What the kernel says in one go: each message's type, number, body and flags."""
    at = 0
    while at + _HEADER.size <= len(octets):
        size, kind, flags, number, _ = _HEADER.unpack_from(octets, at)
        yield kind, number, octets[at + _HEADER.size : at + size], flags
        at += size + -size % 4


def _refusal(body: bytes, flags: int) -> RefusedError | None:
    """What an acknowledgement says; None: done."""
    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
    if not code:
        return None
    asked = _HEADER.size if flags & _CAPPED else struct.unpack_from("=I", body, 4)[0]
    said = attributes(body[4 + asked + -asked % 4 :]).get(_WORDS, b"").rstrip(b"\0")
    return RefusedError(code, said.decode("utf-8", "replace") or os.strerror(code))


__all__ = [
    "ACK",
    "APPEND",
    "CREATE",
    "DUMP",
    "EXCLUSIVE",
    "GENERIC",
    "NETFILTER",
    "REPLACE",
    "Netlink",
    "RefusedError",
    "attribute",
    "attributes",
    "message",
    "messages",
    "nested",
]

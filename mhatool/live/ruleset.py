"""Whether a node's table in nf_tables is still there: whoever loads a firewall anew begins with `flush ruleset`.

Without the table the kernel answers signalling again, and admits what no binding covers. It tells of tables that are
removed (nfnetlink, group NFNLGRP_NFTABLES), so nobody has to look again and again.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Final

from mhatool.live.netlink import NETFILTER, attributes, messages
from mhatool.live.silence import Silence

_GROUPS: Final = 1 << 6
"""NFNLGRP_NFTABLES, the seventh."""
_DELETED_TABLE: Final = 10 << 8 | 2
"""NFNL_SUBSYS_NFTABLES and NFT_MSG_DELTABLE."""
_HEAD: Final = 4
"""Octets before a message's attributes."""
_NAME: Final = 1
_ROOM: Final = 65_536


class RulesetWatch:
    """Puts the node's table back where somebody has removed it, and calls `put_back` then."""

    def __init__(self, silence: Silence, put_back: Callable[[], None]) -> None:
        self._silence = silence
        self._put_back = put_back
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETFILTER)
        self._socket.setblocking(False)
        self._socket.bind((0, _GROUPS))

    def fileno(self) -> int:
        """For whoever waits for changes."""
        return self._socket.fileno()

    def look(self) -> None:
        """See what was removed. LiveError where the table can't be put back."""
        if self._has_lost_it() and not self._silence.is_there():
            self._silence.begin()
            self._put_back()

    def _has_lost_it(self) -> bool:
        """Whether a table of that name was removed; it may be there again, or the kernel had no room to tell."""
        found = False
        while True:
            try:
                octets = self._socket.recv(_ROOM)
            except BlockingIOError:
                return found
            except OSError:
                found = True
            else:
                found = found or self._silence.table in removed_tables(octets)

    def close(self) -> None:
        """Hear of no more changes."""
        self._socket.close()


def removed_tables(octets: bytes) -> Iterator[str]:
    """The names of tables that the kernel's messages say are gone."""
    for kind, _, body, _ in messages(octets):
        if kind == _DELETED_TABLE:
            yield attributes(body[_HEAD:]).get(_NAME, b"").rstrip(b"\0").decode("utf-8", "replace")


__all__ = ["RulesetWatch", "removed_tables"]

"""Errors that nodes answer with, paced: Binding Errors, Parameter Problems (RFC 6275, 9.3.3; RFC 4443, 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.address import UNSPECIFIED, is_multicast
from dissectors.mobility.binding import BindingError
from mhatool.engine.constants import Constants
from mhatool.engine.pacing import TokenBucket
from mhatool.engine.sender import Sender

NO_BINDING, UNKNOWN_TYPE = 1, 2
"""Statuses of a Binding Error (RFC 6275, 6.1.9)."""
PARAMETER_PROBLEM = 4
MINIMUM_MTU = 1280
_QUOTED = MINIMUM_MTU - 40 - 8
"""So many octets of a packet an ICMPv6 error quotes at most (RFC 4443, 2.4 c)."""


def _plainly(source: bytes) -> Mapping[str, Any] | None:
    return {}


class ErrorReports:
    """Sends them: never to a group, nor about what went to one, and not too often.

    `way_from` says how what leaves from an address of ours travels, in the words of `Sender.send`; None: it can't.
    """

    def __init__(self, constants: Constants, sender: Sender) -> None:
        self._sender = sender
        self._pace = TokenBucket(constants.error_rate, constants.error_burst)
        self.way_from: Callable[[bytes], Mapping[str, Any] | None] = _plainly

    def report(self, status: int, source: bytes, destination: bytes, home_address: bytes | None, now: int) -> None:
        """A Binding Error to `source` about what it sent to `destination`, unless groups or too many are concerned.

        It has neither a routing header nor a Home Address option (RFC 6275, 9.3.3).
        """
        message = BindingError(status=status, home_address=home_address or UNSPECIFIED, options=())
        self._send(message, (source, destination), now)

    def complain(self, code: int, pointer: int, quoted: bytes, ends: tuple[bytes, bytes], now: int) -> None:
        """An ICMPv6 Parameter Problem about a packet that went from and to `ends`; `pointer` counts in `quoted`."""
        message = Icmpv6Error(icmp_type=PARAMETER_PROBLEM, code=code, parameter=pointer, quoted=quoted[:_QUOTED])
        self._send(message, ends, now)

    def _send(self, message: Any, ends: tuple[bytes, bytes], now: int) -> None:
        """To whoever sent the packet, from where it was sent to."""
        source, destination = ends
        if is_multicast(source) or is_multicast(destination) or source == UNSPECIFIED:
            return
        way = self.way_from(destination)
        if way is not None and self._pace.take(now):
            self._sender.send(message, destination, source, now, **way)


__all__ = ["MINIMUM_MTU", "NO_BINDING", "PARAMETER_PROBLEM", "UNKNOWN_TYPE", "ErrorReports"]

"""A kernel's ICMPv6: echo, and errors about packets that can't be handled (RFC 4443), at a bounded rate."""

from __future__ import annotations

from enum import Enum

from dissectors.icmpv6.header import Echo, Icmpv6Error
from dissectors.ipv6.address import UNSPECIFIED, is_multicast
from mhatool.network import datagram as ipv6
from mhatool.network.neighbours import WRITER
from mhatool.protocol.lifetime import NS_PER_S

ECHO_REQUEST, ECHO_REPLY = 128, 129
PACKET_TOO_BIG = 2
_FIRST_INFORMATIONAL = 128
_REDIRECT = 137
BURST = 10
"""Errors that may leave at once; after that so many a second (RFC 4443, 2.4 (f))."""


class Problem(Enum):
    """What can be told: type and code of the error (RFC 4443, 3)."""

    NO_ROUTE = 1, 0
    BEYOND_SCOPE = 1, 2
    ADDRESS_UNREACHABLE = 1, 3
    PORT_UNREACHABLE = 1, 4
    TOO_BIG = 2, 0
    HOP_LIMIT = 3, 0
    ERRONEOUS_FIELD = 4, 0
    UNKNOWN_NEXT_HEADER = 4, 1


class ErrorRate:
    """A bucket of permissions to tell an error."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._at = 0

    def allows(self, now: int) -> bool:
        """Take one, if there is one."""
        self._left = min(float(BURST), self._left + (now - self._at) * BURST / NS_PER_S)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def may_be_told(datagram: bytes, problem: Problem) -> bool:
    """Whether an error may answer this packet at all (RFC 4443, 2.4 (e))."""
    sender, receiver = ipv6.source(datagram), ipv6.destination(datagram)
    if sender == UNSPECIFIED or is_multicast(sender) or (is_multicast(receiver) and problem is not Problem.TOO_BIG):
        return False
    found = ipv6.carried(datagram)
    if found.protocol != ipv6.ICMPV6 or found.at >= len(datagram):
        return True
    kind = datagram[found.at]
    return kind >= _FIRST_INFORMATIONAL and kind != _REDIRECT


def error(datagram: bytes, problem: Problem, parameter: int, source: bytes) -> bytes:
    """The error about a packet, with as much of it as fits into 1,280 octets."""
    kind, code = problem.value
    quoted = datagram[: ipv6.MINIMUM_MTU - ipv6.HEADER - 8]
    message = Icmpv6Error(icmp_type=kind, code=code, parameter=parameter, quoted=quoted)
    return WRITER.write(message, source, ipv6.source(datagram))


def echo_reply(request: Echo, source: bytes, destination: bytes) -> bytes:
    """The answer to an echo request, with the same octets."""
    return WRITER.write(request.replace(icmp_type=ECHO_REPLY, checksum=0), source, destination)


__all__ = ["ECHO_REPLY", "ECHO_REQUEST", "PACKET_TOO_BIG", "ErrorRate", "Problem", "echo_reply", "error", "may_be_told"]

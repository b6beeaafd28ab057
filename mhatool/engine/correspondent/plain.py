"""What a node that knows nothing of mobility says to who tries: the ICMPv6 errors of any IPv6 node.

It doesn't know the Mobility Header: Parameter Problem, code 1, at the next header field that names it (RFC 8200, 4;
RFC 4443, 3.4). Nor does it know the Home Address option, whose type says: discard, and tell the source, code 2
(RFC 8200, 4.2); that comes first.
"""

from __future__ import annotations

from typing import Final

from dissectors.profile import Profile

UNKNOWN_HEADER, UNKNOWN_OPTION = 1, 2
"""Codes of a Parameter Problem."""
_NEXT_HEADER, _HEADER = 6, 40
_HOME_ADDRESS: Final = 0xC9
_PAD1: Final = 0


def unrecognised(datagram: bytes, profile: Profile) -> tuple[int, int] | None:
    """Code and pointer of what such a node doesn't know in a datagram; None: it knows all of its headers.

    Encapsulated packets aren't looked into: they are for whoever unpacks them.
    """
    mobility, options, hop_by_hop = (
        profile.protocol(name) for name in ("mobility", "destination_options", "hop_by_hop")
    )
    named_at, at = _NEXT_HEADER, _HEADER
    while at + 8 <= len(datagram):
        protocol = datagram[named_at]
        if protocol == mobility:
            return UNKNOWN_HEADER, named_at
        if protocol not in (options, hop_by_hop):
            return None
        end = at + (datagram[at + 1] + 1) * 8
        option = _home_address_option(datagram[:end], at + 2)
        if option is not None:
            return UNKNOWN_OPTION, option
        named_at, at = at, end
    return None


def _home_address_option(octets: bytes, at: int) -> int | None:
    """Where a Home Address option stands among options; None without one."""
    while at + 2 <= len(octets):
        if octets[at] == _HOME_ADDRESS:
            return at
        at += 1 if octets[at] == _PAD1 else 2 + octets[at + 1]
    return None


__all__ = ["UNKNOWN_HEADER", "UNKNOWN_OPTION", "unrecognised"]

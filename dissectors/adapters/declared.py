"""Which declarations other libraries get from us: all but those layers that each of them has well enough itself."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.spec.declaration import Declaration
from dissectors.spec.families import declarations

FAMILIES = ("mobility", "mobility_option", "icmpv6", "nd_option", "routing", "ipv6_option", "ipv6", "upper")
_THEIRS = ("ipv6", "tcp", "udp")
#: ICMPv6 that stays Scapy's and dpkt's own even where ours are installed: nothing there is Mobile IPv6's.
NOT_MOBILE = ("echo", "icmpv6_error", "icmpv6")


def declared() -> Iterator[Declaration]:
    """The declarations of every message, option and header that is made for them."""
    for family in FAMILIES:
        for declaration in declarations(family):
            if declaration.symbol not in _THEIRS:
                yield declaration

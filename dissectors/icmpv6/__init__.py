"""ICMPv6: what Mobile IPv6 adds to it and the parts of neighbour discovery that it leans on."""

from dissectors.icmpv6.header import Icmpv6Message, UnknownIcmpv6

__all__ = ["Icmpv6Message", "UnknownIcmpv6"]

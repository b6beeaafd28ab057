"""ICMPv6 type 154: Home Agent Unreachable (the paper's Fig. 9) and FMIPv6 (RFC 5568), told apart by octet 4."""

from __future__ import annotations

from dissectors.icmpv6.header import Icmpv6Message
from dissectors.spec import Option, message
from dissectors.spec import fields as wire


def _is_unreachable(octets: bytes, start: int, end: int) -> bool:
    return end - start >= 24 and octets[start + 4] == 0 and (end - start - 8) % 16 == 0


def _is_fmipv6(octets: bytes, start: int, end: int) -> bool:
    return end - start >= 8 and 2 <= octets[start + 4] <= 5


@message("icmpv6", 154, rfc="paper, Fig. 9", craft="ha-unreachable", when=_is_unreachable)
class HomeAgentUnreachable(Icmpv6Message):
    """A home agent tells a mobile node which of its home agents can't be reached."""

    reserved: int = wire.reserved(16)
    identifier: int = wire.uint(16, "One for one failure")
    unreachable: tuple[bytes, ...] = wire.address_list("Home agents that don't answer", at_least=1)


@message("icmpv6", 154, symbol="fmipv6", title="FMIPv6", rfc="RFC 5568, 6.1", craft="fmipv6", when=_is_fmipv6)
class Fmipv6(Icmpv6Message):
    """Router Solicitation for Proxy Advertisement (subtype 2), Proxy Router Advertisement (3); 4, 5 are retired."""

    subtype: int = wire.uint(8)
    reserved: int = wire.reserved(8)
    identifier: int = wire.uint(16)
    options: tuple[Option, ...] = wire.options("nd_option")

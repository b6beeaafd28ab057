"""Home agent address discovery and mobile prefixes (RFC 6275, 6.5 to 6.8; the R flag is RFC 3963's)."""

from __future__ import annotations

from dissectors.icmpv6.header import Icmpv6Message
from dissectors.spec import Flags, Option, message
from dissectors.spec import fields as wire


@message("icmpv6", 144, title="Home Agent Address Discovery Request", rfc="RFC 6275, 6.5", craft="dhaad-request")
class DhaadRequest(Icmpv6Message):
    """A mobile node asks the home agents' anycast address who they are."""

    identifier: int = wire.uint(16)
    flags: Flags = wire.flags(16, {"R": 0x8000}, "R: asks for agents of mobile routers (RFC 3963)")


@message("icmpv6", 145, title="Home Agent Address Discovery Reply", rfc="RFC 6275, 6.6", craft="dhaad-reply")
class DhaadReply(Icmpv6Message):
    """A home agent lists the home agents on its link, the most preferred first."""

    identifier: int = wire.uint(16, "Copied from the request")
    flags: Flags = wire.flags(16, {"R": 0x8000}, "R: agents of mobile routers (RFC 3963)")
    home_agents: tuple[bytes, ...] = wire.address_list(default=())


@message("icmpv6", 146, rfc="RFC 6275, 6.7", craft="mps")
class MobilePrefixSolicitation(Icmpv6Message):
    """A mobile node asks its home agent for the home link's prefixes."""

    identifier: int = wire.uint(16)
    reserved: int = wire.reserved(16)
    options: tuple[Option, ...] = wire.options("nd_option")


@message("icmpv6", 147, rfc="RFC 6275, 6.8", craft="mpa")
class MobilePrefixAdvertisement(Icmpv6Message):
    """A home agent tells a mobile node the home link's prefixes."""

    identifier: int = wire.uint(16)
    flags: Flags = wire.flags(16, {"M": 0x8000, "O": 0x4000}, "As in router advertisements")
    options: tuple[Option, ...] = wire.options("nd_option")

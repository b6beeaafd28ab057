"""Who a node is and how it proves it: RFC 4283, RFC 4285, RFC 4866."""

from __future__ import annotations

from dissectors import registry
from dissectors.options.header import MobilityOption
from dissectors.spec import fields as wire
from dissectors.spec import option


@option("mobility_option", 8, title="Mobile Node Identifier", rfc="RFC 4283, 3")
class MobileNodeIdentifier(MobilityOption):
    """The mobile node's identifier; subtype 1 is a network access identifier (text)."""

    subtype: int = wire.uint(8, names=registry.MOBILE_NODE_IDENTIFIER_SUBTYPE)
    identifier: bytes = wire.octets_tail()


@option("mobility_option", 9, title="Mobility Message Authentication", rfc="RFC 4285, 5", align=(4, 1), last=True)
class MobilityMessageAuthentication(MobilityOption):
    """A keyed hash over addresses and message; the last option."""

    subtype: int = wire.uint(8, names=registry.AUTHENTICATION_SUBTYPE)
    spi: int = wire.uint(32, "Names the key")
    authenticator: bytes = wire.octets_tail("HMAC-SHA-1 cut to 96 bits")


@option("mobility_option", 10, title="Mobility Message Replay Protection", rfc="RFC 4285, 6", align=(8, 2))
class MessageIdentification(MobilityOption):
    """The time of sending, against replays."""

    timestamp: int = wire.uint(64, "NTP format: seconds since 1900 in the upper 32 bits, fraction in the lower")


@option("mobility_option", 16, title="Care-of Test", rfc="RFC 4866, 5.6")
class CareOfTestOption(MobilityOption):
    """A care-of keygen token inside a Binding Acknowledgement."""

    care_of_keygen_token: bytes = wire.octets(8)

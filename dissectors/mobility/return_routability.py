"""The return routability procedure: HoTI, CoTI, HoT and CoT (RFC 6275, 6.1.3 to 6.1.6)."""

from __future__ import annotations

from dissectors.mobility.header import MobilityMessage
from dissectors.spec import Option, message
from dissectors.spec import fields as wire


@message("mobility", 1, rfc="RFC 6275, 6.1.3", craft="hoti")
class HomeTestInit(MobilityMessage):
    """The mobile node asks for a home keygen token."""

    reserved2: int = wire.reserved(16)
    home_init_cookie: bytes = wire.octets(8, "Random, returned in the Home Test")
    options: tuple[Option, ...] = wire.options("mobility_option")


@message("mobility", 2, rfc="RFC 6275, 6.1.4", craft="coti")
class CareOfTestInit(MobilityMessage):
    """The mobile node asks for a care-of keygen token."""

    reserved2: int = wire.reserved(16)
    care_of_init_cookie: bytes = wire.octets(8, "Random, returned in the Care-of Test")
    options: tuple[Option, ...] = wire.options("mobility_option")


@message("mobility", 3, rfc="RFC 6275, 6.1.5", craft="hot")
class HomeTest(MobilityMessage):
    """The correspondent's answer to a Home Test Init."""

    home_nonce_index: int = wire.uint(16)
    home_init_cookie: bytes = wire.octets(8)
    home_keygen_token: bytes = wire.octets(8)
    options: tuple[Option, ...] = wire.options("mobility_option")


@message("mobility", 4, rfc="RFC 6275, 6.1.6", craft="cot")
class CareOfTest(MobilityMessage):
    """The correspondent's answer to a Care-of Test Init."""

    care_of_nonce_index: int = wire.uint(16)
    care_of_init_cookie: bytes = wire.octets(8)
    care_of_keygen_token: bytes = wire.octets(8)
    options: tuple[Option, ...] = wire.options("mobility_option")

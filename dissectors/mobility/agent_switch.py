"""Between agents and about them: Home Agent Switch (RFC 5142), Heartbeat (RFC 5847), experiments (RFC 5096)."""

from __future__ import annotations

from dissectors.mobility.header import MobilityMessage
from dissectors.spec import Flags, Option, message
from dissectors.spec import fields as wire


@message("mobility", 11, rfc="RFC 5096, 3", craft="experimental")
class ExperimentalMobility(MobilityMessage):
    """An experiment's message; its data are its own."""

    data: bytes = wire.octets_tail("Everything after the checksum")


@message("mobility", 12, title="Home Agent Switch", rfc="RFC 5142", craft="ha-switch")
class HaSwitch(MobilityMessage):
    """A home agent asks a mobile node to take another one; without addresses: to discover one."""

    address_count = wire.count("addresses")
    reserved2: int = wire.reserved(8)
    addresses: tuple[bytes, ...] = wire.address_list(
        "Home agents to take, in order", counted_by="address_count", default=()
    )
    options: tuple[Option, ...] = wire.options("mobility_option")


@message("mobility", 13, rfc="RFC 5847, 3.3", craft="heartbeat")
class Heartbeat(MobilityMessage):
    """A sign of life between agents; R: a response, U: unsolicited."""

    reserved2: int = wire.reserved(14)
    flags: Flags = wire.flags(2, {"U": 2, "R": 1}, "U: unsolicited, R: response")
    sequence_number: int = wire.uint(32, "Copied into the response")
    options: tuple[Option, ...] = wire.options("mobility_option")

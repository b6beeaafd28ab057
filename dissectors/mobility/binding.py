"""Registering a binding: Binding Refresh Request, Update, Acknowledgement, Error (RFC 6275, 6.1.2, 6.1.7-9)."""

from __future__ import annotations

from dissectors import registry
from dissectors.mobility.header import MobilityMessage
from dissectors.spec import Flags, Option, message
from dissectors.spec import fields as wire

#: IANA's binding update flags. M is HMIPv6's (RFC 5380) and, with H or the Multiple Home Agents option, ours.
UPDATE_FLAGS = {
    "A": 0x8000,
    "H": 0x4000,
    "L": 0x2000,
    "K": 0x1000,
    "M": 0x0800,
    "R": 0x0400,
    "P": 0x0200,
    "F": 0x0100,
    "T": 0x0080,
    "B": 0x0040,
    "S": 0x0020,
    "D": 0x0010,
}
ACKNOWLEDGEMENT_FLAGS = {"K": 0x80, "R": 0x40, "P": 0x20, "T": 0x10, "B": 0x08, "S": 0x04, "D": 0x02}


@message("mobility", 0, rfc="RFC 6275, 6.1.2", craft="brr")
class BindingRefreshRequest(MobilityMessage):
    """A correspondent asks the mobile node to refresh its binding."""

    reserved2: int = wire.reserved(16)
    options: tuple[Option, ...] = wire.options("mobility_option")


@message("mobility", 5, rfc="RFC 6275, 6.1.7", craft="bu")
class BindingUpdate(MobilityMessage):
    """A mobile node tells a home agent or correspondent its care-of address."""

    sequence_number: int = wire.uint(16, "Compared modulo 2^16 by the receiver")
    flags: Flags = wire.flags(16, UPDATE_FLAGS, "A: acknowledge, H: home registration ...", key="binding_update")
    lifetime_s: int = wire.uint(16, "Seconds until the binding expires; 0 deletes it", unit=4)
    options: tuple[Option, ...] = wire.options("mobility_option")


@message("mobility", 6, rfc="RFC 6275, 6.1.8", craft="ba")
class BindingAcknowledgement(MobilityMessage):
    """The answer to a Binding Update; a status under 128 accepts."""

    status: int = wire.uint(8, "Under 128: accepted", names=registry.BINDING_ACKNOWLEDGEMENT_STATUS)
    flags: Flags = wire.flags(8, ACKNOWLEDGEMENT_FLAGS, key="binding_acknowledgement")
    sequence_number: int = wire.uint(16, "Copied from the Binding Update; with status 135 the last accepted one")
    lifetime_s: int = wire.uint(16, "Seconds granted", unit=4)
    options: tuple[Option, ...] = wire.options("mobility_option")


@message("mobility", 7, rfc="RFC 6275, 6.1.9", craft="be")
class BindingError(MobilityMessage):
    """A node reports a Home Address option without binding (1) or an unknown Mobility Header type (2)."""

    status: int = wire.uint(8, names=registry.BINDING_ERROR_STATUS)
    reserved2: int = wire.reserved(8)
    home_address: bytes = wire.address("Of the Home Address option, or unspecified")
    options: tuple[Option, ...] = wire.options("mobility_option")

"""What every Mobility Header message begins with (RFC 6275, 6.1.1), and messages without fields of their own."""

from __future__ import annotations

from dissectors import registry
from dissectors.spec import Message, envelope, message
from dissectors.spec import fields as wire


@envelope
class MobilityMessage(Message):
    """A Mobility Header message. `checksum` is what it came with; the packet's builder computes it."""

    payload_proto = wire.next_header(only=59)
    header_length = wire.length(step=8, bias=8, bounds=True)
    mh_type = wire.number()
    reserved: int = wire.reserved(8)
    checksum: int = wire.checksum()


@envelope
class _AnyType(Message):
    payload_proto = wire.next_header(only=59)
    header_length = wire.length(step=8, bias=8, bounds=True)
    mh_type: int = wire.uint(8, "The type, as it stands on the wire", names=registry.MOBILITY_HEADER_TYPE)
    reserved: int = wire.reserved(8)
    checksum: int = wire.checksum()


@message("mobility", symbol="mobility", title="Mobility Header", rfc="RFC 6275, 6.1.1")
class UnknownMobility(_AnyType):
    """A type without fields of its own here, assigned or not: kept and emitted unchanged."""

    data: bytes = wire.octets_tail("Everything after the checksum")

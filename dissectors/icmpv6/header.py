"""What every ICMPv6 message begins with (RFC 4443, 2.1); echo, errors, and messages without fields of their own."""

from __future__ import annotations

from dissectors import registry
from dissectors.spec import Message, envelope, message
from dissectors.spec import fields as wire


@envelope
class Icmpv6Message(Message):
    """An ICMPv6 message. `checksum` is what it came with; the packet's builder computes it."""

    icmp_type = wire.number()
    code: int = wire.code()
    checksum: int = wire.checksum()


@envelope
class _AnyType(Message):
    icmp_type: int = wire.uint(8, "The type, as it stands on the wire", names=registry.ICMPV6_TYPE)
    code: int = wire.code()
    checksum: int = wire.checksum()


@message("icmpv6", symbol="icmpv6", title="ICMPv6", rfc="RFC 4443, 2.1")
class UnknownIcmpv6(_AnyType):
    """A type without fields of its own here: kept and emitted unchanged."""

    data: bytes = wire.octets_tail()


@message("icmpv6", (128, 129), rfc="RFC 4443, 4", craft="echo")
class Echo(_AnyType):
    """An echo request (128) or reply (129)."""

    identifier: int = wire.uint(16)
    sequence_number: int = wire.uint(16)
    data: bytes = wire.octets_tail()


@message("icmpv6", (1, 2, 3, 4), symbol="icmpv6_error", title="ICMPv6 error", rfc="RFC 4443, 3", craft="icmpv6-error")
class Icmpv6Error(_AnyType):
    """Destination Unreachable (1), Packet Too Big (2), Time Exceeded (3) or Parameter Problem (4)."""

    parameter: int = wire.uint(32, "The MTU in type 2, the pointer in type 4, else unused", default=0)
    quoted: bytes = wire.quoted_packet()

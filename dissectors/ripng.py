"""RIPng (RFC 2080), the testbed's routing protocol, on UDP port 521."""

from __future__ import annotations

from dissectors.spec import Message, message
from dissectors.spec import fields as wire

PORT = 521


@message("record", title="Route table entry", rfc="RFC 2080, 2.1", symbol="route_table_entry")
class RouteTableEntry(Message):
    """A route; metric 16 is infinity, metric 255 marks a next hop entry."""

    prefix: bytes = wire.address()
    route_tag: int = wire.uint(16, default=0)
    prefix_length: int = wire.uint(8)
    metric: int = wire.uint(8)


@message("upper", symbol="ripng", title="RIPng", rfc="RFC 2080, 2.1", craft="ripng")
class Ripng(Message):
    """A request (command 1) or response (2)."""

    command: int = wire.uint(8)
    version: int = wire.uint(8, default=1)
    reserved: int = wire.reserved(16)
    entries: tuple[RouteTableEntry, ...] = wire.records(RouteTableEntry)

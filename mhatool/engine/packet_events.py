"""What a machine tells about packets that it does not take: category `packet`."""

from __future__ import annotations

from mhatool.engine.events import Event


class PacketDropped(Event, frozen=True, kw_only=True, tag="packet:dropped"):
    """A machine dropped a packet: `reason` is one of `DropReason`, `detail` says it in words."""

    reason: str
    detail: str
    source: bytes
    destination: bytes
    frame: bytes


__all__ = ["PacketDropped"]

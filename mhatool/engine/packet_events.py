"""What happens to packets outside the nodes: category `packet`."""

from __future__ import annotations

from mhatool.engine.events import Event


class PacketDropped(Event, frozen=True, kw_only=True, tag="packet:dropped"):
    """A machine dropped a packet: `reason` is one of `DropReason`, `detail` says it in words."""

    reason: str
    detail: str
    source: bytes
    destination: bytes
    frame: bytes


class PacketForged(Event, frozen=True, kw_only=True, tag="packet:forged"):
    """A machine sends what it made up, or heard from others; `forgery` is where the scenario says so."""

    forgery: str
    frame: bytes


class NothingToReplay(Event, frozen=True, kw_only=True, tag="packet:nothing_to_replay"):
    """A machine was to send a packet again that it hasn't heard; `detail` says which."""

    forgery: str
    detail: str


__all__ = ["NothingToReplay", "PacketDropped", "PacketForged"]

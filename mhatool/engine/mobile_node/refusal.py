"""A packet that isn't taken, and why."""

from __future__ import annotations

from mhatool.engine.drops import DropReason


class Refusal(Exception):  # noqa: N818 - a packet's, not an error of ours
    """The packet is dropped; the node tells `reason` and `detail`."""

    def __init__(self, reason: DropReason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


__all__ = ["Refusal"]

"""Binding Updates whose answer waits for duplicate address detection (RFC 6275, 9.5.1 and 10.3.1)."""

from __future__ import annotations

from msgspec import Struct

from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.request import Request, Signature
from mhatool.protocol.lifetime import expiry


class Pending(Struct):
    """A request, how its answer is protected, and when it came: the lifetime counts from then.

    So it ends no later than the mobile node may think, which counts from the sending (RFC 6275, 11.7.3), however long
    the answer took; KAME counts so too.
    """

    request: Request
    signature: Signature | None
    came_ns: int

    def is_over(self, now: int) -> bool:
        """Whether all the lifetime that it asks for has gone by."""
        return not self.request.deletes and expiry(self.came_ns, self.request.lifetime_s) <= now


def no_longer_pending(binding: Binding) -> Pending:
    """The request that waited for the end of a check: it waits no longer."""
    pending: Pending = binding.pending
    binding.pending = None
    return pending


def repeats(binding: Binding, request: Request) -> bool:
    """The network delivers a request twice, or a mobile node sends it again, before it is answered."""
    return binding.pending is not None and request.sequence_number == binding.sequence_number


__all__ = ["Pending", "no_longer_pending", "repeats"]

"""How many Binding Updates a home agent takes a second of one mobile node."""

from __future__ import annotations

from mhatool.engine.home_agent.authentication import Verdict
from mhatool.engine.home_agent.request import Request
from mhatool.engine.home_agent.statuses import Status
from mhatool.engine.pacing import TokenBuckets


class UpdatePace:
    """Counts what is proven for the mobile node, all else for the address that it comes from.

    Anybody can write another's care-of address into a packet: what is sent so must not use up what the mobile node
    itself may send.
    """

    def __init__(self, rate: float) -> None:
        self._of_sources: TokenBuckets[bytes] = TokenBuckets(rate)
        self._of_mobile_nodes: TokenBuckets[bytes] = TokenBuckets(rate)

    def allows(self, request: Request, verdict: Verdict, now: int) -> bool:
        """Whether this one is taken; then it counts."""
        if verdict.status is Status.ACCEPTED and verdict.signature is not None:
            return self._of_mobile_nodes.take(request.home_address + request.agent, now)
        return self._of_sources.take(request.source, now)


__all__ = ["UpdatePace"]

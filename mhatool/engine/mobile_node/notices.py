"""Home Agent Unreachable messages: which are believed so far that somebody is asked (the paper, III-D).

Nothing proves them, so they never change a binding: what they name is asked itself.
"""

from __future__ import annotations

from functools import partial

from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.mobile_node.complaints import Sequel
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.refusal import Refusal
from mhatool.engine.mobile_node.rounds import Rounds


class Notices:
    """Takes Home Agent Unreachable messages (ICMPv6 type 154)."""

    def __init__(self, context: Context, rounds: Rounds) -> None:
        self._context = context
        self._rounds = rounds

    def take(self, arrival: Arrival) -> Sequel:
        """What a message leads to; Refusal where it isn't from an agent of the round about others of it."""
        self._check_way(arrival)
        message: HomeAgentUnreachable = arrival.message
        agents = self._rounds.agents
        if arrival.source not in agents:
            raise Refusal(DropReason.NOT_LISTED, "it comes from no home agent of ours")
        if arrival.source in message.unreachable:
            raise Refusal(DropReason.NOT_LISTED, "its sender names itself")
        named = [agent for agent in dict.fromkeys(message.unreachable) if agent in agents]
        if not named:
            raise Refusal(DropReason.NOT_LISTED, "it names no home agent of ours")
        fresh = [agent for agent in named if not self._rounds.checks.is_paced(agent)]
        if not fresh:
            raise Refusal(DropReason.PACED, "who is named is being asked, or was a short time ago")
        return partial(self._rounds.suspect, tuple(fresh), arrival.source, message.identifier)

    def _check_way(self, arrival: Arrival) -> None:
        """To the care-of address, routed to the home address (PROTOCOL, "where to")."""
        context = self._context
        if not context.behaviour.hears_of_failures:
            raise Refusal(DropReason.NOT_OUR_ROLE, "this implementation has no Home Agent Unreachable message")
        if arrival.message.code:
            raise Refusal(DropReason.CODE, f"code {arrival.message.code}")
        if context.care_of_address is None or arrival.destination != context.care_of_address:
            raise Refusal(DropReason.NOT_FOR_US, "not to the care-of address")
        if arrival.routed_home_address != context.home_address or arrival.through is not None:
            raise Refusal(DropReason.NOT_FOR_US, "not routed to the home address by its sender")


__all__ = ["Notices"]

"""A home agent that comes back without its bindings asks the others on its link to advertise themselves.

Until it knows them it can tell no agent of a mobile node from a stranger that has the home address, and answers no
Heartbeat. Hosts ask like this (RFC 4861, 6.3.7); routers answer whoever does (6.2.6).
"""

from __future__ import annotations

from dissectors.icmpv6.neighbour_discovery import RouterSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress
from mhatool.engine.constants import Constants
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.sender import Sender
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import ALL_ROUTERS


class Introduction:
    """Sends router solicitations, as many as the constants allow, until another home agent is heard."""

    def __init__(self, constants: Constants, agents: HomeAgentsList, link: HomeLink, sender: Sender) -> None:
        self._interval_ns = nanoseconds(constants.router_solicitation_interval_s)
        self._left = constants.max_router_solicitations
        self._agents = agents
        self._link = link
        self._sender = sender
        self._due: int | None = None

    def begin(self, now: int) -> None:
        """The agent has come up."""
        self._due = now
        self.handle_timer(now)

    def next_timer(self) -> int | None:
        """When it asks again."""
        return self._due

    def handle_timer(self, now: int) -> None:
        """Ask, if it is time to and there still is a reason."""
        if self._due is None or self._due > now:
            return
        if not self._left or len(self._agents):
            self._due = None
            return
        self._left -= 1
        self._due = now + self._interval_ns
        link = self._link
        message = RouterSolicitation(options=(SourceLinkLayerAddress(link_layer_address=link.link_address),))
        self._sender.on_link(message, link.link_local_address, ALL_ROUTERS, now, link.interface)


__all__ = ["Introduction"]

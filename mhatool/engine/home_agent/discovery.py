"""What mobile nodes ask a home agent about the home link: its agents and its prefixes (RFC 6275, 10.5 and 10.6)."""

from __future__ import annotations

from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest, MobilePrefixSolicitation
from dissectors.ipv6.address import is_multicast, is_routable_unicast
from dissectors.spec import Flags
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.error_reports import MINIMUM_MTU, NO_BINDING
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.home_agent.failover import Failover
from mhatool.engine.home_agent.prefixes import PrefixAdvertising
from mhatool.engine.pacing import TokenBuckets
from mhatool.engine.reception import Reception
from mhatool.engine.sender import Sender
from mhatool.protocol.neighbourhood import home_agents_anycast

MOST_LISTED = (MINIMUM_MTU - 40 - 8) // 16
"""Addresses in a reply that needs no fragments."""


class Discovery:
    """Answers Home Agent Address Discovery Requests and Mobile Prefix Solicitations."""

    def __init__(
        self,
        configuration: HomeAgentConfiguration,
        cache: BindingCache,
        agents: HomeAgentsList,
        prefixes: PrefixAdvertising,
        sender: Sender,
        reception: Reception,
        failover: Failover,
    ) -> None:
        self._configuration = configuration
        self._cache = cache
        self._agents = agents
        self._prefixes = prefixes
        self._sender = sender
        self._reception = reception
        self._failover = failover
        self._pace: TokenBuckets[None] = TokenBuckets(configuration.discovery_rate)
        self._own = {
            home_agents_anycast(each.prefix): each
            for each in configuration.advertising.prefixes
            if each.router_address is not None
        }

    def configure(self, configuration: HomeAgentConfiguration) -> None:
        """Another limit, for requests that come from now on."""
        if configuration.discovery_rate != self._configuration.discovery_rate:
            self._pace = TokenBuckets(configuration.discovery_rate)
        self._configuration = configuration

    @property
    def anycast_addresses(self) -> tuple[bytes, ...]:
        """Those of the home agents of each prefix that it serves."""
        return tuple(self._own) if self._configuration.serves else ()

    def list_agents(self, arrival: Arrival) -> Drop | None:
        """A mobile node asks who the home agents are: the answer comes from a unicast address (10.5.1)."""
        request: DhaadRequest = arrival.message
        asked = self._own.get(arrival.destination)
        source = asked.router_address if asked is not None else None
        if request.code:
            return Drop(DropReason.CODE, f"code {request.code}")
        if asked is None or source is None or not self._configuration.serves:
            return Drop(DropReason.NOT_FOR_US, "not sent to the home agents' anycast address")
        if not is_routable_unicast(arrival.source):
            return Drop(DropReason.MULTICAST, "nobody to answer")
        if self._failover.has_left:
            return Drop(DropReason.LEFT, "this home agent leaves: others are to be asked")
        if not self._pace.take(None, arrival.now):
            return Drop(DropReason.RATE_LIMIT, "more requests a second than discovery_rate allows")
        known = self._agents.in_order(asked.prefix, asked.prefix_length)
        offered = [address for address in known if self._failover.offers(address)]
        listed = tuple(offered[:MOST_LISTED])
        reply = DhaadReply(identifier=request.identifier, flags=Flags(), home_agents=listed)
        self._sender.send(reply, source, arrival.source, arrival.now)
        return None

    def list_prefixes(self, arrival: Arrival) -> Drop | None:
        """A mobile node asks for the home link's prefixes: only who is registered is told (10.6.2)."""
        request: MobilePrefixSolicitation = arrival.message
        home = arrival.home_address
        if request.code or is_multicast(arrival.destination):
            return Drop(DropReason.CODE, f"code {request.code}, or sent to a group")
        if home is None:
            return Drop(DropReason.HOME_ADDRESS, "no Home Address option (RFC 6275, 6.7)")
        binding = self._cache.get(home, arrival.destination)
        if binding is None or not binding.holds or binding.care_of_address != arrival.source:
            self._reception.errors.report(NO_BINDING, arrival.source, arrival.destination, home, arrival.now)
            return Drop(DropReason.UNBOUND, "no binding of this home address with this care-of address")
        self._prefixes.answer(binding, request.identifier, arrival.now)
        return None


__all__ = ["MOST_LISTED", "Discovery"]

"""The home agents that the node knows from advertisements on its home link (RFC 6275, 10.5 and 11.4.1)."""

from __future__ import annotations

from msgspec import Struct

from mhatool.engine.events import AgentListEntry
from mhatool.engine.mobile_node.advertised import AdvertisedRouter
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.protocol.lifetime import expiry


class KnownAgent(Struct):
    """A home agent, how much it wants to be taken, and until when its word holds; `link_address` is its neighbour's."""

    address: bytes
    link_local_address: bytes
    link_address: bytes
    preference: int
    lifetime_s: int
    expires_ns: int


class KnownAgents:
    """Agents by address, the one that was learned last first."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._agents: dict[bytes, KnownAgent] = {}
        context.ring_for(Alarm.AGENT_EXPIRES, self._forget)

    def hear(self, router: AdvertisedRouter) -> None:
        """An advertisement on the home link: of an agent, or of one that is an agent no more (10.5)."""
        address = router.agent_address(self._context.configuration.home_prefix)
        if address is None:
            address = self._address_of(router.address)
            if address is not None:
                self._forget(address)
            return
        if router.home_agent_lifetime_s == 0:
            self._forget(address)
            return
        expires = expiry(self._context.now, router.home_agent_lifetime_s)
        agent = KnownAgent(
            address, router.address, router.link_source, router.preference, router.home_agent_lifetime_s, expires
        )
        if address in self._agents:
            self._agents[address] = agent
        else:
            self._agents = {address: agent, **self._agents}
        self._context.set_alarm(Alarm.AGENT_EXPIRES, router.home_agent_lifetime_s, address)
        self._tell(agent)

    def in_order(self) -> tuple[bytes, ...]:
        """As they are to be taken: KAME takes the last one learned first, RFC 6275 the highest preference."""
        if self._context.behaviour.learns_from_advertisements:
            return tuple(self._agents)
        ranked = sorted(self._agents.values(), key=lambda agent: -agent.preference)
        return tuple(agent.address for agent in ranked)

    def link_address(self, agent: bytes) -> bytes | None:
        """An agent's link-layer address on the home link, as its advertisements told it."""
        known = self._agents.get(agent)
        return known.link_address if known is not None else None

    def _address_of(self, link_local: bytes) -> bytes | None:
        return next((a.address for a in self._agents.values() if a.link_local_address == link_local), None)

    def _forget(self, address: bytes) -> None:
        agent = self._agents.pop(address, None)
        if agent is not None:
            self._context.cancel(Alarm.AGENT_EXPIRES, address)
            self._tell(agent, gone=True)

    def _tell(self, agent: KnownAgent, *, gone: bool = False) -> None:
        self._context.tell(
            AgentListEntry,
            address=agent.address,
            link_local_address=agent.link_local_address,
            preference=agent.preference,
            lifetime_s=agent.lifetime_s,
            expires_ns=agent.expires_ns,
            gone=gone,
        )


__all__ = ["KnownAgent", "KnownAgents"]

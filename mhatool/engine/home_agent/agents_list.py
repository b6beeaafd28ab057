"""The Home Agents List: who else serves the home link, from router advertisements (RFC 6275, 10.1 and 10.5.1)."""

from __future__ import annotations

from collections.abc import Callable

from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement
from dissectors.icmpv6.options import PrefixInformation
from dissectors.ipv6.address import is_routable_unicast
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.events import AgentListEntry
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.node import Output, Randomness
from mhatool.engine.timers import Timers
from mhatool.engine.validity import neighbour_drop
from mhatool.protocol.home_agent_offer import offer
from mhatool.protocol.lifetime import expiry
from mhatool.protocol.neighbourhood import in_prefix

MOST_AGENTS = 128
"""So many others are listed; a reply without fragments names 77 addresses."""
MOST_ADDRESSES = 8
"""Of one agent, the latest that it advertised."""


#: Called with an address, and the time.
Notice = Callable[[bytes, int], None]


def _nobody(_address: bytes, _now: int) -> None:
    """Nobody wants to know."""


class ListedAgent:
    """A home agent of the link, known by its link-local address; `addresses` are its global ones."""

    __slots__ = ("addresses", "expires_ns", "lifetime_s", "link_address", "link_local_address", "preference")

    def __init__(self, link_local_address: bytes) -> None:
        self.link_local_address = link_local_address
        self.link_address = b""
        self.addresses: tuple[bytes, ...] = ()
        self.preference = 0
        self.lifetime_s = 0
        self.expires_ns = 0


class HomeAgentsList:
    """The other home agents of the link; with this one, in the order in which a mobile node shall take them."""

    def __init__(self, configuration: HomeAgentConfiguration, output: Output, randomness: Randomness) -> None:
        self._configuration = configuration
        self._own = frozenset(configuration.addresses)
        self._configured = frozenset(configuration.peers)
        self._learned: Notice = _nobody
        self._unlearned: Notice = _nobody
        self._output = output
        self._randomness = randomness
        self._agents: dict[bytes, ListedAgent] = {}
        self._by_address: dict[bytes, ListedAgent] = {}
        self._acquainted: dict[bytes, bytes] = {}
        """Link-layer addresses of agents that are known by their Heartbeats, and haven't advertised themselves yet."""
        self._timers: Timers[bytes] = Timers()

    def __len__(self) -> int:
        return len(self._agents)

    def knows(self, address: bytes) -> bool:
        """Whether it is a global address of this agent or of another one."""
        known = (self._by_address, self._own, self._configured, self._acquainted)
        return any(address in each for each in known)

    def acquaint(self, address: bytes, link_address: bytes, until: int, now: int) -> None:
        """An agent with this address and link-layer address has answered: it is known until it advertises itself."""
        if address not in self._by_address and address not in self._own:
            self._acquainted[address] = link_address
            self._timers.set(address, until)
            self._learned(address, now)

    def watch(self, learned: Notice, unlearned: Notice) -> None:
        """Tell these when a home agent begins to advertise an address, and when it does no longer."""
        self._learned, self._unlearned = learned, unlearned

    def is_link_local_address(self, address: bytes) -> bool:
        """Whether it is the link-local address of another agent."""
        return address in self._agents

    def find(self, address: bytes) -> ListedAgent | None:
        """The other agent with this global address."""
        return self._by_address.get(address)

    def behind(self, link_address: bytes, addresses: tuple[bytes, ...]) -> bytes | None:
        """Which of these global addresses belongs to the agent with this link-layer address; None: none of them."""
        for address in addresses:
            agent = self._by_address.get(address)
            known = agent.link_address if agent is not None else self._acquainted.get(address)
            if known == link_address:
                return address
        return None

    def may_be(self, link_address: bytes, addresses: tuple[bytes, ...]) -> bool:
        """Whether it may belong to one of these agents, because that one hasn't advertised itself here yet."""
        heard = (self._by_address, self._own, self._acquainted)
        is_unheard = any(not any(address in each for each in heard) for address in addresses)
        known = (*(agent.link_address for agent in self._agents.values()), *self._acquainted.values())
        return is_unheard and link_address not in known

    def hear(self, arrival: Arrival) -> Drop | None:
        """A router advertisement came from the home link (RFC 6275, 10.5.1)."""
        if arrival.interface != self._configuration.interface:
            return Drop(DropReason.NOT_FOR_US, "an advertisement of another link")
        drop = neighbour_drop(arrival)
        if drop is None and arrival.source not in self._agents and len(self._agents) >= MOST_AGENTS:
            return Drop(DropReason.TOO_MANY, f"{MOST_AGENTS} home agents are listed already")
        if drop is None:
            self._learn(arrival.message, arrival)
        return drop

    def _learn(self, message: RouterAdvertisement, arrival: Arrival) -> None:
        offered = offer(message)
        known = self._agents.get(arrival.source)
        if "H" not in message.flags or offered.lifetime_s == 0:
            if known is not None:
                self._forget(known, arrival.now)
            return
        agent = known or ListedAgent(arrival.source)
        prefixes = [option for option in message.options if isinstance(option, PrefixInformation)]
        heard = [option.prefix for option in prefixes if "R" in option.flags and self._may_have(agent, option.prefix)]
        self._agents[arrival.source] = agent
        agent.link_address = arrival.link_source
        self._take(agent, heard, arrival.now)
        agent.preference, agent.lifetime_s = offered
        agent.expires_ns = expiry(arrival.now, offered.lifetime_s)
        self._timers.set(arrival.source, agent.expires_ns)
        self._tell(agent, arrival.now)

    def _may_have(self, agent: ListedAgent, address: bytes) -> bool:
        """A unicast address that isn't ours, nor another agent's as long as that one is listed."""
        return (
            is_routable_unicast(address) and address not in self._own and self._by_address.get(address, agent) is agent
        )

    def _take(self, agent: ListedAgent, heard: list[bytes], now: int) -> None:
        """Those that it names now are the latest; what it hasn't named for long makes room for new ones."""
        had = agent.addresses
        kept = [address for address in had if address not in heard]
        agent.addresses = (*kept, *dict.fromkeys(heard))[-MOST_ADDRESSES:]
        if agent.addresses == had:
            return
        for address in had:
            del self._by_address[address]
        for address in agent.addresses:
            self._end_acquaintance(address)
        self._by_address.update(dict.fromkeys(agent.addresses, agent))
        self._report(had, agent.addresses, now)

    def _report(self, had: tuple[bytes, ...], has: tuple[bytes, ...], now: int) -> None:
        for address in has:
            if address not in had:
                self._learned(address, now)
        for address in had:
            if address not in has:
                self._unlearned(address, now)

    def next_timer(self) -> int | None:
        """When the next agent's lifetime is over."""
        return self._timers.next()

    def handle_timer(self, now: int) -> None:
        """Forget those whose lifetime is over."""
        for key in self._timers.due(now):
            if key in self._agents:
                self._forget(self._agents[key], now)
            else:
                del self._acquainted[key]
                self._unlearned(key, now)

    def _end_acquaintance(self, address: bytes) -> None:
        if self._acquainted.pop(address, None) is not None:
            self._timers.cancel(address)

    def _forget(self, agent: ListedAgent, now: int) -> None:
        self._timers.cancel(agent.link_local_address)
        del self._agents[agent.link_local_address]
        for address in agent.addresses:
            del self._by_address[address]
        self._tell(agent, now, gone=True)
        self._report(agent.addresses, (), now)

    def _tell(self, agent: ListedAgent, now: int, *, gone: bool = False) -> None:
        for address in agent.addresses:
            self._output.tell(
                AgentListEntry(
                    time_ns=now,
                    node=self._output.node,
                    address=address,
                    link_local_address=agent.link_local_address,
                    preference=agent.preference,
                    lifetime_s=agent.lifetime_s,
                    expires_ns=agent.expires_ns,
                    gone=gone,
                )
            )

    def in_order(self, prefix: bytes, length: int) -> list[bytes]:
        """An address of this prefix of each agent: the most preferred first, equal ones by lot each time (10.5.1).

        One of each, the latest that it advertised: two would pass for two agents, which fail together.
        """
        own = self._configuration.advertising.home_agent
        ranked = [(agent.preference, agent.addresses) for agent in self._agents.values()]
        if own is not None:
            ranked.append((own.preference, self._configuration.addresses))
        lots = [(-preference, self._randomness.getrandbits(32), addresses) for preference, addresses in ranked]
        fitting = ([each for each in addresses if in_prefix(each, prefix, length)] for _, _, addresses in sorted(lots))
        return [addresses[-1] for addresses in fitting if addresses]


__all__ = ["HomeAgentsList", "ListedAgent"]

"""Home agents that one which has restarted knows by their Heartbeats, before they advertise themselves to it.

Router advertisements that it asks for may take half a second each (RFC 4861, 6.2.6). Until then it answers whoever asks
from the home link, and asks back: an answer with the number that only the one asked has seen shows that a home agent
has the address, and which link-layer address is its own.
"""

from __future__ import annotations

from collections.abc import Callable

from mhatool.engine.arrival import Arrival
from mhatool.engine.home_agent.agents_list import MOST_AGENTS, HomeAgentsList
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.node import Randomness
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import in_prefix

#: Sends a request with this number from one of the agent's addresses to another agent's.
Ask = Callable[[int, bytes, bytes, int], None]


class Acquaintances:
    """Asks those whom the agent has to get to know, each once."""

    def __init__(
        self, configuration: HomeAgentConfiguration, agents: HomeAgentsList, ask: Ask, randomness: Randomness
    ) -> None:
        constants = configuration.constants
        self._period_ns = constants.max_router_solicitations * nanoseconds(constants.router_solicitation_interval_s)
        self._interface = configuration.interface
        self._prefixes = configuration.advertising.prefixes
        self._agents = agents
        self._ask = ask
        self._randomness = randomness
        self._numbers: dict[bytes, int] = {}
        self._until_ns = 0

    def begin(self, now: int) -> None:
        """The agent has come up, as long ago as it may ask routers for advertisements."""
        self._until_ns = now + self._period_ns

    def may_be_one(self, arrival: Arrival) -> bool:
        """Whether a Heartbeat may be a home agent's that isn't known yet."""
        if arrival.now >= self._until_ns or arrival.interface != self._interface:
            return False
        if any(in_prefix(arrival.source, each.prefix, each.prefix_length) for each in self._prefixes):
            return arrival.source in self._numbers or len(self._numbers) < MOST_AGENTS
        return False

    def ask(self, own: bytes, address: bytes, now: int) -> None:
        """Ask one, unless it was asked, or its link-layer address is known."""
        is_known = self._agents.find(address) is not None
        if now >= self._until_ns or is_known or address in self._numbers or len(self._numbers) >= MOST_AGENTS:
            return
        number = self._numbers[address] = self._randomness.getrandbits(32)
        self._ask(number, own, address, now)

    def take(self, arrival: Arrival) -> bool:
        """Whether an answer is to such a question; then its sender is known until it advertises itself."""
        is_answer = self._numbers.get(arrival.source) == arrival.message.sequence_number
        if not is_answer or arrival.now >= self._until_ns or arrival.interface != self._interface:
            return False
        self._agents.acquaint(arrival.source, arrival.link_source, self._until_ns, arrival.now)
        return True


__all__ = ["Acquaintances"]

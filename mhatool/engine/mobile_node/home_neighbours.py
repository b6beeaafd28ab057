"""Link-layer addresses of home agents, for a node that is back on their link and can't yet ask as others do."""

from __future__ import annotations

from collections.abc import Callable

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.icmpv6.options import TargetLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED
from mhatool.engine.mobile_node.addresses import Addresses
from mhatool.engine.mobile_node.agents import KnownAgents
from mhatool.engine.mobile_node.context import Context
from mhatool.protocol.neighbourhood import solicited_node


class HomeNeighbours:
    """Agents' advertisements tell where they are; who isn't known from these is asked for, before a deregistration.

    Until an agent lets go, the home address and its link-local namesake are no sources: the unspecified address is, and
    the answer goes to all nodes (RFC 6275, 11.5.5). That section asks for the home address, which one of several agents
    defends; so each is asked for its own one.
    """

    def __init__(self, context: Context, known: KnownAgents, addresses: Addresses) -> None:
        self._context = context
        self._known = known
        self._addresses = addresses
        self._asked: set[bytes] = set()
        self._found: dict[bytes, bytes] = {}
        self.on_found: Callable[[bytes], None] = lambda agent: None
        """Called with an agent that was asked for, and is known now."""

    def link_address(self, agent: bytes) -> bytes | None:
        """An agent's link-layer address on the home link."""
        return self._known.link_address(agent) or self._found.get(agent)

    def ask(self, agent: bytes) -> bool:
        """Ask for an agent. False, and nothing happens, where the machine has an address to ask from itself."""
        context = self._context
        if self._addresses.has_source:
            return False
        self._asked.add(agent)
        context.send_on_link(NeighborSolicitation(target=agent, options=()), UNSPECIFIED, solicited_node(agent))
        return True

    def hear(self, message: NeighborAdvertisement) -> None:
        """A neighbour tells where it is: it may be who was asked for."""
        told = [option for option in message.options if isinstance(option, TargetLinkLayerAddress)]
        if told and message.target in self._asked:
            self._asked.remove(message.target)
            self._found[message.target] = told[0].link_layer_address
            self.on_found(message.target)

    def forget(self) -> None:
        """The node isn't where it asked any more."""
        self._asked.clear()
        self._found.clear()


__all__ = ["HomeNeighbours"]

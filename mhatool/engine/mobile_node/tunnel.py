"""The reverse tunnel: through which agents the node's packets come and go (RFC 6275, 11.3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mhatool.engine.actions import End, SetTunnel
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node_events import ReverseTunnelSet


class ReverseTunnel:
    """One tunnel for the home address: packets leave through the first agent and are accepted from each.

    It stands as soon as a Binding Update is out, so that the node drops none of its own packets meanwhile.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._local = bytes(16)
        self._agents: tuple[bytes, ...] = ()
        context.errors.way_from = self.way_from

    def way_from(self, source: bytes) -> Mapping[str, Any] | None:
        """How what the node itself says from an address travels: away from home, from the home address in the tunnel.

        None: it has no way, since nobody is registered with. In the words of `Sender.send`.
        """
        if source != self._context.home_address or self._context.care_of_address is None:
            return {}
        return {"tunnel": (self._local, self._agents[0])} if self._agents else None

    @property
    def first(self) -> bytes | None:
        """The agent that the node's own packets go through."""
        return self._agents[0] if self._agents else None

    @property
    def agents(self) -> tuple[bytes, ...]:
        """Those that packets are accepted from."""
        return self._agents

    def lead(self, care_of_address: bytes, registered: Iterable[bytes], holders: Iterable[bytes]) -> None:
        """From this care-of address through the agents that are registered with; without any there is no tunnel.

        From holders, agents that aren't registered with any more but may hold a binding, packets are accepted too.
        """
        ways = tuple(registered)
        agents = tuple(dict.fromkeys((*ways, *holders))) if ways else ()
        if agents == self._agents and (not agents or care_of_address == self._local):
            return
        self._agents = agents
        if agents:
            self._local = care_of_address
        context = self._context
        context.output.act(SetTunnel(End.MOBILE_NODE, context.home_address, self._local, agents))
        context.tell(
            ReverseTunnelSet, home_address=context.home_address, care_of_address=self._local, home_agents=agents
        )


__all__ = ["ReverseTunnel"]

"""What followed the failure of a home agent, and when: from what the nodes tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from mhatool.engine.events import Event, MessageReceived, MessageSent, UpdateListEntry
from mhatool.engine.failure_events import PeerChanged
from mhatool.engine.link_events import MachineFailed
from mhatool.engine.route_events import RouteChanged
from mhatool.engine.router.routing_table import INFINITY
from mhatool.network.scenario.alarm import ALARM
from mhatool.protocol.neighbourhood import ALL_NODES

_TARGET = slice(48, 64)
"""Of a neighbour advertisement, behind the IPv6 header and eight octets (RFC 4861, 4.4)."""


class Recovery:
    """Hears a run, and keeps the instants after the failure of `node`, whose address as a home agent is `address`.

    `home_address` and `mobile_node` are those of the mobile node in question, which wants `agents` of them; `prefix`
    is the home link's. Instants are in nanoseconds, None where it never came to that.
    """

    def __init__(
        self, node: str, address: bytes, mobile_node: str, home_address: bytes, prefix: bytes, agents: int
    ) -> None:
        self._node, self._address = node, address
        self._mobile_node, self._home_address = mobile_node, home_address
        self._prefix = prefix
        self._agents = agents
        self._bound: dict[bytes, bool] = {}
        self.failed: int | None = None
        self.is_back = False
        self.noticed: dict[str, int] = {}
        """When each of the other agents held it to be unreachable."""
        self.tellers: Counter[str] = Counter()
        """How many Home Agent Unreachable messages each agent sent."""
        self.told: int | None = None
        """When the mobile node took the first one."""
        self.taken_over: dict[str, int] = {}
        """When each agent first announced the home address, on the home link."""
        self.switched: dict[str, int] = {}
        """When each router had the way to the home link that it kept, as long as this agent didn't come back."""
        self.complete: int | None = None
        """When the mobile node was registered with as many agents as it wants, this one not counted."""
        self._by_class: Mapping[type[Event], Callable[[Any], None]] = {
            MachineFailed: self._fails,
            PeerChanged: self._peer_changed,
            MessageSent: self._sent,
            MessageReceived: self._received,
            RouteChanged: self._route_changed,
            UpdateListEntry: self._entry,
        }

    def hear(self, event: Event) -> None:
        """Something happened."""
        handler = self._by_class.get(type(event))
        if handler is not None:
            handler(event)

    def _fails(self, event: MachineFailed) -> None:
        if event.node != self._node:
            return
        self.is_back = event.how in ("restart", "resume")
        if self.failed is None:
            self.failed = event.time_ns

    def _entry(self, event: UpdateListEntry) -> None:
        if event.node != self._mobile_node or not event.home_registration:
            return
        if event.gone:
            self._bound.pop(event.peer, None)
        else:
            self._bound[event.peer] = event.state in ("BOUND", "WAITAR")
        living = sum(bound for peer, bound in self._bound.items() if peer != self._address)
        if self.failed is not None and self.complete is None and living >= self._agents:
            self.complete = event.time_ns

    def _received(self, event: MessageReceived) -> None:
        if self.failed is not None and self.told is None and event.node == self._mobile_node:
            self.told = event.time_ns if event.message == ALARM else None

    def _sent(self, event: MessageSent) -> None:
        if self.failed is None:
            return
        if event.message == ALARM:
            self.tellers[event.node] += 1
        elif event.message == "neighbor_advertisement" and self._announces(event):
            self.taken_over.setdefault(event.node, event.time_ns)

    def _announces(self, event: MessageSent) -> bool:
        return event.destination == ALL_NODES and event.frame[_TARGET] == self._home_address

    def _peer_changed(self, event: PeerChanged) -> None:
        if self.failed is not None and event.address == self._address and event.state == "unreachable":
            self.noticed.setdefault(event.node, event.time_ns)

    def _route_changed(self, event: RouteChanged) -> None:
        if self.failed is None or self.is_back or event.prefix != self._prefix:
            return
        if event.metric < INFINITY:
            self.switched[event.node] = event.time_ns

    # --- what they come to ---

    def after_s(self, instant: int | None) -> float | None:
        """Seconds after the failure."""
        return None if instant is None or self.failed is None else (instant - self.failed) / 1e9

    @property
    def routing_switched(self) -> int | None:
        """When the last router had its way; None where none changed: it didn't lead through this agent."""
        return max(self.switched.values(), default=None)


__all__ = ["Recovery"]

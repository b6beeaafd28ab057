"""What followed the failure of a home agent for its mobile nodes: how many recovered, when, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from mhatool.engine.events import Event, MessageReceived, MessageSent, UpdateListEntry
from mhatool.engine.link_events import MachineFailed
from mhatool.engine.nd_events import LocationChanged
from mhatool.network.network import Network
from mhatool.network.scenario.recovery import ALARM
from mhatool.protocol.lifetime import NS_PER_S

COST = frozenset({ALARM, "binding_update", "binding_acknowledgement", "dhaad_request", "dhaad_reply"})
"""What a mobile node gets on by without an agent: being told, looking for others, registering with them."""


class CrowdRecovery:
    """Hears a run in which `node`, whose address as a home agent is `address`, fails.

    `wanted` are the mobile nodes, and how many agents each wants. `told` and `complete` are, by mobile node that was
    registered with the one that failed, when it took the first alarm, and when it was registered with as many again,
    perhaps with that one, where it has come back; instants in nanoseconds.
    """

    def __init__(self, node: str, address: bytes, wanted: Mapping[str, int]) -> None:
        self.node, self._address, self._wanted = node, address, wanted
        self._bound: dict[tuple[str, bytes], bool] = {}
        self._living: Counter[str] = Counter()
        self.how = ""
        self.failed: int | None = None
        self.affected: dict[str, None] = {}
        """The mobile nodes that were registered with it when it failed."""
        self.told: dict[str, int] = {}
        self.complete: dict[str, int] = {}
        self.at_home: set[str] = set()
        """Those that went home before they had as many again: there they need none."""
        self.messages: Counter[str] = Counter()
        """What was sent about home agents until all had theirs again, by its type."""
        self.message_octets = 0
        """Theirs, from the IPv6 header on, each once however many links it passed."""
        self.octets: Counter[str] = Counter()
        """What each link carried until then, data too, link-layer headers included."""
        self._by_class: Mapping[type[Event], Callable[[Any], None]] = {
            UpdateListEntry: self._entry,
            LocationChanged: self._moved,
            MachineFailed: self._fails,
            MessageSent: self._sent,
            MessageReceived: self._received,
        }

    @property
    def alarms(self) -> int:
        """Home Agent Unreachable messages among them."""
        return self.messages[ALARM]

    @property
    def is_going_on(self) -> bool:
        """Whether somebody needs agents, and hasn't all again."""
        return self.failed is not None and len(self.complete) + len(self.at_home) < len(self.affected)

    def watch(self, network: Network) -> None:
        """Hear what its nodes tell, and count what its links carry."""
        network.listeners.append(self.hear)
        for link in network.links.values():
            link.taps.append(self._counter(link.name))

    def _counter(self, link: str) -> Callable[[int, bytes, str | None], None]:
        def count(_now: int, frame: bytes, _comment: str | None) -> None:
            if self.is_going_on:
                self.octets[link] += len(frame)

        return count

    def hear(self, event: Event) -> None:
        """Something happened."""
        handler = self._by_class.get(type(event))
        if handler is not None:
            handler(event)

    def _fails(self, event: MachineFailed) -> None:
        if event.node == self.node and self.failed is None:
            self.failed, self.how = event.time_ns, event.how
            self.affected = {
                name: None for (name, peer), bound in self._bound.items() if bound and peer == self._address
            }
            for name in self.affected:  # it may have forgotten them: only what it accepts from now on counts
                self._bound[name, self._address] = False
                self._living[name] -= 1

    def _sent(self, event: MessageSent) -> None:
        if self.is_going_on and event.message in COST:
            self.messages[event.message] += 1
            self.message_octets += len(event.frame)

    def _received(self, event: MessageReceived) -> None:
        if event.message == ALARM and event.node in self.affected:
            self.told.setdefault(event.node, event.time_ns)

    def _moved(self, event: LocationChanged) -> None:
        if event.location == "home" and event.node in self.affected and event.node not in self.complete:
            self.at_home.add(event.node)

    def _entry(self, event: UpdateListEntry) -> None:
        if not event.home_registration:
            return
        key = event.node, event.peer
        has_failed = self.failed is not None and event.peer == self._address
        is_bound = not event.gone and event.state in (("BOUND",) if has_failed else ("BOUND", "WAITAR"))
        self._living[event.node] += is_bound - self._bound.get(key, False)
        self._bound[key] = is_bound
        if event.node not in self.affected or event.node in self.at_home:
            return
        if self._living[event.node] >= self._wanted[event.node]:
            self.complete.setdefault(event.node, event.time_ns)

    # --- what it came to ---

    def after_s(self, instants: Mapping[str, int]) -> tuple[float, float] | None:
        """When the first and the last of these was, in seconds after the failure; None where there is none."""
        if self.failed is None or not instants:
            return None
        first, last = min(instants.values()), max(instants.values())
        return (first - self.failed) / NS_PER_S, (last - self.failed) / NS_PER_S


__all__ = ["CrowdRecovery"]

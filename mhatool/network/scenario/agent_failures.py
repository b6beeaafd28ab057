"""The failures of a home agent, one after another, and what followed each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from mhatool.engine.events import Event, MessageReceived, MessageSent, UpdateListEntry
from mhatool.engine.link_events import Attached, MachineFailed
from mhatool.engine.nd_events import LocationChanged
from mhatool.network.network import Network
from mhatool.network.scenario.crowd_recovery import CrowdRecovery
from mhatool.network.scenario.recovery import ALARM

_REGISTERED = ("BOUND", "WAITAR")
"""States of an entry whose binding holds; in the second one a newer Binding Update waits for its answer."""
_COMES_BACK = ("restart", "resume")


class AgentFailures:
    """Hears a run in which `node`, a home agent with this address, fails, perhaps more than once.

    `interface` is that to its home link: without it the agent is none, and fails as one that hangs. `wanted` are the
    mobile nodes, and how many agents each wants. A failure begins where the agent was up: one that crashes while it
    hangs has failed already, and a restart ends that. An agent that only hangs keeps its bindings.
    """

    def __init__(self, node: str, interface: str, address: bytes, wanted: Mapping[str, int]) -> None:
        self.node, self._interface, self._address, self._wanted = node, interface, address, wanted
        self.recoveries: list[CrowdRecovery] = []
        """What followed each failure, the first one at the head."""
        self._runs = self._is_attached = True
        self._living: defaultdict[str, set[bytes]] = defaultdict(set)
        """With which agents each mobile node is registered, this one only while it is up."""
        self._accepted: dict[str, bytes] = {}
        """The care-of address of the binding that this agent holds of each mobile node, up or not."""
        self._by_class: Mapping[type[Event], Callable[[Any], None]] = {
            UpdateListEntry: self._entry,
            LocationChanged: self._moved,
            MachineFailed: self._fails,
            Attached: self._attached,
            MessageSent: self._sent,
            MessageReceived: self._received,
        }

    def watch(self, network: Network) -> None:
        """Hear what its nodes tell, and count what its links carry."""
        network.listeners.append(self.hear)
        for link in network.links.values():
            link.taps.append(self._counter(link.name))

    def _counter(self, link: str) -> Callable[[int, bytes, str | None], None]:
        def count(_now: int, frame: bytes, _comment: str | None) -> None:
            if self.recoveries:
                self.recoveries[-1].carries(link, len(frame))

        return count

    def hear(self, event: Event) -> None:
        """Something happened."""
        handler = self._by_class.get(type(event))
        if handler is not None:
            handler(event)

    def _fails(self, event: MachineFailed) -> None:
        if event.node != self.node:
            return
        if event.how != "resume":
            self._begin(event.how, event.time_ns)
        if event.how not in ("hang", "resume"):
            self._accepted.clear()
        self._runs = event.how in _COMES_BACK
        self._may_be_back(event.time_ns)

    def _attached(self, event: Attached) -> None:
        if event.node != self.node or event.interface != self._interface:
            return
        if not event.link:
            self._begin(f"{event.interface} down", event.time_ns)
        self._is_attached = bool(event.link)
        self._may_be_back(event.time_ns)

    @property
    def _is_up(self) -> bool:
        return self._runs and self._is_attached

    def _may_be_back(self, now: int) -> None:
        """Where it is, who has a binding there is registered with it."""
        for name in self._accepted if self._is_up else ():
            self._living[name].add(self._address)
            self._judge(name, now)

    def _begin(self, how: str, now: int) -> None:
        """A failure, unless it is down already."""
        if not self._is_up:
            return
        affected = [name for name, agents in self._living.items() if self._address in agents]
        for name in affected:
            self._living[name].remove(self._address)
        if self.recoveries:
            self.recoveries[-1].failed_again = now
        self.recoveries.append(CrowdRecovery(self.node, how, now, affected))

    def _sent(self, event: MessageSent) -> None:
        if self.recoveries:
            self.recoveries[-1].sends(event.message, len(event.frame))

    def _received(self, event: MessageReceived) -> None:
        if self.recoveries and event.message == ALARM:
            self.recoveries[-1].is_told(event.node, event.time_ns)

    def _moved(self, event: LocationChanged) -> None:
        if self.recoveries and event.location == "home":
            self.recoveries[-1].goes_home(event.node)

    def _entry(self, event: UpdateListEntry) -> None:
        if not event.home_registration:
            return
        is_registered = not event.gone and event.state in _REGISTERED
        if event.peer == self._address:
            is_registered = self._holds(event, is_registered=is_registered) and self._is_up
        if is_registered:
            self._living[event.node].add(event.peer)
        else:
            self._living[event.node].discard(event.peer)
        self._judge(event.node, event.time_ns)

    def _holds(self, event: UpdateListEntry, *, is_registered: bool) -> bool:
        """Whether this agent holds the binding: what it has accepted, wherever the mobile node is by now."""
        name = event.node
        if is_registered and event.state == "BOUND":
            self._accepted[name] = event.care_of_address
        elif not is_registered or (not self._is_up and self._accepted.get(name) != event.care_of_address):
            self._accepted.pop(name, None)  # one that doesn't hear of a move has a binding that leads nowhere
        return name in self._accepted

    def _judge(self, name: str, now: int) -> None:
        if self.recoveries and len(self._living[name]) >= self._wanted[name]:
            self.recoveries[-1].has_all(name, now)


__all__ = ["AgentFailures"]

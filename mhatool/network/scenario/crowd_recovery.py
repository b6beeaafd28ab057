"""What followed the failure of a home agent for each of many mobile nodes."""

from __future__ import annotations

from collections import Counter

from mhatool.engine.events import Event, MessageReceived, MessageSent, UpdateListEntry
from mhatool.engine.link_events import MachineFailed
from mhatool.network.scenario.recovery import ALARM


class CrowdRecovery:
    """Hears a run. `told` and `complete` are, by mobile node, when it took the first alarm, and when it was registered
    with so many `agents` of those that live; instants in nanoseconds."""

    def __init__(self, node: str, address: bytes, agents: int) -> None:
        self._node, self._address, self._agents = node, address, agents
        self._bound: dict[tuple[str, bytes], bool] = {}
        self._living: Counter[str] = Counter()
        self.failed: int | None = None
        self.told: dict[str, int] = {}
        self.complete: dict[str, int] = {}
        self.alarms = 0
        """Home Agent Unreachable messages that were sent until all had their agents again."""

    @property
    def is_going_on(self) -> bool:
        """Whether somebody was told, or is still to be, and hasn't all agents again."""
        return self.failed is not None and (not self.complete or len(self.complete) < len(self._living))

    def hear(self, event: Event) -> None:
        """Something happened."""
        if isinstance(event, UpdateListEntry):
            self._entry(event)
        elif isinstance(event, MachineFailed) and event.node == self._node:
            self.failed = event.time_ns
        elif self.is_going_on and isinstance(event, MessageSent):
            self.alarms += event.message == ALARM
        elif self.failed is not None and isinstance(event, MessageReceived) and event.message == ALARM:
            self.told.setdefault(event.node, event.time_ns)

    def _entry(self, event: UpdateListEntry) -> None:
        if not event.home_registration or event.peer == self._address:
            return
        key = event.node, event.peer
        is_bound = not event.gone and event.state in ("BOUND", "WAITAR")
        self._living[event.node] += is_bound - self._bound.get(key, False)
        self._bound[key] = is_bound
        if self.failed is not None and self._living[event.node] >= self._agents:
            self.complete.setdefault(event.node, event.time_ns)


__all__ = ["CrowdRecovery"]

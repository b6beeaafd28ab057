"""Home agents without an entry that may still hold a binding: what they tunnel is the node's (RFC 6275, 11.3.1)."""

from __future__ import annotations

from collections.abc import Callable

from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.update_list import Entry


class Holders:
    """Agents that were given up, or that refused a refresh, until what they may hold has ended.

    Nobody has told them to forget it: they answer for the home address, and packets may come through them yet.
    `on_end` is called when one of them can't hold anything any more.
    """

    def __init__(self, context: Context, on_end: Callable[[], None]) -> None:
        self._context = context
        self._on_end = on_end
        self._entries: dict[bytes, Entry] = {}
        context.ring_for(Alarm.HOLDER_FORGETS, self._end)

    @property
    def agents(self) -> tuple[bytes, ...]:
        """The one that went first at the head."""
        return tuple(self._entries)

    def entries(self) -> tuple[Entry, ...]:
        """Theirs, as they were when they went."""
        return tuple(self._entries.values())

    def remember(self, entry: Entry) -> None:
        """The entry went without a deregistration."""
        if entry.may_hold_until_ns > self._context.now:
            self._entries[entry.peer] = entry
            self._context.timers.set((Alarm.HOLDER_FORGETS, entry.peer), entry.may_hold_until_ns)

    def restore(self, entry: Entry) -> None:
        """A new entry goes on where the agent's last one ended: what the agent may hold."""
        last = self._entries.get(entry.peer)
        if last is not None:
            entry.may_hold_until_ns, entry.flags = last.may_hold_until_ns, last.flags

    def forget(self, agent: bytes) -> None:
        """It holds nothing any more."""
        self._entries.pop(agent, None)
        self._context.cancel(Alarm.HOLDER_FORGETS, agent)

    def _end(self, agent: bytes) -> None:
        del self._entries[agent]
        self._on_end()


__all__ = ["Holders"]

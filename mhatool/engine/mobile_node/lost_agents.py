"""Home agents that were given up without a deregistration: they may still hold a binding (the paper, III-D)."""

from __future__ import annotations

from mhatool.engine.failure_events import AgentReturned
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.update_list import Entry
from mhatool.protocol.lifetime import nanoseconds


class LostAgents:
    """The entries that went, until what their agents may hold has ended.

    None of them is taken again before it is seen alive: an advertised lifetime is no sign of life. Nor is a list of
    agents that comes before AGENT_CHECK_PAUSE is over: who sent it may not have noticed yet what the node has.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._entries: dict[bytes, Entry] = {}
        self._since_ns: dict[bytes, int] = {}
        self._seen: dict[bytes, None] = {}

    def __bool__(self) -> bool:
        return bool(self.agents)

    @property
    def agents(self) -> tuple[bytes, ...]:
        """Those that may still hold a binding, the one that was lost first at the head."""
        now = self._context.now
        self._entries = {agent: entry for agent, entry in self._entries.items() if entry.may_hold_until_ns > now}
        self._seen = {agent: None for agent in self._seen if agent in self._entries}
        self._since_ns = {agent: self._since_ns[agent] for agent in self._entries}
        return tuple(self._entries)

    def remember(self, entry: Entry) -> None:
        """Its agent doesn't answer."""
        self._seen.pop(entry.peer, None)
        self._entries[entry.peer] = entry
        self._since_ns[entry.peer] = self._context.now

    def find(self, agent: bytes) -> Entry | None:
        """The entry that went; None where none did, or its binding has ended."""
        return self._entries[agent] if agent in self.agents else None

    def is_shunned(self, agent: bytes) -> bool:
        """Whether it isn't to be taken: nobody has seen it since."""
        return agent in self.agents and agent not in self._seen

    def hear(self, agent: bytes) -> None:
        """It lives: it answered."""
        self._see(agent, "answered")

    def see_listed(self, agent: bytes) -> None:
        """A home agent lists it: it lives, unless that one can't know yet."""
        pause = nanoseconds(self._context.constants.agent_check_pause_s)
        if self._context.now >= self._since_ns.get(agent, 0) + pause:
            self._see(agent, "listed")

    def _see(self, agent: bytes, cause: str) -> None:
        if self.is_shunned(agent):
            self._seen[agent] = None
            self._context.tell(AgentReturned, home_agent=agent, cause=cause)

    def seen(self) -> tuple[bytes, ...]:
        """Those that live and weren't taken again."""
        return tuple(agent for agent in self.agents if agent in self._seen)

    def take_back(self, agent: bytes) -> None:
        """It has an entry again."""
        self._entries.pop(agent, None)

    def clear(self) -> None:
        """Nothing of it counts any more."""
        self._entries.clear()
        self._seen.clear()


__all__ = ["LostAgents"]

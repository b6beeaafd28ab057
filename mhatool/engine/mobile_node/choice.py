"""Who are the node's home agents, who is tried beside them, and who else could be (the paper, III-A)."""

from __future__ import annotations

from collections.abc import Callable

from mhatool.engine.mobile_node.binding_states import State
from mhatool.engine.mobile_node.configuration import MOST_HOME_AGENTS
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.lost_agents import LostAgents
from mhatool.engine.mobile_node.update_list import Entry, UpdateList


class Choice:
    """Agents in the order of preference.

    `round` are those that the node is registered with, or tries to be: each of their Binding Updates lists all of them.
    `trials` are registered with beside the round, to take a place in it; theirs list who isn't doubted, and the trials.
    `candidates` are those that were offered last; `refusers` won't, `silent` ones gave no answer where one agent is
    tried at a time (RFC 6275, 11.4.1), `lost` ones were given up.
    """

    def __init__(self, context: Context, update_list: UpdateList) -> None:
        self._context = context
        self._list = update_list
        self.round: tuple[bytes, ...] = ()
        self.trials: tuple[bytes, ...] = ()
        self.candidates: tuple[bytes, ...] = ()
        self.refusers: list[bytes] = []
        self.silent: list[bytes] = []
        self.lost = LostAgents(context)
        self.doubts: Callable[[bytes], bool] = lambda agent: False
        """Whether an agent is said to be unreachable, and hasn't answered since."""

    @property
    def wanted(self) -> int:
        """How many agents the node registers with, as far as there are so many."""
        configuration = self._context.configuration
        given = len(set(configuration.static_home_agents))
        return min(configuration.home_agents, given) if given else configuration.home_agents

    @property
    def is_single(self) -> bool:
        """Whether it registers with one only, as in plain Mobile IPv6."""
        return self._context.configuration.home_agents == 1

    @property
    def all(self) -> tuple[bytes, ...]:
        """The round's, and those beside it."""
        return (*self.round, *self.trials)

    @property
    def trusted(self) -> tuple[bytes, ...]:
        """The round's but for those that are doubted."""
        return tuple(agent for agent in self.round if not self.doubts(agent))

    @property
    def room(self) -> int:
        """How many more are wanted; less than 0: so many too many are tried."""
        return self.wanted - len(self.trusted) - len(self.trials)

    @property
    def is_short(self) -> bool:
        """Whether more are wanted, or nobody holds a binding yet."""
        return self.room > 0 or not any(self.is_bound(agent) for agent in self.all)

    def list_for(self, agent: bytes) -> tuple[bytes, ...]:
        """What the next Binding Update to an agent lists."""
        if agent in self.round or agent not in self.trials:
            return self.round
        return (*self.trusted[: MOST_HOME_AGENTS - len(self.trials)], *self.trials)

    def others(self) -> tuple[bytes, ...]:
        """Candidates that could be taken."""
        unwanted = {*self.refusers, *self.silent, *self.all}
        return tuple(agent for agent in self.candidates if agent not in unwanted and not self.lost.is_shunned(agent))

    def can_spare(self, agent: bytes) -> bool:
        """Whether another agent holds a binding and isn't doubted."""
        return any(other != agent and not self.doubts(other) and self.is_bound(other) for other in self.all)

    def can_replace(self, agent: bytes) -> bool:
        """Whether an agent that never answered can be given up for another one, or since others hold a binding."""
        if not self._context.behaviour.tries_others:
            return False
        if self.is_single:
            return any(other != agent for other in self.candidates)
        return agent in self.trials or bool(self.others()) or self.can_spare(agent)

    def give_up(self, entry: Entry) -> None:
        """An agent doesn't answer: it is no candidate any more until it is offered again."""
        self.lost.remember(entry)
        self.candidates = tuple(agent for agent in self.candidates if agent != entry.peer)

    def outdated(self) -> tuple[bytes, ...]:
        """Agents of the round that hold a binding with another list than the round's."""
        listed = self.round if len(self.round) > 1 else ()
        entries = [entry for agent in self.round if (entry := self._list.find(agent)) is not None]
        return tuple(entry.peer for entry in entries if entry.state is State.BOUND and entry.home_agents != listed)

    def is_bound(self, agent: bytes) -> bool:
        """Whether an agent holds a binding, as far as is known."""
        entry = self._list.find(agent)
        return entry is not None and entry.is_bound(self._context.now)

    def end(self) -> None:
        """There is no round any more, and nobody to be tried."""
        self.round = self.trials = self.candidates = ()
        self.silent.clear()
        self.refusers.clear()


__all__ = ["Choice"]

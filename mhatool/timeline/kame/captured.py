"""Nodes as captures show them: their tables and their logs are deduced from packets."""

from __future__ import annotations

from mhatool.exchange import Update
from mhatool.observe.kame import Deduction, Hearing, Story
from mhatool.timeline.kame.log import as_log, lines_of
from mhatool.timeline.kame.tables import NodeTables, as_tables
from mhatool.timeline.names import NamedNode, Names


class Captured:
    """What packets told, and the names of who sent them."""

    def __init__(self, hearing: Hearing, names: Names | None = None) -> None:
        self._hearing = hearing
        self.names = names if names is not None else Names()
        self.first_ns = hearing.first_ns or 0
        self.last_ns = hearing.last_ns
        self._last: tuple[int, Deduction] | None = None

    def nodes(self) -> list[NamedNode]:
        """Who registers, and with whom, in order of first appearance."""
        updates = (heard for heard in self._hearing.messages if isinstance(heard, Update))
        found = (self.names.at(address) for update in updates for address in (update.home_address, update.peer))
        return list({node.name: node for node in found}.values())

    def rows(self, node: NamedNode, now_ns: int) -> NodeTables:
        """The node's tables at an instant by the captures' clock."""
        deduction = self._deduced(now_ns)
        return NodeTables(deduction.updates(node.addresses, now_ns), deduction.cache(node.addresses, now_ns))

    def _deduced(self, now_ns: int) -> Deduction:
        """All nodes' tables at an instant; those of the one that was asked for last are kept."""
        if self._last is None or self._last[0] != now_ns:
            deduction = Deduction()
            for heard in self._hearing.messages:
                if heard.time_ns <= now_ns:
                    deduction.take(heard)
            self._last = now_ns, deduction
        return self._last[1]

    def tables(self, node: NamedNode, now_ns: int) -> str:
        """The same as the paper prints them."""
        rows = self.rows(node, now_ns)
        return as_tables(rows.updates, rows.cache, now_ns, interface=node.interface, ahead_ns=node.clock_ahead_ns)

    def log(self, node: NamedNode) -> str:
        """A mobile node's log; that it came up, and when, no packet tells."""
        return as_log(lines_of(Story(self._hearing.messages, node.addresses).steps(), node), node)


__all__ = ["Captured"]

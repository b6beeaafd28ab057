"""State machines as tables: (state, input) to handler and next states, with the clause that says so.

A table is data: the runner refuses what isn't in it, tests try every pair, and the diagrams in the docs are drawn from
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

S = TypeVar("S", bound=Enum)
I = TypeVar("I", bound=Enum)  # noqa: E741
Handler = Callable[..., S | None]


class IllegalInputError(Exception):
    """An input that a state has no row for: a mistake of ours, never of a peer's."""


@dataclass(frozen=True, slots=True)
class Row(Generic[S, I]):
    """In `state`, `input` calls `handler`, and the machine goes on in `next`.

    `handler` is the name of a method of whatever the machine belongs to; it may itself answer with the next state,
    which has to be in `next`. An empty name does nothing. `clause` names the RFC's section, or KAME's table.
    """

    state: S
    input: I
    handler: str
    next: tuple[S, ...]
    clause: str


class Table(Generic[S, I]):
    """The rows of one kind of machine; pairs that aren't there are illegal."""

    def __init__(self, name: str, start: S, rows: Iterable[Row[S, I]]) -> None:
        self.name = name
        self.start = start
        self.rows: Mapping[tuple[S, I], Row[S, I]] = self._by_pair(rows)

    def _by_pair(self, rows: Iterable[Row[S, I]]) -> dict[tuple[S, I], Row[S, I]]:
        result: dict[tuple[S, I], Row[S, I]] = {}
        for row in rows:
            if result.setdefault((row.state, row.input), row) is not row:
                raise ValueError(f"{self.name}: two rows for {row.state.name} and {row.input.name}")
            if not row.next:
                raise ValueError(f"{self.name}: {row.state.name} and {row.input.name} lead nowhere")
        return result

    def feed(self, state: S, given: I, owner: object, *arguments: Any) -> S:
        """The state after `given`, its handler called on `owner`. IllegalInputError where the table has no row."""
        row = self.rows.get((state, given))
        if row is None:
            raise IllegalInputError(f"{self.name}: {given.name} in state {state.name}")
        handler: Handler[S] | None = getattr(owner, row.handler) if row.handler else None
        chosen = handler(*arguments) if handler is not None else None
        if chosen is None:
            return row.next[0]
        if chosen not in row.next:
            raise IllegalInputError(f"{self.name}: {row.handler} leads to {chosen.name}, which its row doesn't name")
        return chosen


__all__ = ["IllegalInputError", "Row", "Table"]

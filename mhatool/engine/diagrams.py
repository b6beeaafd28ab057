"""Diagrams of all state machines, drawn from their tables: `python -m mhatool.engine.diagrams > docs/states.md`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any

from mhatool import engine
from mhatool.engine.states import Table

_HEAD = """# State machines

Drawn from the tables that the engine runs, by `python -m mhatool.engine.diagrams > docs/states.md`; a test compares.
What isn't drawn is refused: an input that a state has no row for is a mistake of ours, never of a peer's.
"""


def tables() -> list[Table[Any, Any]]:
    """Every table that a module of the engine holds, each once, by name."""
    modules = [module.name for module in pkgutil.walk_packages(engine.__path__, f"{engine.__name__}.")]
    return distinct(
        value
        for name in modules
        if name != __name__
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, Table)
    )


def distinct(found: Iterable[Table[Any, Any]]) -> list[Table[Any, Any]]:
    """Each table once, by name. ValueError where two have the same."""
    by_name: dict[str, Table[Any, Any]] = {}
    for table in found:
        if by_name.setdefault(table.name, table) is not table:
            raise ValueError(f"two tables are called {table.name!r}")
    return [by_name[name] for name in sorted(by_name)]


def document() -> str:
    """The page: a diagram and a table for each machine."""
    return "\n".join([_HEAD, *("\n".join(_section(table)) for table in tables())])


def _section(table: Table[Any, Any]) -> Iterator[str]:
    yield f"## {table.name.replace('_', ' ').capitalize()}"
    yield ""
    yield "```mermaid"
    yield from diagram(table)
    yield "```"
    yield ""
    yield "| state | input | does | next | source |"
    yield "|---|---|---|---|---|"
    for row in table.rows.values():
        does = f"`{row.handler}`" if row.handler else "nothing"
        targets = " or ".join(state.name for state in row.next)
        yield f"| {row.state.name} | {row.input.name} | {does} | {targets} | {row.clause} |"
    yield ""


def diagram(table: Table[Any, Any]) -> Iterator[str]:
    """The table as a Mermaid state diagram: an arrow for each pair of states, its label the inputs."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in table.rows.values():
        for target in row.next:
            arrows.setdefault((row.state.name, target.name), []).append(row.input.name)
    yield "stateDiagram-v2"
    yield f"    [*] --> {table.start.name}"
    for (state, target), inputs in arrows.items():
        yield f"    {state} --> {target}: {', '.join(inputs)}"


if __name__ == "__main__":
    print(document(), end="")

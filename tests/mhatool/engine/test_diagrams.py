"""The diagrams in the docs are those of the tables, and what the tables don't hold is refused."""

from enum import Enum
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mhatool.engine import diagrams
from mhatool.engine.states import IllegalInputError, Row, Table

TABLES = diagrams.tables()


class State(Enum):
    OFF = 1
    ON = 2


class Input(Enum):
    PRESS = 1
    HOLD = 2


LAMP = Table(
    "lamp",
    State.OFF,
    [
        Row(State.OFF, Input.PRESS, "light", (State.ON,), "1"),
        Row(State.ON, Input.PRESS, "dim", (State.OFF, State.ON), "2"),
        Row(State.ON, Input.HOLD, "", (State.ON,), "3"),
    ],
)


def test_a_diagram_has_an_arrow_for_each_pair_of_states() -> None:
    assert list(diagrams.diagram(LAMP)) == [
        "stateDiagram-v2",
        "    [*] --> OFF",
        "    OFF --> ON: PRESS",
        "    ON --> OFF: PRESS",
        "    ON --> ON: PRESS, HOLD",
    ]


def test_the_docs_show_the_tables_as_they_are(repository: Path) -> None:
    # python -m mhatool.engine.diagrams > docs/states.md
    assert (repository / "docs" / "states.md").read_text() == diagrams.document()


def test_there_are_tables_each_with_a_name_of_its_own() -> None:
    assert TABLES
    assert diagrams.distinct([LAMP, LAMP]) == [LAMP]
    other = Table("lamp", State.OFF, [Row(State.OFF, Input.PRESS, "", (State.OFF,), "")])
    with pytest.raises(ValueError, match="two tables are called 'lamp'"):
        diagrams.distinct([LAMP, other])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_pair_without_a_row_is_refused(table: Table[Any, Any]) -> None:
    pairs = set(product(type(table.start), type(next(iter(table.rows))[1])))
    assert pairs >= table.rows.keys()
    for state, given in sorted(pairs - table.rows.keys(), key=str):
        with pytest.raises(IllegalInputError, match=f"{table.name}: {given.name} in state {state.name}"):
            table.feed(state, given, object())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_can_be_reached(table: Table[Any, Any]) -> None:
    reached, before = {table.start}, set()
    while reached != before:
        before = set(reached)
        reached |= {state for row in table.rows.values() if row.state in before for state in row.next}
    assert {row.state for row in table.rows.values()} <= reached

"""The mobile node's tables of states: every row has its handler, every other pair is refused."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from mhatool.engine.mobile_node.agent_checks import AGENT_CHECK, AgentChecks, Doubt, Sign
from mhatool.engine.mobile_node.binding_states import HOME_REGISTRATION, KAME_HOME_REGISTRATION, Input, State
from mhatool.engine.mobile_node.correspondent_states import CORRESPONDENT
from mhatool.engine.mobile_node.correspondents import Correspondents
from mhatool.engine.mobile_node.discovery import DISCOVERY, Clue, Discovery, Search
from mhatool.engine.mobile_node.home_registrations import HomeRegistrations
from mhatool.engine.mobile_node.keygen import KEYGEN_TEST, TestInput, TestState
from mhatool.engine.mobile_node.location import LOCATION, Location, Move
from mhatool.engine.mobile_node.movement import Movement
from mhatool.engine.mobile_node.routability import Routability
from mhatool.engine.states import IllegalInputError, Table

TABLES: list[tuple[Table[Any, Any], type, type[Enum], type[Enum]]] = [
    (HOME_REGISTRATION, HomeRegistrations, State, Input),
    (KAME_HOME_REGISTRATION, HomeRegistrations, State, Input),
    (CORRESPONDENT, Correspondents, State, Input),
    (KEYGEN_TEST, Routability, TestState, TestInput),
    (DISCOVERY, Discovery, Search, Clue),
    (AGENT_CHECK, AgentChecks, Doubt, Sign),
    (LOCATION, Movement, Location, Move),
]
PAIRS = [
    pytest.param(table, state, given, id=f"{table.name}-{state.name}-{given.name}")
    for table, _, states, inputs in TABLES
    for state in states
    for given in inputs
    if (state, given) not in table.rows
]
KAME = {
    # KAME.md, section 2: what home registrations do, state by state.
    ("IDLE", "MOVEMENT"): "WAITA",
    ("WAITA", "BA"): "BOUND",
    ("WAITA", "RETRANS_TIMER"): "WAITA",
    ("WAITA", "MOVEMENT"): "WAITA",
    ("WAITA", "RETURNING_HOME"): "WAITD",
    ("WAITA", "UNKNOWN_MH_TYPE"): "WAITA",
    ("WAITAR", "BA"): "BOUND",
    ("WAITAR", "RETRANS_TIMER"): "WAITAR",
    ("WAITAR", "MOVEMENT"): "WAITA",
    ("WAITAR", "RETURNING_HOME"): "WAITD",
    ("WAITD", "RETRANS_TIMER"): "WAITD",
    ("WAITD", "MOVEMENT"): "WAITA",
    ("BOUND", "REFRESH_TIMER"): "WAITAR",
    ("BOUND", "MOVEMENT"): "WAITA",
    ("BOUND", "RETURNING_HOME"): "WAITD",
    ("BOUND", "UNVERIFIED_HAO"): "WAITA",
    ("BOUND", "BRR"): "BOUND",
}


@pytest.mark.parametrize(("table", "state", "given"), PAIRS)
def test_a_pair_without_a_row_is_refused(table: Table[Any, Any], state: Enum, given: Enum) -> None:
    with pytest.raises(IllegalInputError, match=f"{given.name} in state {state.name}"):
        table.feed(state, given, object())


@pytest.mark.parametrize(("table", "owner"), [row[:2] for row in TABLES], ids=lambda value: getattr(value, "name", ""))
def test_every_handler_is_there_and_every_state_can_be_reached(table: Table[Any, Any], owner: type) -> None:
    for row in table.rows.values():
        assert not row.handler or callable(getattr(owner, row.handler))
        assert row.clause
    reached = {table.start} | {state for row in table.rows.values() for state in row.next}
    assert reached >= {state for state, _ in table.rows} - {State.IDLE}


def test_kames_table_is_kames() -> None:
    for (state, given), after in KAME.items():
        assert KAME_HOME_REGISTRATION.rows[State(state), Input(given)].next[0] is State(after)

"""The tables of bindings: what is in them can be done, everything else is refused."""

from enum import Enum
from itertools import product
from typing import Any

import pytest

from mhatool.engine.correspondent import binding as at_correspondent
from mhatool.engine.correspondent.registrations import Registrations as CorrespondentRegistrations
from mhatool.engine.home_agent import binding as at_home_agent
from mhatool.engine.home_agent.registrations import Registrations as HomeRegistrations
from mhatool.engine.states import IllegalInputError, Table

# RFC 6275, 10.3, with the times of duplicate address detection as states of their own, which end where the home link
# stays down; a restart brings bindings back, and an agent that advertises a home address ends them (10.5.1).
HOME_PAIRS = {
    ("ABSENT", "REGISTER"),
    ("ABSENT", "DEREGISTER"),
    ("ABSENT", "RESTORE"),
    ("CHECKING", "REGISTER"),
    ("CHECKING", "DEREGISTER"),
    ("CHECKING", "UNIQUE"),
    ("CHECKING", "DUPLICATE"),
    ("CHECKING", "PROHIBITED"),
    ("CHECKING", "EXPIRE"),
    ("BOUND", "REGISTER"),
    ("BOUND", "DEREGISTER"),
    ("BOUND", "PROHIBITED"),
    ("BOUND", "EXPIRE"),
    ("EXTENDING", "REGISTER"),
    ("EXTENDING", "DEREGISTER"),
    ("EXTENDING", "UNIQUE"),
    ("EXTENDING", "DUPLICATE"),
    ("EXTENDING", "PROHIBITED"),
    ("EXTENDING", "EXPIRE"),
}
# RFC 6275, 9.5 and 9.6; KEPT is what 5.2.8 asks to keep of a deleted binding.
CORRESPONDENT_PAIRS = {
    ("ABSENT", "REGISTER"),
    ("ABSENT", "DEREGISTER"),
    ("BOUND", "REGISTER"),
    ("BOUND", "DEREGISTER"),
    ("BOUND", "AGE"),
    ("BOUND", "EXPIRE"),
    ("BOUND", "UNREACHABLE"),
    ("KEPT", "REGISTER"),
    ("KEPT", "DEREGISTER"),
    ("KEPT", "FORGET"),
}
TABLES: list[tuple[Table[Any, Any], type[Enum], type[Enum], set[tuple[str, str]], type]] = [
    (at_home_agent.BINDINGS, at_home_agent.BindingState, at_home_agent.BindingInput, HOME_PAIRS, HomeRegistrations),
    (
        at_correspondent.BINDINGS,
        at_correspondent.BindingState,
        at_correspondent.BindingInput,
        CORRESPONDENT_PAIRS,
        CorrespondentRegistrations,
    ),
]
ILLEGAL = [
    pytest.param(table, state, given, id=f"{table.name}: {state.name} {given.name}")
    for table, states, inputs, legal, _ in TABLES
    for state, given in product(states, inputs)
    if (state.name, given.name) not in legal
]


@pytest.mark.parametrize(("table", "state", "given"), ILLEGAL)
def test_illegal_pairs_are_refused(table: Table[Any, Any], state: Enum, given: Enum) -> None:
    with pytest.raises(IllegalInputError, match=f"{given.name} in state {state.name}"):
        table.feed(state, given, object())


@pytest.mark.parametrize(
    ("table", "states", "inputs", "legal", "owner"), TABLES, ids=lambda value: getattr(value, "name", "")
)
def test_legal_pairs_have_a_handler_and_a_clause(
    table: Table[Any, Any], states: type[Enum], inputs: type[Enum], legal: set[tuple[str, str]], owner: type
) -> None:
    assert {(state.name, given.name) for state, given in table.rows} == legal
    for row in table.rows.values():
        assert callable(getattr(owner, row.handler))
        assert row.clause.startswith("RFC 6275, ")
        assert all(isinstance(state, states) for state in (row.state, *row.next))
        assert isinstance(row.input, inputs)


@pytest.mark.parametrize(
    ("table", "states", "inputs", "legal", "owner"), TABLES, ids=lambda value: getattr(value, "name", "")
)
def test_every_state_is_reached_and_left(
    table: Table[Any, Any], states: type[Enum], inputs: type[Enum], legal: set[tuple[str, str]], owner: type
) -> None:
    leads = {
        row.state: {to for other in table.rows.values() if other.state is row.state for to in other.next}
        for row in table.rows.values()
    }
    for begin in states:
        reached, ahead = {begin}, [begin]
        while ahead:
            new = leads[ahead.pop()] - reached
            reached |= new
            ahead += new
        assert reached == set(states)

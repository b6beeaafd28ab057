from enum import Enum, auto

import pytest

from mhatool.engine.states import IllegalInputError, Row, Table


class State(Enum):
    IDLE = auto()
    WAITING = auto()
    BOUND = auto()


class Given(Enum):
    MOVED = auto()
    ANSWER = auto()


class Entry:
    def __init__(self, answer: State | None = None) -> None:
        self.calls: list[str] = []
        self.answer = answer

    def send(self, to: str) -> None:
        self.calls.append(to)

    def judge(self, _: str) -> State | None:
        return self.answer


TABLE = Table(
    "entry",
    State.IDLE,
    [
        Row(State.IDLE, Given.MOVED, "send", (State.WAITING,), "11.7.1"),
        Row(State.WAITING, Given.ANSWER, "judge", (State.BOUND, State.IDLE), "11.7.3"),
        Row(State.BOUND, Given.ANSWER, "", (State.BOUND,), "11.7.3"),
    ],
)


def test_a_row_calls_its_handler_and_leads_on() -> None:
    entry = Entry()
    assert TABLE.feed(State.IDLE, Given.MOVED, entry, "agent") is State.WAITING
    assert entry.calls == ["agent"]
    assert TABLE.feed(State.BOUND, Given.ANSWER, entry, "agent") is State.BOUND


def test_a_handler_chooses_among_the_states_that_its_row_names() -> None:
    assert TABLE.feed(State.WAITING, Given.ANSWER, Entry(), "") is State.BOUND
    assert TABLE.feed(State.WAITING, Given.ANSWER, Entry(State.IDLE), "") is State.IDLE
    with pytest.raises(IllegalInputError, match="judge leads to WAITING"):
        TABLE.feed(State.WAITING, Given.ANSWER, Entry(State.WAITING), "")


def test_a_pair_without_a_row_is_refused() -> None:
    with pytest.raises(IllegalInputError, match="entry: ANSWER in state IDLE"):
        TABLE.feed(State.IDLE, Given.ANSWER, Entry(), "")


def test_two_rows_for_one_pair_and_a_row_that_leads_nowhere_are_refused() -> None:
    row = Row(State.IDLE, Given.MOVED, "", (State.IDLE,), "")
    with pytest.raises(ValueError, match="two rows for IDLE and MOVED"):
        Table("twice", State.IDLE, [row, Row(State.IDLE, Given.MOVED, "", (State.IDLE,), "")])
    with pytest.raises(ValueError, match="lead nowhere"):
        Table("nowhere", State.IDLE, [Row(State.IDLE, Given.MOVED, "", (), "")])

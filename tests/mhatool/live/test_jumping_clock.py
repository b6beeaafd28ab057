"""A node runs while somebody sets the clock by an hour, and while its machine sleeps for one.

The machine's own clocks belong to all that runs on it, so the node is given clocks that a file moves.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]
LIFETIME_S, HOUR_S = 60, 3600
MOVED = """
import sys, time
from pathlib import Path

moved = Path(sys.argv.pop(1))

def ahead(real, which, unit):
    return lambda *which_clock: real(*which_clock) + type(unit)(moved.read_text().split()[which]) * unit

time.time, time.time_ns = ahead(time.time, 0, 1.0), ahead(time.time_ns, 0, 10**9)
time.clock_gettime_ns = ahead(time.clock_gettime_ns, 1, 10**9)
from mhatool.cli import main
main()
"""


class Agent:
    """A home agent that says nothing by itself: no timer of its own hides another one's delay."""

    def __init__(self, machine: Namespace) -> None:
        self._machine = machine
        self._clocks = machine.folder / "clocks"
        self.moves(0, 0)
        file = machine.file("ha", "ha")
        quiet = "[home_agent]\nadvertises = false\n[home_agent.advertising]"
        file.write_text(file.read_text("utf-8").replace("[home_agent.advertising]", quiet))
        machine.starts("ha", sys.executable, "-c", MOVED, str(self._clocks))

    def moves(self, time_of_day_s: int, steady_s: int) -> None:
        """The clocks are ahead of the machine's by so much from now on."""
        new = self._clocks.with_suffix(".new")
        new.write_text(f"{time_of_day_s} {steady_s}")
        new.replace(self._clocks)

    def registers(self, number: int) -> None:
        """A mobile node does, and is registered."""
        self._machine.registers(number)
        until(lambda: [row["sequence_number"] for row in self.bindings()] == [number])

    def bindings(self) -> list[dict[str, float]]:
        found: list[dict[str, float]] = self._machine.show("ha", "bindings")
        return [row for row in found if not row.get("pending")]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    """Return a running home agent with one binding."""
    with namespace(tmp_path) as machine:
        made = Agent(machine)
        made.registers(1)
        yield made
        assert "unexpected" not in machine.log("ha")
        assert machine.ends("ha") == 0


def test_who_sets_the_clock_changes_no_binding(agent: Agent) -> None:
    """Forth by an hour, and back by two."""
    (before,) = agent.bindings()
    for number, jump_s in enumerate((HOUR_S, -HOUR_S), 2):
        agent.moves(jump_s, 0)
        (binding,) = agent.bindings()
        assert before["lifetime_left_s"] - 20 < binding["lifetime_left_s"] <= before["lifetime_left_s"]
        agent.registers(number)
        (before,) = agent.bindings()
        assert LIFETIME_S - 20 < before["lifetime_left_s"] <= LIFETIME_S


def test_a_binding_ends_while_the_machine_sleeps(agent: Agent) -> None:
    """Its minute is over after an hour: it goes when the machine wakes, not after another minute awake."""
    agent.moves(HOUR_S, HOUR_S)
    until(lambda: agent.bindings() == [])
    agent.registers(2)

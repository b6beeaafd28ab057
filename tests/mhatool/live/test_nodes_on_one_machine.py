"""Nodes beside each other in one network namespace; what they leave there when they stop, or are killed: nothing."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]
NAMES = ("mn", "cn", "ha")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Namespace]:
    """Return a namespace in which no node runs yet."""
    with namespace(tmp_path) as made:
        for name in NAMES:
            made.file(name, name)
        yield made


def test_three_run_beside_each_other_and_leave_nothing_whether_stopped_or_killed(machine: Namespace) -> None:
    """Links, addresses, rules, routes, tables and settings as before, also in a hurry."""
    before = machine.looks()
    for name in NAMES:
        machine.starts(name)
    until(lambda: [row["address"] for row in machine.show("mn", "agents")] == ["2001:db8:2::1"])
    assert machine.looks() != before
    for name in NAMES:
        machine.ends(name, signal.SIGKILL)
    left = machine.looks()
    assert left != before
    for name in NAMES:
        machine.starts(name)
        assert "that an earlier run had left behind" in machine.log(name) or name == "cn"
    until(lambda: machine.show("mn", "agents"))
    for name in reversed(NAMES):
        ended = machine.ends if name == "cn" else machine.ends_in_a_hurry
        assert ended(name) == 0, machine.log(name)
    assert machine.looks() == before
    assert [path.name for path in machine.folder.iterdir() if path.suffix in {".sock", ".made"}] == []

"""Nodes beside each other in one network namespace; what they leave there when they stop, or are killed: nothing."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import REPOSITORY, Namespace, namespace

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
    assert list(machine.folder.glob("control.*")) == []


def test_a_second_start_elsewhere_takes_nothing_from_the_first(machine: Namespace, tmp_path: Path) -> None:
    """The same file in another namespace: refused; the first one's state and what it has to give back are still its."""
    state = tmp_path / "ha.state"
    machine.file("ha", "ha", f'state = "{state}"')
    before = machine.looks()
    machine.starts("ha")
    (made,) = tmp_path.glob("control.ha.made.*")
    kept = state.stat().st_ino, made.read_bytes()
    with namespace(tmp_path) as elsewhere:
        done = elsewhere.run(sys.executable, "-m", "mhatool", "node", "run", str(tmp_path / "ha.toml"), cwd=REPOSITORY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"mhatool: {machine.socket('ha')}: a node runs there already; stop it, or give this one another `control`\n"
    )
    assert (state.stat().st_ino, made.read_bytes()) == kept
    machine.ends("ha", signal.SIGKILL)
    machine.starts("ha")
    machine.ends("ha")
    assert machine.looks() == before


def test_a_copy_under_another_name_is_refused_its_address(machine: Namespace) -> None:
    path = machine.file("other", "ha")
    machine.starts("ha")
    done = machine.run(sys.executable, "-m", "mhatool", "node", "run", str(path), cwd=REPOSITORY)
    said = "2001:db8:2::1: the home agent of that address runs in this network namespace already"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mhatool: {said}; give this node another `router_address`, or stop that one\n"
    assert machine.ends("ha") == 0


def test_a_start_elsewhere_after_a_kill_undoes_nothing_there(machine: Namespace, tmp_path: Path) -> None:
    """What the administrator of another namespace has set is theirs; the next start at home still gives all back."""
    before = machine.looks()
    machine.starts("ha")
    machine.ends("ha", signal.SIGKILL)
    with namespace(tmp_path) as elsewhere:
        elsewhere.does("ip", "address", "add", "2001:db8:2::1/64", "dev", "left")
        elsewhere.does("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        there = elsewhere.looks()
        elsewhere.starts("ha")
        assert elsewhere.ends("ha") == 0
        assert elsewhere.looks() == there
        said = "what an earlier run changed in another network namespace is as it left it; start the node there"
        assert said in elsewhere.log("ha")
    machine.starts("ha")
    assert machine.ends("ha") == 0
    assert machine.looks() == before


def test_what_has_a_sockets_name_and_is_none_stays(machine: Namespace) -> None:
    machine.file("cn", "cn")
    machine.socket("cn").write_text("mine")
    done = machine.run(sys.executable, "-m", "mhatool", "node", "run", str(machine.folder / "cn.toml"), cwd=REPOSITORY)
    assert done.returncode == 2
    assert "control.cn: there is something else than a socket; give another `control`" in done.stderr
    assert machine.socket("cn").read_text() == "mine"


def test_names_that_are_nearly_the_same_have_tables_of_their_own(machine: Namespace) -> None:
    for name in ("a-b", "a_b"):
        machine.file(name, "cn")
        machine.starts(name)
    assert machine.does("nft", "list", "tables").splitlines() == ["table ip6 mhatool_a-b", "table ip6 mhatool_a_b"]
    machine.ends("a_b")
    assert machine.does("nft", "list", "tables").splitlines() == ["table ip6 mhatool_a-b"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_comes_up_leaves_nothing(machine: Namespace, number: signal.Signals) -> None:
    """SIGHUP lets it read its file again, once it is up; the others end it in good order."""
    before = machine.looks()
    command = ["ip", "netns", "exec", machine.name, sys.executable, "-m", "mhatool"]
    file = machine.folder / "ha.toml"
    with subprocess.Popen([*command, "node", "run", str(file)], cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        until(lambda: list(machine.folder.glob("control.ha.made.*")), pause_s=0.001)
        process.send_signal(number)
        if number == signal.SIGHUP:
            until(lambda: machine.answers("ha"))
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert machine.looks() == before


@pytest.mark.parametrize("registers", [False, True])
def test_a_killed_agent_s_tunnels_are_its_own_again_beside_another_node(machine: Namespace, registers: bool) -> None:
    """Only one node of a namespace has seg6's routes and rules: what is left of them was this one's."""
    machine.file("ha", "ha", 'data_plane = "seg6"')
    before = machine.looks()
    for name in ("ha", "cn"):
        machine.starts(name)
    if registers:
        machine.registers(1)
        until(lambda: machine.show("ha", "bindings"))
    machine.ends("ha", signal.SIGKILL)
    machine.starts("ha")
    assert "that an earlier run had left behind" in machine.log("ha")
    for name in ("ha", "cn"):
        machine.ends(name)
    assert machine.looks() == before

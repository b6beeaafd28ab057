"""Settings of the kernel that several nodes want, and those that somebody else has made."""

import signal
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]
PLANE = 'data_plane = "tun"'
FORWARDING = "net.ipv6.conf.all.forwarding"


def _second(machine: Namespace) -> None:
    """The file of an agent on the other interface, with a prefix of its own."""
    path = machine.file("other", "ha", PLANE)
    path.write_text(path.read_text().replace('"left"', '"right"').replace("2001:db8:2:", "2001:db8:6:"))


def _forwards(machine: Namespace) -> str:
    return machine.does("sysctl", "-n", FORWARDING).strip()


def test_two_agents_forward_until_both_have_left(tmp_path: Path) -> None:
    """The one that came first leaves first, and was killed before: it takes nothing from the other one."""
    with namespace(tmp_path) as machine:
        machine.file("ha", "ha", PLANE)
        _second(machine)
        before = machine.looks()
        machine.starts("ha")
        machine.starts("other")
        machine.ends("ha", signal.SIGKILL)
        machine.starts("ha")
        assert _forwards(machine) == "1"
        assert machine.ends("ha") == 0
        assert _forwards(machine) == "1"
        assert machine.ends("other") == 0
        assert machine.looks() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_somebody_else_had_set_is_as_before(tmp_path: Path, number: signal.Signals) -> None:
    """An interface that forwarded, and an agent's `all`, which sets those of all interfaces; also after SIGKILL."""
    with namespace(tmp_path) as machine:
        machine.file("ha", "ha")
        machine.does("sysctl", "-qw", "net.ipv6.conf.right.forwarding=1")
        before = machine.looks()
        machine.starts("ha")
        until(lambda: machine.looks() != before)
        machine.ends("ha", number)
        if number == signal.SIGKILL:
            machine.starts("ha")
            machine.ends("ha")
        assert machine.looks() == before


def test_what_nodes_need_is_set_back(tmp_path: Path) -> None:
    """Of forwarding the kernel tells; of accept_ra it doesn't. Each is said once, and given back at the end."""
    with namespace(tmp_path) as machine:
        machine.file("ha", "ha", PLANE)
        machine.file("mn", "mn")
        before = machine.looks()
        for name in ("ha", "mn"):
            machine.starts(name)
        for name, setting, wanted in (
            ("ha", FORWARDING, 1),
            ("ha", "net.ipv6.conf.left.forwarding", 1),
            ("mn", "net.ipv6.conf.right.accept_ra", 0),
        ):
            machine.does("sysctl", "-qw", f"{setting}={1 - wanted}")
            said = f"somebody has set {setting} to {1 - wanted}: back to {wanted}, the node needs it"
            until(lambda name=name, said=said: said in machine.log(name))
            assert machine.does("sysctl", "-n", setting) == f"{wanted}\n"
        assert machine.does("sysctl", "-n", "net.ipv6.conf.left.forwarding") == "1\n"
        assert [machine.log(name).count("somebody") for name in ("ha", "mn")] == [2, 1]
        for name in ("mn", "ha"):
            assert machine.ends(name) == 0
        assert machine.looks() == before


def test_what_the_kernel_has_learned_before_is_told_of(tmp_path: Path) -> None:
    """An address that ends some day is from an advertisement; one for ever is somebody's own."""
    with namespace(tmp_path) as machine:
        machine.file("mn", "mn")
        ends = ("valid_lft", "1000", "preferred_lft", "1000")
        machine.does("ip", "address", "add", "2001:db8:7::1/64", "dev", "right", *ends)
        machine.does("ip", "address", "add", "2001:db8:7::2/64", "dev", "right")
        machine.does("ip", "address", "add", "2001:db8:7::3/64", "dev", "left", *ends)
        machine.starts("mn")
        told = [line for line in machine.log("mn").splitlines() if "advertisement" in line]
        assert len(told) == 1
        assert told[0].startswith("mn: 2001:db8:7::1: the kernel has it from an advertisement")
        machine.does("sh", "-c", told[0].rpartition("; ")[2])
        assert "2001:db8:7::1/64" not in machine.does("ip", "-6", "address", "show", "dev", "right")

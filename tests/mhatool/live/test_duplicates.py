"""An agent asks the link whether somebody has its address, before it says that it is its own (RFC 4862, 5.4)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import REPOSITORY, Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]
OWN = "2001:db8:2::1"
TAKEN = (
    f"mhatool: {OWN}: somebody else has it on the link of left (RFC 4862, 5.4); "
    "give this node another `router_address`, or stop that one"
)
ANOTHER_HAS_IT = ("ip", "address", "add", f"{OWN}/64", "dev", "right", "nodad")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Namespace]:
    """Return a namespace in which the kernel checks addresses of `left`, as it usually does, but in 0.3 s."""
    with namespace(tmp_path) as made:
        made.does("sysctl", "-qw", "net.ipv6.conf.left.accept_dad=1", "net.ipv6.conf.left.router_solicitation_delay=0")
        made.does("sysctl", "-qw", "net.ipv6.neigh.left.retrans_time_ms=300")
        made.file("ha", "ha")
        yield made


def test_an_agent_whose_address_another_has_doesnt_start(machine: Namespace) -> None:
    """A copied file, say. It leaves nothing behind."""
    machine.does(*ANOTHER_HAS_IT)
    before = machine.looks()
    done = machine.run(sys.executable, "-m", "mhatool", "node", "run", str(machine.folder / "ha.toml"), cwd=REPOSITORY)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, TAKEN)
    assert "up" not in [line.rpartition(": ")[2] for line in done.stderr.splitlines()]
    assert machine.looks() == before


def test_an_agent_is_up_once_its_address_is_its_own_and_asks_again_on_another_link(machine: Namespace) -> None:
    machine.starts("ha")
    assert "tentative" not in machine.does("ip", "-6", "address", "show", "dev", "left", "to", OWN)
    # The other end of a pair of devices may need a second to notice that the link is back, and answers only then.
    machine.does("sysctl", "-qw", "net.ipv6.conf.left.dad_transmits=5")
    machine.does("ip", "link", "set", "left", "down")
    until(lambda: f"{OWN} had gone from left: put back" in machine.log("ha"))  # else it is there, if at the other end
    machine.does(*ANOTHER_HAS_IT)
    machine.does("ip", "link", "set", "left", "up")
    assert machine.nodes["ha"].wait(20) == 2
    assert machine.log("ha").splitlines()[-1] == TAKEN


def test_where_there_is_no_link_yet_nobody_waits(machine: Namespace) -> None:
    """The address is checked once there is one."""
    machine.does("ip", "link", "set", "left", "down")
    machine.starts("ha")
    machine.does("ip", "link", "set", "left", "up")
    until(lambda: "tentative" not in machine.does("ip", "-6", "address", "show", "dev", "left", "to", OWN))
    assert machine.ends("ha") == 0

"""The ground that a node stands on is taken away while it runs: it goes on, or says why not (issue 7, line 8)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]
BACK = "ip link add left {} type veth peer name right && ip link set left up && ip link set right up"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Namespace]:
    """Return a namespace with a home agent that has a binding."""
    with namespace(tmp_path) as made:
        made.file("ha", "ha", 'constants = "fast-lab"')
        made.starts("ha")
        made.registers(1)
        until(lambda: _numbers(made) == [1])
        yield made


def _numbers(machine: Namespace) -> list[int]:
    return [row["sequence_number"] for row in machine.show("ha", "bindings")]


def _takes_away_the_interface(machine: Namespace) -> str:
    """As somebody does who unplugs it; its address on the link."""
    address = machine.does("cat", "/sys/class/net/left/address").strip()
    machine.does("ip", "link", "del", "left")
    until(lambda: "left is gone: nothing is heard or said there until it is back" in machine.log("ha"))
    return address


def test_an_interface_that_comes_back_is_heard_again(machine: Namespace) -> None:
    address = _takes_away_the_interface(machine)
    assert _numbers(machine) == [1]
    machine.does("sh", "-c", BACK.format(f"address {address}"))
    until(lambda: "2001:db8:2::1/64" in machine.does("ip", "-6", "address", "show", "left"))
    machine.registers(2)
    until(lambda: _numbers(machine) == [2])
    assert machine.does("sysctl", "-n", "net.ipv6.conf.left.forwarding") == "1\n"
    assert "unexpected" not in machine.log("ha")
    assert machine.ends("ha") == 0, machine.log("ha")


def test_a_stranger_under_the_same_name_ends_it(machine: Namespace) -> None:
    """What neighbours know of the agent isn't true any more."""
    _takes_away_the_interface(machine)
    machine.does("sh", "-c", BACK.format("address 02:00:00:00:00:99"))
    assert machine.nodes["ha"].wait(20) == 2
    assert machine.log("ha").splitlines()[-1] == (
        "mhatool: left is back with another address on the link, 02:00:00:00:00:99: start the node again"
    )


def test_a_tunnel_device_that_is_removed_ends_it(machine: Namespace) -> None:
    machine.does("ip", "link", "del", "mha-ha")
    assert machine.nodes["ha"].wait(20) == 2
    said = "mhatool: somebody has removed mha-ha, the way of all home addresses' packets; start the node again"
    assert machine.log("ha").splitlines()[-1] == said
    assert "mhatool" not in machine.does("nft", "list", "tables")

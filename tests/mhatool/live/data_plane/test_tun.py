"""What user space gives to the kernel out of a tunnel: IPv6 from the address that is bound, nothing else."""

import sys
from collections.abc import Iterator

import pytest

from dissectors.ipv6.address import parse
from mhatool.network import datagram as ipv6
from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import AWAY, Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]
HOME, AGENT, HOST = (parse(each) for each in ("2001:db8:2::100", "2001:db8:2::1", "2001:db8:c::b"))
SEND = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
link.sendto(bytes.fromhex(sys.argv[1]), ("right", 0x86DD, 0, 0, bytes.fromhex(sys.argv[2])))
"""
INNER = ipv6.compose(HOME, AGENT, 59, bytes(8), 64)
"""No next header: nobody answers it (RFC 8200, 4.7)."""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """Return a namespace with a home agent that has a binding, and carries packets in user space."""
    with namespace(tmp_path_factory.mktemp("tun")) as machine:
        machine.file("ha", "ha", 'data_plane = "tun"')
        machine.starts("ha")
        machine.registers(1)
        until(lambda: "2001:db8:2::100 dev mho-ha " in machine.does("ip", "-6", "route"))
        yield machine
        assert machine.ends("ha") == 0


def _given(agent: Namespace) -> int:
    """How many packets the kernel has got by the inlet."""
    return int(agent.does("cat", "/sys/class/net/mha-ha/statistics/rx_packets"))


def _refused(agent: Namespace) -> int:
    number: int = agent.show("ha", "stats")["dropped"].get("tunnel_source", 0)
    return number


@pytest.mark.parametrize(
    ("inner", "given", "refused"),
    [
        (INNER, 1, 0),
        (b"\x45" + INNER[1:], 0, 1),
        (INNER[:8] + HOST + INNER[24:], 0, 1),
        (INNER[:20], 0, 1),
    ],
    ids=["IPv6 of the home address", "version 4", "another address", "no whole address"],
)
def test_what_comes_out_of_a_tunnel(agent: Namespace, inner: bytes, given: int, refused: int) -> None:
    to = agent.does("cat", "/sys/class/net/left/address").strip().replace(":", "")
    before = _given(agent), _refused(agent)
    packet = ipv6.encapsulate(inner, parse(AWAY), AGENT)
    agent.does(sys.executable, "-c", SEND, packet.hex(), to)
    until(lambda: (_given(agent), _refused(agent)) == (before[0] + given, before[1] + refused))

"""Sockets of a link, in a namespace of their own."""

import os
import sys
from pathlib import Path

import pytest

from tests.mhatool.live.namespace import REPOSITORY, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2]
MANY = 5_000
"""A socket has room for 2,340 groups at most where nobody has changed net.core.optmem_max."""
JOINS = f"""
from pathlib import Path
from dissectors.ipv6.address import parse
from mhatool.live.packets import LinkSocket

link = LinkSocket("left", 135)
groups = [parse("ff02::1:ff00:0")[:13] + number.to_bytes(3) for number in range({MANY})]
def count(which="igmp6"):
    return sum(line.split()[1] == "left" for line in Path("/proc/net", which).read_text().splitlines())
before = count(), count("anycast6")
def told():
    print(count() - before[0], count("anycast6") - before[1])
for group in groups:
    link.join(group)
link.join_anycast(parse("fe80::fdff:ffff:ffff:fffe"))
told()
link.leave(groups[0])
link.leave(groups[-1])
told()
print(link.mtu())
link.close()
told()
"""


def test_a_link_has_as_many_groups_as_it_takes(tmp_path: Path) -> None:
    with namespace(tmp_path) as machine:
        machine.does("ip", "address", "add", "fe80::1/64", "dev", "left")
        done = machine.run(sys.executable, "-c", JOINS, cwd=REPOSITORY)
    assert done.stderr == ""
    assert done.stdout.split("\n")[:4] == [f"{MANY} 1", f"{MANY - 2} 1", "1500", "0 0"]


FLOODED = """
import socket
from mhatool.live.packets import LinkSocket
from mhatool.network import datagram as ipv6

A, B = bytes(15) + b"\\1", bytes(15) + b"\\2"
UPDATE, HEARTBEAT = (bytes([59, 1, kind]) + bytes(13) for kind in (5, 13))
link = LinkSocket("right", 135)
own, other = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM), socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
own.bind(("right", 0))
to = ("left", 0x86DD, 0, 0, own.getsockname()[4])
for number in range(20_000):
    other.sendto(ipv6.compose(A, B, 135, UPDATE, 64), to)
other.sendto(ipv6.compose(A, B, 135, HEARTBEAT, 64), to)
heartbeats, others = link.ears
print([datagram[42] for datagram, _ in heartbeats.read()], heartbeats.lost(), others.lost() > 0)
print({datagram[42] for datagram, _ in others.read()})
link.close()
"""


def test_a_heartbeat_comes_through_a_flood_of_updates(tmp_path: Path) -> None:
    """So many that the kernel has no room for them; an agent that didn't hear the other would think it dead."""
    with namespace(tmp_path) as machine:
        done = machine.run(sys.executable, "-c", FLOODED, cwd=REPOSITORY)
    assert done.stderr == ""
    assert done.stdout == "[13] 0 True\n{5}\n"


DOWN = """
import subprocess
from pathlib import Path
from mhatool.engine.actions import Send
from mhatool.live.kernel import Kernel
from mhatool.live.ledger import Ledger
from mhatool.live.machine import LiveMachine
from mhatool.network import datagram as ipv6

machine = LiveMachine(["left"], Kernel(Ledger(Path("ledger")), print), 135, print, carries=False)
subprocess.run(["ip", "link", "set", "left", "down"], check=True)
group = bytes.fromhex("ff020000000000000000000000000001")
said = Send(ipv6.compose(bytes(16), group, ipv6.ICMPV6, bytes(8), 255), interface="left")
for _ in range(100):
    machine.carry_out([said])
"""


def test_who_cannot_send_says_where_and_once(tmp_path: Path) -> None:
    """A stranger's packets are answered, so that strangers would fill the log."""
    with namespace(tmp_path) as machine:
        done = machine.run(sys.executable, "-c", DOWN, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    assert (done.stdout, done.stderr) == ("Send on left: network is down\n", "")

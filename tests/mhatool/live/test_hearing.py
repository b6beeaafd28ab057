"""Packets from a ring in memory: all of them, in order, round and round; long ones; and those it had no room for."""

import sys
from pathlib import Path

import pytest

from tests.mhatool.live.namespace import namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2]
HEAR = """
import select, socket
from mhatool.live.filter import leaving, tunnelled
from mhatool.live.hearing import Ring
from mhatool.network import datagram as ipv6

A, B = bytes(15) + b"\\1", bytes(15) + b"\\2"
arriving, departing = Ring("right", tunnelled((135,))), Ring("left", leaving(), outgoing=True)
out = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
own = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
own.bind(("right", 0))
to = ("left", 0x86DD, 0, 0, own.getsockname()[4])

def carried(number, size):
    inner = ipv6.compose(A, B, ipv6.UDP, number.to_bytes(4).ljust(size, b"."), 64)
    return ipv6.encapsulate(inner, B, A)

def read(ring):
    found = []
    while True:
        new = list(ring.read(256))
        if not new:
            return found
        found += new

for burst in range(5):
    packets = [carried(burst * 1_000 + number, 3_000 if number == 500 else 40) for number in range(1_000)]
    for packet in packets:
        out.sendto(packet, to)
    for ring in (arriving, departing):
        assert select.select([ring], [], [], 5)[0]
        assert [each for each in read(ring) if each[6] == ipv6.IPV6] == packets, burst
        assert not select.select([ring], [], [], 0)[0]
assert (arriving.lost(), departing.lost()) == (0, 0)
for number in range(3_000):
    out.sendto(carried(number, 40), to)
print(arriving.lost(), len(read(arriving)))
"""


def test_a_ring_gives_each_packet_once_and_counts_what_it_had_no_room_for(tmp_path: Path) -> None:
    """It has 4 MiB / 2 KiB = 2,048 places: of 3,000 packets that nobody takes 952 are lost."""
    with namespace(tmp_path) as machine:
        machine.does("ip", "link", "set", "left", "mtu", "9000")
        machine.does("ip", "link", "set", "right", "mtu", "9000")
        assert machine.does(sys.executable, "-c", HEAR).split() == ["952", "2048"]


GONE = """
import select, subprocess, sys
from mhatool.live.filter import leaving
from mhatool.live.hearing import Ring

ring = Ring("left", leaving(), outgoing=True)
subprocess.run(["ip", "link", "delete", "left"], check=True)
select.select([ring], [], [], 5)
assert list(ring.read(256)) == []
print(select.select([ring], [], [], 0)[0])
"""


def test_a_ring_whose_interface_goes_says_so_once(tmp_path: Path) -> None:
    """Else whoever waits for packets would be woken for ever."""
    with namespace(tmp_path) as machine:
        assert machine.does(sys.executable, "-c", GONE).strip() == "[]"

"""Who watches for what somebody removes isn't kept from it by what the node itself sets."""

import sys
from pathlib import Path

import pytest

from tests.mhatool.live.namespace import namespace

MANY = 20_000
"""Bindings that an agent has kept over a restart; of messages about so many new routes 1 MiB holds a sixth."""
SET_MANY = f"""
import socket
from mhatool.live.data_plane.routes import DELETE_ROUTE, Routes, TunnelRoute
from mhatool.live.netlink import Netlink
from mhatool.live.removals import RemovalWatch

index = socket.if_nametoindex("left")
routes, said = Routes(Netlink()), []
watch = RemovalWatch([routes], said.append)
prefixes = [bytes.fromhex("20010db8000200000000") + number.to_bytes(6, "big") for number in range({MANY})]


def all_set():
    for prefix in prefixes:
        routes.set(TunnelRoute(prefix, 128, index))
    watch.look()
    print(len(said))


all_set()
for prefix in prefixes[:3]:
    routes.remove(prefix, 128)
all_set()
Netlink().do(DELETE_ROUTE, TunnelRoute(prefixes[7], 128, index).body())
watch.look()
print(*said)
"""


@pytest.mark.root
@pytest.mark.iproute2
def test_what_the_node_sets_leaves_room_for_what_somebody_removes(tmp_path: Path) -> None:
    """Nothing is said of what it sets, and removes and sets again; what somebody else removes is put back."""
    with namespace(tmp_path) as machine:
        told = machine.does(sys.executable, "-c", SET_MANY).splitlines()
        there = machine.does("ip", "-6", "route", "show", "dev", "left", "proto", "135").count("2001:db8:2::")
    assert told[:2] == ["0", "0"]
    assert told[2].startswith("somebody has removed the route to 2001:db8:2::7/128 in table 254: put back")
    assert there == MANY

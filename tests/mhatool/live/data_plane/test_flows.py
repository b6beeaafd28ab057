"""What the node is told of flows, from packets as nfnetlink_log hands them over (linux/netfilter/nfnetlink_log.h)."""

from collections.abc import Iterator
from typing import Any

import pytest

from dissectors.ipv6.address import parse
from mhatool.engine.commands import PacketTunnelled
from mhatool.live.data_plane import flows
from mhatool.live.data_plane.admission import SNAPSHOT
from mhatool.live.netlink import attribute
from mhatool.network import datagram as ipv6
from mhatool.network.detours import Detours

HOME, AGENT, CARE_OF = (parse(each) for each in ("2001:db8:2::100", "2001:db8:2::1", "2001:db8:1::100"))
PEER, PEER_CARE_OF = parse("2001:db8:5::77"), parse("2001:db8:f::77")
NFULNL_MSG_PACKET, NFULA_PAYLOAD, NFULA_PREFIX = 4 << 8 | 0, 9, 10
INNER = ipv6.compose(PEER, HOME, ipv6.UDP, bytes(100), 64)


class Told:
    """The kernel's side: one packet from the tunnel, as much of it as was asked for."""

    def __init__(self, inner: bytes) -> None:
        self._snapshot = ipv6.encapsulate(inner, AGENT, CARE_OF)[:SNAPSHOT]

    def do(self, kind: int, body: bytes) -> None:
        pass

    def read(self) -> Iterator[tuple[int, bytes]]:
        prefix = attribute(NFULA_PREFIX, b"in\0")
        yield NFULNL_MSG_PACKET, bytes(4) + prefix + attribute(NFULA_PAYLOAD, self._snapshot)


@pytest.mark.parametrize(
    "inner", [INNER, ipv6.with_home_address(INNER, PEER_CARE_OF)], ids=["at home", "away, with a Home Address option"]
)
def test_a_correspondent_is_known_by_its_home_address(monkeypatch: pytest.MonkeyPatch, inner: bytes) -> None:
    """RFC 6275, 9.3.1: who is away too is the home address in its option, to the node that it talks to."""
    monkeypatch.setattr(flows, "Netlink", lambda _: Told(inner))
    told: list[Any] = []
    heard = flows.Flows(Detours())
    heard.tell = told.append
    heard.read()
    assert told == [PacketTunnelled(HOME, PEER)]

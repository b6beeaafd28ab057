"""Packet Too Big from within a tunnel is told to who sent the inner packet (RFC 2473, 8)."""

import socket

import pytest

from mhatool.engine.actions import End, SetTunnel
from mhatool.live.clock import Clock
from mhatool.live.data_plane.path_errors import PathErrors
from mhatool.network import datagram as ipv6
from mhatool.network.detours import Detours

pytestmark = pytest.mark.root

HOME, AGENT, CARE_OF, PEER, STRANGER = (
    socket.inet_pton(socket.AF_INET6, f"2001:db8:{each}") for each in ("2::100", "2::1", "3::100", "c::b", "bad::1")
)
INNER = ipv6.compose(PEER, HOME, ipv6.UDP, bytes(1400), 64)


class Told:
    """Path errors about a home agent's tunnel, and what they tell."""

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []
        detours = Detours()
        detours.set_tunnel(SetTunnel(End.HOME_AGENT, HOME, AGENT, (CARE_OF,)))
        self.now = 0
        self.errors = PathErrors(detours, Clock(lambda: 0, lambda: self.now), self.datagrams.append)

    def hear(self, mtu: int, inner: bytes = INNER, source: bytes = AGENT, destination: bytes = CARE_OF) -> None:
        """Somebody says that a packet of the tunnel was too big."""
        outer = ipv6.encapsulate(inner, source, destination)
        self.errors.take(mtu, outer[:40], outer[40:])


@pytest.fixture
def told() -> Told:
    return Told()


def test_the_sender_of_the_inner_packet_learns_what_fits_into_the_tunnel(told: Told) -> None:
    """40 octets of the tunnel's header less (RFC 2473, 8.1 and 7.1), from the tunnel's entry, with what was sent."""
    told.hear(1400)
    (datagram,) = told.datagrams
    assert (ipv6.source(datagram), ipv6.destination(datagram)) == (AGENT, PEER)
    assert datagram[40:42] == b"\2\0", "Packet Too Big"
    assert int.from_bytes(datagram[44:48]) == 1400 - 40
    assert datagram[48:] == INNER[: 1280 - 48]


def test_never_less_than_every_link_carries(told: Told) -> None:
    """RFC 2473, 7.1 (b): 1,280 octets must pass, whatever the tunnel's path."""
    told.hear(1280)
    assert int.from_bytes(told.datagrams[0][44:48]) == 1280


@pytest.mark.parametrize("end", ["source", "destination"])
def test_what_is_said_of_somebody_elses_tunnel_is_nothing(told: Told, end: str) -> None:
    told.hear(1400, **{end: STRANGER})
    assert told.datagrams == []


def test_an_error_about_an_error_is_nothing(told: Told) -> None:
    """RFC 4443, 2.4 (e.1)."""
    told.hear(1400, ipv6.compose(PEER, HOME, ipv6.ICMPV6, b"\1\0" + bytes(1300), 64))
    assert told.datagrams == []


def test_a_flood_is_told_at_a_bounded_rate(told: Told) -> None:
    """RFC 4443, 2.4 (f): ten at once, then ten a second."""
    for _ in range(100):
        told.hear(1400)
    assert len(told.datagrams) == 10
    told.now += 500_000_000
    for _ in range(100):
        told.hear(1400)
    assert len(told.datagrams) == 15

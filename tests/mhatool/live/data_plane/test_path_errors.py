"""Packet Too Big from within a tunnel is told to who sent the inner packet (RFC 2473, 8)."""

import socket

import pytest

from mhatool.engine.actions import End, SetOptimisedRoute, SetTunnel
from mhatool.live.clock import Clock
from mhatool.live.data_plane.path_errors import PathErrors
from mhatool.live.data_plane.paths import Ends, NarrowPaths
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
        detours.set_optimised_route(SetOptimisedRoute(End.MOBILE_NODE, HOME, PEER, CARE_OF))
        detours.set_optimised_route(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, CARE_OF))
        self.now = 0
        clock = Clock(lambda: 0, lambda: self.now)
        self.paths = NarrowPaths(clock)
        self.changed: list[Ends] = []
        self.paths.changed = self.changed.append
        self.errors = PathErrors(detours, clock, self.datagrams.append, self.paths)

    def hear(self, mtu: int, inner: bytes = INNER, source: bytes = AGENT, destination: bytes = CARE_OF) -> None:
        """Somebody says that a packet of the tunnel was too big."""
        outer = ipv6.encapsulate(inner, source, destination)
        self.errors.take(mtu, outer)


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


def test_what_has_to_pass_leaves_in_fragments_where_the_path_is_too_narrow(told: Told) -> None:
    """RFC 2473, 7.1 (b): nobody is told, since nobody could send less; for ten minutes (RFC 8201, 5.3)."""
    inner = INNER[:4] + (1240).to_bytes(2) + INNER[6:1280]
    outer = ipv6.encapsulate(inner, AGENT, CARE_OF)
    assert told.paths.pieces(outer) == [outer]
    told.hear(1300, inner)
    assert (told.datagrams, told.changed) == ([], [(AGENT, CARE_OF)])
    first, second = told.paths.pieces(outer)
    assert [len(first), len(second)] == [1280, 1280 - 1232 + 48], "the first holds 1280 - 40 - 8 = 1232 octets"
    told.now += 600 * 10**9
    told.paths.forget()
    assert told.paths.pieces(outer) == [outer]
    assert told.changed == [(AGENT, CARE_OF)] * 2


def test_the_first_fragment_of_a_tunnelled_packet_tells_of_it(told: Told) -> None:
    """As a mobile node's kernel cuts what it has wrapped; others don't say whose packet it was."""
    first, second = ipv6.fragments(ipv6.encapsulate(INNER, AGENT, CARE_OF), 1400, 7)
    told.errors.take(1360, second)
    assert told.datagrams == []
    told.errors.take(1360, first)
    assert int.from_bytes(told.datagrams[0][44:48]) == 1360 - 40


@pytest.mark.parametrize("leaves", ["by the mobile node's route", "by the correspondent's"])
def test_packets_by_an_optimised_route(told: Told, leaves: str) -> None:
    """24 octets of option or routing header less; what is quoted is what the kernel had sent, and of its length."""
    if leaves == "by the mobile node's route":
        sent = ipv6.with_addresses(INNER, HOME, PEER)
        told.errors.take(1400, ipv6.with_home_address(sent, CARE_OF)[:1000])
    else:
        sent = INNER
        told.errors.take(1400, ipv6.with_routing_header(sent, CARE_OF)[:1000])
    (datagram,) = told.datagrams
    assert ipv6.destination(datagram) == ipv6.source(sent)
    assert int.from_bytes(datagram[44:48]) == 1400 - 24
    assert datagram[48:] == sent[: 1000 - 24]


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

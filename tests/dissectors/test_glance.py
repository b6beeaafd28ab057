"""What is told at a glance is what the exact walk tells, and looking closer later changes nothing."""

import pytest

from dissectors.glance import GlancedPacket
from dissectors.profile import BUILT_IN, Profile
from dissectors.walk import Dissector
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.fuzz.target import check_glance
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, ba, bu, echo, ipv6, tunnel
from tests.recipes.packets import home_test_init, icmp_packet
from tests.vectors.load import Vector, load

# The link layer's octets before the IPv6 header, by link type (tcpdump.org/linktypes; IEEE 802.1Q, 802.1ad).
LINKS: list[tuple[int, bytes]] = [
    (1, bytes(12) + b"\x86\xdd"),
    (1, bytes(12) + b"\x81\x00\x00\x07\x86\xdd"),
    (1, bytes(12) + b"\x88\xa8\x00\x07\x81\x00\x00\x09\x86\xdd"),
    (113, bytes(14) + b"\x86\xdd"),
    (276, b"\x86\xdd" + bytes(18)),
    (0, b"\x1e\x00\x00\x00"),
    (108, b"\x00\x00\x00\x18"),
    (12, b""),
    (101, b""),
    (229, b""),
]


def both(octets: bytes, profile: Profile, link_type: int = 229, length: int | None = None) -> GlancedPacket | None:
    """Checks them against each other; the glanced packet, None where it was left to the exact walk."""
    quick = Dissector(profile).glance(octets, link_type, original_length=length, frame=1)
    check_glance(quick, Dissector(profile).dissect(octets, link_type, original_length=length, frame=1))
    return quick if isinstance(quick, GlancedPacket) else None


@pytest.mark.parametrize("vector", load(), ids=str)
def test_vectors(vector: Vector) -> None:
    both(vector.octets, BUILT_IN[vector.profile])


@pytest.mark.parametrize(("link_type", "header"), LINKS)
def test_links(link_type: int, header: bytes) -> None:
    for octets in (bu(), ba(), tunnel(CARE1, AGENT, home_test_init()), echo(HOME, PEER)):
        assert both(header + octets, BUILT_IN["rfc6275"], link_type) is not None
    for size in range(len(header) + 44):
        both((header + bu())[:size], BUILT_IN["rfc6275"], link_type, len(header + bu()))


@pytest.mark.parametrize("profile", BUILT_IN)
def test_mutated(profile: str) -> None:
    glanced = sum(both(octets, BUILT_IN[profile]) is not None for octets in mutations(11, corpus(), 4000))
    assert glanced > 400


def test_usual_frames_are_glanced_at_others_walked() -> None:
    usual = [bu(), ba(), bu(home=None), home_test_init(), tunnel(AGENT, CARE1, echo(PEER, HOME))]
    unusual = [
        bu()[:-1],  # cut
        icmp_packet(1, bytes(4) + bu(), PEER, CARE1, code=3),  # an error that quotes
        ipv6(CARE1, AGENT, 50, bytes(32)),  # ESP
    ]
    assert all(both(octets, BUILT_IN["rfc6275"]) is not None for octets in usual)
    assert all(both(octets, BUILT_IN["rfc6275"]) is None for octets in unusual)


def fragments(identification: int, octets: bytes, at: int) -> list[bytes]:
    """An IPv6 packet in two: next header, reserved, offset and M, identification (RFC 8200, 4.5)."""
    following, body, source, destination = octets[6], octets[40:], octets[8:24], octets[24:40]
    parts = [(0, True, body[:at]), (at, False, body[at:])]
    return [
        ipv6(
            source,
            destination,
            44,
            bytes((following, 0)) + (offset | more).to_bytes(2) + identification.to_bytes(4) + part,
        )
        for offset, more, part in parts
    ]


@pytest.mark.parametrize("closer", [False, True])
def test_fragments_between_others(closer: bool) -> None:
    """Two packets in fragments, interleaved; looking closer at one fragment doesn't put it together twice."""
    first, second = fragments(1, bu(), 24), fragments(2, bu(seq=2), 32)
    frames = [first[0], second[1], bu(seq=3), first[0], first[1], second[0]]
    quick, exact = Dissector(), Dissector()
    seen = []
    for number, octets in enumerate(frames, 1):
        packet = quick.glance(octets, 229, frame=number)
        if closer:
            check_glance(packet, exact.dissect(octets, 229, frame=number))
        seen.append([datagram.carries for datagram in packet.datagrams])
    assert seen == [[""], [""], ["binding_update"], [""], ["binding_update"], ["binding_update"]]

"""Datagrams in fragments, and put together again (RFC 8200, 4.5)."""

import random

import pytest

from mhatool.network import datagram as ipv6
from mhatool.network.fragments import LONGEST_WAIT_NS, Fragments

A, B, CARE_OF = (bytes(15) + bytes([last]) for last in (1, 2, 3))
PACKET = ipv6.compose(A, B, ipv6.UDP, random.Random(1).randbytes(3000), 64)


def together(pieces: list[bytes], pause_ns: int = 0) -> list[bytes | None]:
    """What each of them completes."""
    fragments = Fragments()
    return [fragments.add(piece, ipv6.carried(piece), number * pause_ns) for number, piece in enumerate(pieces)]


@pytest.mark.parametrize(
    "packet",
    [PACKET, ipv6.with_home_address(PACKET, CARE_OF), ipv6.with_routing_header(PACKET, CARE_OF)],
    ids=["plain", "Home Address option", "routing header"],
)
def test_there_and_back(packet: bytes) -> None:
    pieces = ipv6.fragments(packet, 1280, 7)
    assert max(map(len, pieces)) <= 1280
    assert together(pieces[::-1]) == [None] * (len(pieces) - 1) + [packet]


def test_fragments_of_fragments_are_fragments_of_the_packet() -> None:
    """As of a kernel that cuts before a Home Address option comes in front: 3000 octets by 1448, then by 1216."""
    large = ipv6.fragments(PACKET, 1500, 7)
    small = [ipv6.fragments(ipv6.with_home_address(piece, CARE_OF), 1280, 8) for piece in large]
    assert [len(pieces) for pieces in small] == [2, 2, 1]
    pieces = [piece for each in small for piece in each]
    assert max(map(len, pieces)) <= 1280
    assert together(pieces)[-1] == ipv6.with_home_address(PACKET, CARE_OF)


def test_who_waits_too_long_waits_in_vain() -> None:
    pieces = ipv6.fragments(PACKET, 1600, 7)
    assert len(pieces) == 2
    assert together(pieces, LONGEST_WAIT_NS) == [None, PACKET]
    assert together(pieces, LONGEST_WAIT_NS + 1) == [None, None]

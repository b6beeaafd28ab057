"""A seeded mutator: the same seed gives the same hostile frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

#: Values that lengths, types and counts go wrong at.
_EDGES = (0, 1, 2, 3, 7, 8, 15, 16, 17, 18, 41, 43, 44, 50, 51, 58, 59, 60, 62, 127, 128, 135, 154, 201, 254, 255)

Mutation = Callable[[bytearray, Random, Sequence[bytes]], bytearray]


def _flip(octets: bytearray, random: Random, _corpus: Sequence[bytes]) -> bytearray:
    for _ in range(random.randint(1, 4)):
        octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
    return octets


def _edge(octets: bytearray, random: Random, _corpus: Sequence[bytes]) -> bytearray:
    for _ in range(random.randint(1, 3)):
        octets[random.randrange(len(octets))] = random.choice(_EDGES)
    return octets


def _cut(octets: bytearray, random: Random, _corpus: Sequence[bytes]) -> bytearray:
    return octets[: random.randrange(len(octets))]


def _drop(octets: bytearray, random: Random, _corpus: Sequence[bytes]) -> bytearray:
    at = random.randrange(len(octets))
    del octets[at : at + random.randint(1, 24)]
    return octets


def _repeat(octets: bytearray, random: Random, _corpus: Sequence[bytes]) -> bytearray:
    at = random.randrange(len(octets))
    piece = octets[at : at + random.randint(1, 48)]
    octets[at:at] = piece * random.randint(1, 4)
    return octets


def _splice(octets: bytearray, random: Random, corpus: Sequence[bytes]) -> bytearray:
    other = random.choice(corpus)
    return octets[: random.randrange(len(octets))] + other[random.randrange(len(other)) :]


def _nest(octets: bytearray, random: Random, corpus: Sequence[bytes]) -> bytearray:
    """A packet inside a tunnel, perhaps many."""
    outer = random.choice(corpus)[:40]
    if len(outer) < 40 or outer[0] >> 4 != 6:
        return octets
    for _ in range(random.randint(1, 12)):
        octets = bytearray(outer[:4] + len(octets).to_bytes(2, "big")[-2:] + b"\x29" + outer[7:]) + octets
    return octets


_MUTATIONS: tuple[Mutation, ...] = (_flip, _edge, _edge, _cut, _drop, _repeat, _splice, _nest)


def mutations(seed: int, corpus: Sequence[bytes], count: int) -> Iterator[bytes]:
    """So many frames, each one to three mutations away from one of the corpus."""
    random = Random(seed)
    for _ in range(count):
        octets = bytearray(random.choice(corpus))
        for _ in range(random.randint(1, 3)):
            if octets:
                octets = random.choice(_MUTATIONS)(octets, random, corpus)
        yield bytes(octets[:65535])

"""One message seen at several places, some copies of it damaged."""

import pytest

from mhatool.exchange import Copies, Sameness, Source, sightings
from mhatool.validate import validate
from tests.mhatool.scenes import CARE1, S, ba, bu, record

MS = S // 1000
SOUND = ba(seq=2)
FORWARDED = SOUND[:7] + bytes([SOUND[7] - 1]) + SOUND[8:]
DAMAGED = SOUND[:-1] + bytes([SOUND[-1] ^ 1])


def sameness(*octets: bytes) -> list[Sameness]:
    """What each is, 1 ms after the one before."""
    copies = Copies()
    source = Source("x", [record(number, number * MS, packet) for number, packet in enumerate(octets, 1)])
    datagrams = [(sighting, sighting.packet.datagrams[0]) for sighting in sightings([source])]
    return [
        copies.compare(seen, datagram, datagram.upper) for seen, datagram in datagrams if datagram.upper is not None
    ]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ((SOUND, FORWARDED), [Sameness.NEW, Sameness.COPY]),
        ((SOUND, DAMAGED, FORWARDED), [Sameness.NEW, Sameness.CHANGED, Sameness.COPY]),
        ((DAMAGED, FORWARDED, SOUND), [Sameness.NEW, Sameness.SOUND, Sameness.COPY]),
        ((DAMAGED, DAMAGED, FORWARDED), [Sameness.NEW, Sameness.COPY, Sameness.SOUND]),
        ((SOUND, ba(seq=3)), [Sameness.NEW, Sameness.NEW]),
    ],
)
def test_the_first_sound_copy_counts(octets: tuple[bytes, ...], expected: list[Sameness]) -> None:
    assert sameness(*octets) == expected


def update(number: int) -> bytes:
    return bu(seq=number, alternate=CARE1)


def test_an_answer_that_one_capture_damaged_is_known_by_the_other() -> None:
    """As by an interface that leaves checksums to its hardware: what is damaged is told of, and nothing else."""
    packets = [(0, update(1)), (100, ba(seq=1)), (50_000, update(2)), (50_100, DAMAGED), (50_101, FORWARDED)]
    packets += [(58_000, update(3)), (58_100, ba(seq=3))]
    source = Source("x", [record(number, at * MS, octets) for number, (at, octets) in enumerate(packets, 1)])
    found = validate([source], ignore=["MIP6-SEC"])
    assert [(finding.rule, finding.frames[-1].number) for finding in found] == [("MIP6-MH-001", 4)]

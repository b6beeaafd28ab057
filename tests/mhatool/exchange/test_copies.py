"""One message seen at several places, some copies of it damaged."""

import pytest

from mhatool.exchange import Copies, Sameness, Source, sightings
from mhatool.validate import validate
from tests.mhatool.scenes import CARE1, S, ba, bu, record
from tests.recipes.packets import binding_error, care_of_test_init

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


def at_times(*packets: tuple[float, bytes]) -> list[Sameness]:
    """What each is at one place, at these seconds."""
    copies = Copies()
    source = Source("x", [record(number, round(at * S), octets) for number, (at, octets) in enumerate(packets, 1)])
    datagrams = [(sighting, sighting.packet.datagrams[0]) for sighting in sightings([source])]
    return [copies.compare(seen, datagram, datagram.upper) for seen, datagram in datagrams if datagram.upper]


NEW, COPY = Sameness.NEW, Sameness.COPY
REFUSAL = ba(seq=2, status=135)


@pytest.mark.parametrize(
    ("packets", "last"),
    [
        (((0, SOUND), (0.79, SOUND)), COPY),
        (((0, SOUND), (0.81, SOUND)), NEW),  # RFC 6275, 12: retransmissions after 1 s; a fifth less counts as one
        (((0, care_of_test_init()), (0.5, care_of_test_init())), COPY),
        (((0, care_of_test_init()), (0.5, care_of_test_init(cookie=bytes(8)))), NEW),
        (((0, SOUND), (0.5, ba(seq=2, life=64))), NEW),
        (((0, REFUSAL), (0.5, REFUSAL)), NEW),  # of two updates: both name the number in the cache
        (((0, REFUSAL), (0.19, REFUSAL)), COPY),
        (((0, binding_error()), (0.5, binding_error())), NEW),  # one for each packet without binding
        (((0, SOUND), (0.5, SOUND), (1, SOUND)), NEW),  # who sends the same each 0.5 s doesn't go unseen
    ],
)
def test_the_same_octets_at_one_place(packets: tuple[tuple[float, bytes], ...], last: Sameness) -> None:
    """With a number or cookie that has to change they are one message for 0.8 s, others for 0.2 s."""
    assert at_times(*packets)[-1] is last


def test_a_capture_that_holds_all_twice_breaks_no_rule_of_times() -> None:
    """Each packet again 0.3 s later, as from a mirror port that lags."""
    packets = [(0.0, update(1)), (1.1, ba(seq=1)), (30.0, update(2)), (30.1, ba(seq=2)), (31.0, care_of_test_init())]
    doubled = sorted([*packets, *((at + 0.3, octets) for at, octets in packets)])
    source = Source("x", [record(n, round(at * S), octets) for n, (at, octets) in enumerate(doubled, 1)])
    assert validate([source], ignore=["MIP6-SEC"]) == []


def update(number: int) -> bytes:
    return bu(seq=number, alternate=CARE1)


def test_an_answer_that_one_capture_damaged_is_known_by_the_other() -> None:
    """As by an interface that leaves checksums to its hardware: what is damaged is told of, and nothing else."""
    packets = [(0, update(1)), (100, ba(seq=1)), (50_000, update(2)), (50_100, DAMAGED), (50_101, FORWARDED)]
    packets += [(58_000, update(3)), (58_100, ba(seq=3))]
    source = Source("x", [record(number, at * MS, octets) for number, (at, octets) in enumerate(packets, 1)])
    found = validate([source], ignore=["MIP6-SEC"])
    assert [(finding.rule, finding.frames[-1].number) for finding in found] == [("MIP6-MH-001", 4)]

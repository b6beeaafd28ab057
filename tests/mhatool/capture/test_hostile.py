"""The 300 hostile captures: read to their break without an exception, alike in every way of reading."""

import io
from collections import Counter
from collections.abc import Iterable

import pytest

from dissectors.walk import LINK_TYPES, Dissector
from mhatool.capture import CaptureReader, CaptureWarning, Record
from mhatool.capture.sieve import Sieve
from mhatool.capture.source import RawInput
from tests.mhatool.capture.hostile import NUMBER, hostile_captures

PARTS = 4
TCP, UDP, IPV6, ICMPV6, NO_NEXT_HEADER = 6, 17, 41, 58, 59
ERRORS_AND_MOBILITY = frozenset({1, 2, 3, 4, 144, 145, 146, 147, 150, 154})
"""ICMPv6 types: errors, which quote packets (RFC 4443), those of RFC 6275, 6.5 to 6.8, and FMIPv6's two."""
SIEVES = {
    "nearly nothing left out": Sieve(frozenset({TCP}), IPV6, frozenset(), ICMPV6, None),
    "all ICMPv6 wanted": Sieve(frozenset({TCP, UDP}), IPV6, frozenset({TCP, UDP}), ICMPV6, None),
    "signalling wanted": Sieve(
        frozenset({TCP, UDP, NO_NEXT_HEADER}), IPV6, frozenset({TCP, UDP}), ICMPV6, ERRORS_AND_MOBILITY
    ),
}


class Stuttering(io.BytesIO):
    """A pipe: reads give less than asked, in pieces of odd sizes, and nobody knows how much there is."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(octets)
        self._sizes = 0

    def fileno(self) -> int:
        raise io.UnsupportedOperation

    def read1(self, size: int | None = -1, /) -> bytes:
        self._sizes += 1
        return super().read((1, 15, 16, 17, 24, 4096, 65_535, 65_536)[self._sizes % 8])


def captures(part: int) -> list[tuple[str, bytes]]:
    return [capture for index, capture in enumerate(hostile_captures()) if index % PARTS == part]


def opened(octets: bytes, stream: type[io.BytesIO] = io.BytesIO) -> CaptureReader:
    return CaptureReader(RawInput("hostile", stream(octets), owned=True))


def whole(octets: bytes, stream: type[io.BytesIO] = io.BytesIO) -> tuple[list[Record], list[CaptureWarning]]:
    with opened(octets, stream) as reader:
        return list(reader), reader.warnings


def signalling(records: Iterable[Record]) -> list[int]:
    """Frames that hold signalling, by the exact walker."""
    dissector = Dissector()
    return [
        r.frame
        for r in records
        if r.link_type in LINK_TYPES
        and dissector.dissect(r.captured, r.link_type, original_length=r.original_length, frame=r.frame).is_signalling
    ]


def test_they_are_the_same_each_time_and_of_every_kind() -> None:
    names = [name for name, _ in hostile_captures()]
    assert len(names) == len(set(names)) == NUMBER == 300
    assert list(hostile_captures(20)) == list(hostile_captures(20))
    kinds = Counter(name.partition("-")[2] for name in names)
    damages = ("whole", "cut", "cut-tail", "garbage", "garbage-tail", "flipped")
    assert all(kinds[f"{damage}.{form}"] for damage in damages for form in ("pcap", "pcapng"))


@pytest.mark.parametrize("part", range(PARTS))
def test_all_before_the_break_is_read_and_a_pipe_gives_the_same(part: int) -> None:
    for name, octets in captures(part):
        records, warnings = whole(octets)
        assert [record.frame for record in records] == list(range(1, len(records) + 1)), name
        assert signalling(records), name
        assert warnings or not name.partition("-")[2].startswith("cut-tail"), name
        if len(octets) < 200_000:
            assert whole(octets, Stuttering) == (records, warnings), name


@pytest.mark.parametrize("part", range(PARTS))
def test_a_sieve_loses_no_signalling(part: int) -> None:
    """Against the exact reader and the exact walker: records, warnings, counts and times."""
    for name, octets in captures(part):
        records, warnings = whole(octets)
        expected = signalling(records)
        for kind, sieve in SIEVES.items():
            for stream in (io.BytesIO, Stuttering) if len(octets) < 100_000 else (io.BytesIO,):
                case = (name, kind, stream)
                with opened(octets, stream) as reader:
                    sifted = list(reader.sift(sieve))
                assert sifted == _chosen(records, sifted), case
                assert signalling(sifted) == expected, case
                assert reader.warnings == warnings, case
                assert reader.tally.packets == Counter(record.link_type for record in records), case
                times = [record.time_ns for record in records]
                assert (reader.tally.first_ns, reader.tally.last_ns) == (min(times), max(times)), case


def _chosen(records: list[Record], sifted: list[Record]) -> list[Record]:
    """Those of the same frame numbers."""
    frames = {record.frame for record in sifted}
    return [record for record in records if record.frame in frames]

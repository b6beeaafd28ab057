"""Time order, and what is the same message."""

import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhatool.exchange import Copies, Sighting, Source, sightings
from mhatool.exchange.sighting import TOGETHER, in_time_order, in_time_order_at_rest
from tests.mhatool.scenes import AGENT, HOME, S, bu, record, recording, tunnel


def test_records_are_sorted_within_the_window() -> None:
    times = [5, 3, 4, 9, 8]
    records = [record(i, t * S // 10, b"") for i, t in enumerate(times)]
    assert [r.time_ns * 10 // S for r in in_time_order(records)] == [3, 4, 5, 8, 9]


def test_what_comes_too_late_is_passed_on() -> None:
    records = [record(1, 5 * S, b""), record(2, 9 * S, b""), record(3, S, b""), record(4, 10 * S, b"")]
    assert [r.frame for r in in_time_order(records)] == [1, 3, 2, 4]


@given(st.lists(st.integers(0, 50)))
def test_nothing_is_lost_and_equal_times_keep_their_order(times: list[int]) -> None:
    records = [record(i, t * S // 100, b"") for i, t in enumerate(times)]
    assert list(in_time_order(records)) == sorted(records, key=lambda r: (r.time_ns, r.frame))


def test_the_capture_of_all_links_is_put_in_order() -> None:
    """Its records are up to 0.23 s out of order."""
    source = recording("tour-all.pcapng")
    given_ = [r.time_ns for r in source.records]
    assert given_ != sorted(given_)
    assert [s.time_ns for s in sightings([source])] == sorted(given_)


def test_several_files_are_merged_by_time() -> None:
    one = Source("one", [record(1, 1 * S, bu()), record(2, 3 * S, bu())])
    two = Source("two", [record(1, 2 * S, bu())])
    assert [(s.frame.file, s.frame.number) for s in sightings([one, two])] == [("one", 1), ("two", 1), ("one", 2)]


def copies_of(*packets: tuple[float, bytes], interfaces: tuple[int, ...] = ()) -> list[bool]:
    """Whether each packet's innermost message counts as a copy."""
    where = interfaces or (0,) * len(packets)
    records = [record(i, round(at * S), octets, interface=where[i - 1]) for i, (at, octets) in enumerate(packets, 1)]
    copies = Copies()
    return [_is_copy(copies, sighting) for sighting in sightings([Source("x", records)])]


def _is_copy(copies: Copies, sighting: Sighting) -> bool:
    datagram = sighting.packet.datagrams[-1]
    assert datagram.upper is not None
    return copies.is_copy(sighting, datagram, datagram.upper)


def test_copies_on_other_links_and_in_tunnels() -> None:
    assert copies_of((0, bu()), (0.2, bu()), interfaces=(0, 1)) == [False, True]
    assert copies_of((0, bu()), (0.2, bu(hop_limit=63))) == [False, True]
    assert copies_of((0, bu()), (0.2, tunnel(HOME, AGENT, bu()))) == [False, True]
    assert copies_of((0, bu()), (0.01, bu())) == [False, True]  # the interface `any` shows a packet twice


def test_what_is_sent_again_is_no_copy() -> None:
    assert copies_of((0, bu(seq=1)), (0.01, bu(seq=2))) == [False, False]
    assert copies_of((0, bu()), (1, bu())) == [False, False]
    assert copies_of((0, bu()), (4, bu()), interfaces=(0, 1)) == [False, False]
    twice_on_two_links = [(0, bu()), (0.01, bu()), (1, bu()), (1.01, bu())]
    assert copies_of(*twice_on_two_links, interfaces=(0, 1, 0, 1)) == [False, True, False, True]


def test_a_damaged_copy_is_a_copy() -> None:
    damaged = bu()[:-1] + b"\x01"
    assert copies_of((0, bu()), (0.2, damaged), interfaces=(0, 1)) == [False, True]
    message = bu()
    wrong_sum = message[:68] + bytes((message[68] ^ 1,)) + message[69:]
    assert copies_of((0, message), (0.2, wrong_sum), interfaces=(0, 1)) == [False, True]


def test_memory_is_bounded() -> None:
    copies = Copies(most=2)
    source = Source("x", [record(i, i, bu(seq=i)) for i in range(1, 5)] + [record(5, 5, bu(seq=1))])
    assert [_is_copy(copies, sighting) for sighting in sightings([source])] == [False] * 5


def test_large_packets_wait_no_longer_than_there_is_room() -> None:
    """1,200 of 60,000 octets within the window are 72 MB: the earliest are passed on when 32 MiB wait."""
    records = (record(i, S + i, bytes(60_000)) for i in range(1200))
    passed = in_time_order(records)
    tracemalloc.start()
    try:
        assert [r.frame for r in passed] == list(range(1200))
        assert tracemalloc.get_traced_memory()[1] < 36 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_times_before_1970_are_sorted_too() -> None:
    records = [record(i, t * S // 10, b"") for i, t in enumerate([-95, -97, -96, -91])]
    assert [r.time_ns * 10 // S for r in in_time_order(records)] == [-97, -96, -95, -91]


@pytest.mark.parametrize("jitter_ms", [0, 5, 300, 3000])
def test_many_at_a_time_come_in_the_same_order(jitter_ms: int) -> None:
    """In order, a little out of order now and then, and so much that nobody can bring them into order."""
    random = Random(jitter_ms)
    records = []
    for number in range(5 * TOGETHER):
        late = random.randrange(jitter_ms) * S // 1000 if jitter_ms and random.random() < 0.05 else 0
        records.append(record(number, number * S // 100 - late, bu()))
    ours = [r.frame for r in in_time_order_at_rest(records)]
    theirs = [r.frame for r in in_time_order(records)]
    assert sorted(ours) == sorted(theirs)
    if jitter_ms < 1000:
        assert ours == theirs

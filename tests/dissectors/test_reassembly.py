"""Fragments in any order, twice, overlapping, too many (RFC 8200, 4.5; RFC 5722)."""

from __future__ import annotations

from itertools import permutations

import pytest

from dissectors.ipv6.reassembly import LARGEST, MOST_DATAGRAMS, MOST_OCTETS, Key, Reassembler, Whole

KEY: Key = (bytes(16), bytes(16), 7)
#: Offset, more, octets; the whole is 20 octets.
PIECES = [(0, True, bytes(range(8))), (8, True, bytes(range(8, 16))), (16, False, bytes(range(16, 20)))]


def added(reassembler: Reassembler, *pieces: tuple[int, bool, bytes], key: Key = KEY) -> list[Whole | None]:
    """What each of them completes; the first fragment says 135, the others 0."""
    return [
        reassembler.add(key, offset, more, octets, 0 if offset else 135, frame)
        for frame, (offset, more, octets) in enumerate(pieces, 1)
    ]


@pytest.mark.parametrize("order", list(permutations(PIECES)))
def test_in_any_order(order: tuple[tuple[int, bool, bytes], ...]) -> None:
    *before, whole = added(Reassembler(), *order)
    assert before == [None, None]
    assert whole == Whole(bytes(range(20)), 135, [1, 2, 3])


def test_a_repeated_piece_is_nothing_new() -> None:
    first, middle, last = PIECES
    assert added(Reassembler(), first, first, middle, last)[-1] == Whole(bytes(range(20)), 135, [1, 3, 4])


@pytest.mark.parametrize(
    "bad",
    [
        (8, True, b"otherwise"[:8]),  # the same place, other octets
        (4, True, bytes(8)),  # over the end of another one
        (24, True, bytes(7)),  # not a multiple of 8 before the last
        (LARGEST, False, b"x"),  # longer than a packet can be
        (8, False, bytes(4)),  # the end before what came
    ],
)
def test_what_does_not_fit_makes_the_packet_unusable(bad: tuple[int, bool, bytes]) -> None:
    first, middle, last = PIECES
    assert added(Reassembler(), first, middle, bad, last) == [None] * 4


def test_a_gap_is_waited_for() -> None:
    first, middle, last = PIECES
    reassembler = Reassembler()
    assert added(reassembler, first, last) == [None, None]
    assert reassembler.add(KEY, middle[0], True, middle[2], 0, 9) == Whole(bytes(range(20)), 135, [1, 2, 9])


def test_the_oldest_unfinished_packet_makes_room() -> None:
    first, middle, last = PIECES
    reassembler = Reassembler()
    for number in range(MOST_DATAGRAMS + 1):
        added(reassembler, first, middle, key=(bytes(16), bytes(16), number))
    assert added(reassembler, last, key=(bytes(16), bytes(16), 0)) == [None]  # forgotten
    assert added(reassembler, last, key=(bytes(16), bytes(16), 2)) != [None]


def test_tiny_pieces_of_few_packets_make_room_too() -> None:
    """20 packets of 8,191 pieces of 8 octets hold 1.3 MB, and would take more than twenty times as much to keep."""
    reassembler = Reassembler()
    packets = 20
    for number in range(packets):
        for offset in range(0, LARGEST - 8, 8):
            reassembler.add((bytes(16), bytes(16), number), offset, True, bytes(8), 135, 0)
    last = (LARGEST - 7, False, b"x")
    done = [added(reassembler, last, key=(bytes(16), bytes(16), number)) != [None] for number in range(packets)]
    most = MOST_OCTETS // (8191 * 200)
    assert done == [False] * (packets - done.count(True)) + [True] * done.count(True), "the oldest went first"
    assert 0 < done.count(True) <= most


def test_what_began_too_long_ago_never_becomes_whole() -> None:
    """RFC 8200, 4.5: 60 seconds after the first fragment; here by the numbers of frames."""
    first, middle, last = PIECES
    reassembler = Reassembler()
    old, new = ((bytes(16), bytes(16), number) for number in (1, 2))
    reassembler.add(old, *first[:2], first[2], 135, 100)
    reassembler.add(new, *first[:2], first[2], 135, 101)
    reassembler.add(old, *middle[:2], middle[2], 0, 160)
    reassembler.forget_before(101)
    assert reassembler.add(old, *last[:2], last[2], 0, 161) is None
    reassembler.add(new, *middle[:2], middle[2], 0, 161)
    assert reassembler.add(new, *last[:2], last[2], 0, 161) == Whole(bytes(range(20)), 135, [101, 161, 161])


def test_what_was_looked_up_ahead_is_given_once() -> None:
    whole = Whole(b"x", 59, [1])
    reassembler = Reassembler()
    reassembler.ahead = whole
    assert added(reassembler, PIECES[0]) == [whole]
    assert added(reassembler, PIECES[0]) == [None]

"""KAME's tables deduced from single packets; expected values are KAME's rules (docs/kame.md) worked out beside them."""

from collections.abc import Iterable

import pytest

from mhatool.exchange import sightings
from mhatool.observe.kame import (
    CacheRow,
    Created,
    Deduction,
    Entered,
    Hearing,
    Located,
    Rejected,
    Returned,
    Story,
    Unmatched,
    UpdateRow,
)
from mhatool.observe.kame.arithmetic import next_count, refresh_interval
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    ba,
    binding_error,
    bu,
    internet_checksum,
    ip,
    ipv6,
    mobility,
    scene,
    tunnel,
)

AHL = 0xE000  # the flags A, H and L of RFC 6275, which these packets follow

Packet = tuple[float, bytes]


def hear(*packets: Packet) -> Hearing:
    hearing = Hearing()
    for sighting in sightings([scene(*packets)]):
        hearing.see(sighting)
    return hearing


def after(*packets: Packet) -> Deduction:
    deduction = Deduction()
    for heard in hear(*packets).messages:
        deduction.take(heard)
    return deduction


def row(at: float, *packets: Packet) -> UpdateRow:
    rows = after(*packets).updates({HOME}, round(at * S))
    assert len(rows) == 1
    return rows[0]


def states(packets: Iterable[Packet]) -> list[str]:
    """The primary state after each packet."""
    seen = list(packets)
    return [row(99, *seen[: i + 1]).primary for i in range(len(seen))]


def test_intervals_double_and_the_tick_adds_a_second() -> None:
    count, intervals = 0, []
    for _ in range(12):
        count = next_count(count)
        intervals.append(2**count + 1)
    assert intervals == [3, 5, 9, 17, 33, 65, 129, 257, 129, 257, 129, 257]


@pytest.mark.parametrize(("advice", "expected"), [(None, 60), (0, 60), (61, 60), (60, 60), (28, 28)])
def test_advice_counts_within_the_lifetime(advice: int | None, expected: int) -> None:
    assert refresh_interval(60, advice) == expected


def test_registration_refresh_move_and_return() -> None:
    packets = [
        (0, bu(seq=1)),
        (3, bu(seq=2)),
        (3.1, ba(seq=2)),
        (33, bu(seq=3)),
        (36, bu(seq=4)),
        (36.1, ba(seq=4)),
        (40, bu(seq=5, source=CARE2)),
        (40.1, ba(seq=5, destination=CARE2)),
        (50, bu(seq=6, source=HOME, life=0, home=HOME)),
    ]
    assert states(packets) == ["WAITA", "WAITA", "BOUND", "WAITAR", "WAITAR", "BOUND", "WAITA", "BOUND", "WAITD"]
    away = [*packets, (51, bu(seq=7, source=CARE1))]
    assert row(99, *away).primary == "WAITA"
    home = after(*packets, (50.1, ba(seq=6, destination=HOME, life=0)))
    assert home.updates({HOME}, 51 * S) == []
    assert home.cache({AGENT}, 51 * S) == []


def test_when_the_next_update_is_due() -> None:
    sent = [(0.0, bu(seq=1)), (3.0, bu(seq=2)), (8.0, bu(seq=3))]
    # 2, 4 and 8 seconds after each; a move begins anew.
    assert [row(9, *sent[: i + 1]).next_send_ns for i in range(3)] == [2 * S, 7 * S, 16 * S]
    assert row(9, *sent, (9, bu(seq=4, source=CARE2))).next_send_ns == 11 * S
    answered = [*sent, (8.0, ba(seq=3, advice=28))]
    assert row(9, *answered).next_send_ns == 36 * S
    assert row(40, *answered, (37.0, bu(seq=4))).next_send_ns == 39 * S


def test_less_than_asked_for_shortens_what_is_left() -> None:
    found = row(1, (0.0, bu(seq=1, life=100)), (0.5, ba(seq=1, life=60)))
    # Sent at 0 for 100 s; 40 s less were granted (RFC 6275, 11.7.3).
    assert (found.lifetime_s, found.expires_ns, found.refresh_s) == (60, 60 * S, 60)


def test_an_answer_with_another_number_changes_nothing() -> None:
    packets = [(0.0, bu(seq=1)), (3.0, bu(seq=2)), (3.1, ba(seq=1))]
    assert row(4, *packets).primary == "WAITA"
    steps = list(Story(hear(*packets).messages, {HOME}).steps())
    assert steps[-1] == Unmatched(3_100_000_000, AGENT, 1, 2)


def test_a_refusal_is_told_and_binds_nothing() -> None:
    packets = [(0.0, bu(seq=1)), (0.1, ba(seq=1, status=132))]
    assert row(1, *packets).primary == "WAITA"
    assert after(*packets).cache({AGENT}, S) == []
    assert list(Story(hear(*packets).messages, {HOME}).steps())[-1] == Rejected(100_000_000, 132)


def test_a_binding_error_begins_anew() -> None:
    packets = [(0.0, bu(seq=1)), (0.1, ba(seq=1)), (5, binding_error(CARE1, AGENT, HOME)), (5.1, bu(seq=2))]
    assert row(6, *packets).primary == "WAITA"
    assert row(6, *packets[:2], packets[3]).primary == "WAITAR"


def test_entries_are_listed_from_the_last_made() -> None:
    packets = [(0.0, bu(seq=1)), (0.0, bu(seq=9, agent=AGENT2)), (3.0, bu(seq=2)), (3.0, ba(seq=2))]
    deduction = after(*packets)
    assert [each.peer for each in deduction.updates({HOME}, 4 * S)] == [AGENT2, AGENT]
    assert deduction.updates({CARE1}, 4 * S) == []


def test_a_cache_holds_what_was_answered() -> None:
    asked = [(0.0, bu(seq=1, life=100, flags=AHL))]
    assert after(*asked).cache({AGENT}, S) == []
    deduction = after(*asked, (1.0, ba(seq=1, life=60)))
    cached = deduction.cache({AGENT}, 2 * S)
    assert cached[0] == CacheRow(HOME, CARE1, AGENT, frozenset("AHL"), 1, 60, 60 * S)
    # fe80::/64 and the home address's interface identifier.
    assert (cached[1].home_address, cached[1].cloned) == (ip("fe80::100"), True)
    assert deduction.cache({AGENT2}, 2 * S) == []
    assert len(deduction.cache({AGENT}, 60 * S)) == 2
    assert deduction.cache({AGENT}, 61 * S) == []


@pytest.mark.parametrize(
    "refused",
    [
        [(10, bu(CARE2, seq=2, flags=0)), (10.1, ba(CARE2, seq=2, status=137))],
        [(10, bu(CARE2, seq=0, flags=0)), (10.1, ba(CARE2, seq=1, status=135))],  # names the number that counts
        [(10, bu(seq=2, life=0, flags=0)), (10.1, ba(seq=2, status=136))],
        [(10, binding_error(CARE2, AGENT, HOME))],  # about an address that isn't registered (RFC 6275, 9.3.1)
    ],
)
def test_what_counted_at_once_counts_no_more_once_it_is_refused(refused: list[Packet]) -> None:
    (cached,) = after((0, bu(seq=1, flags=0)), *refused).cache({AGENT}, 11 * S)
    assert (cached.care_of_address, cached.sequence_number, cached.expires_ns) == (CARE1, 1, 60 * S)


@pytest.mark.parametrize(
    "packets",
    [
        [(0, bu(seq=1, flags=0)), (0.1, ba(seq=1, status=136))],
        [(0, bu(seq=1, flags=0)), (1, binding_error(CARE1, AGENT, HOME))],
    ],
)
def test_who_refuses_the_first_update_or_denies_its_binding_has_none(packets: list[Packet]) -> None:
    assert after(*packets).cache({AGENT}, 2 * S) == []


def test_a_late_refusal_of_what_was_replaced_changes_nothing() -> None:
    packets = [(0, bu(seq=1, flags=0)), (1, bu(CARE2, seq=2)), (1.1, ba(CARE2, seq=2)), (1.2, ba(seq=1, status=136))]
    (cached,) = after(*packets).cache({AGENT}, 2 * S)
    assert cached.care_of_address == CARE2


def test_without_the_link_local_flag_there_is_one_entry() -> None:
    assert len(after((0.0, bu()), (0.1, ba())).cache({AGENT}, S)) == 1


def test_a_deregistration_without_answer_is_over_at_once() -> None:
    assert after((0.0, bu()), (0.1, ba()), (5, bu(seq=2, source=HOME, life=0, flags=0x4000))).updates({HOME}, S) == []


# --- correspondents ---


def init(kind: int, source: bytes, outer: bytes | None = None) -> bytes:
    message = ipv6(source, PEER, 135, mobility(kind, bytes(2) + b"cookie__", source, PEER))
    return message if outer is None else tunnel(outer, AGENT, message)


def keygen(kind: int, destination: bytes) -> bytes:
    body = b"\0\x05" + b"cookie__" + b"token___"
    return ipv6(PEER, destination, 135, mobility(kind, body, PEER, destination))


def test_a_correspondent_is_tested_again_before_its_binding_ends() -> None:
    update = bu(agent=PEER, flags=0, seq=1)
    found = row(1, (0.0, update))
    assert (found.primary, found.secondary, found.next_send_ns) == ("BOUND", "START", 60 * S)
    packets = [
        (0.0, update),
        (30, init(1, HOME, CARE1)),
        (30, init(2, CARE1)),
        (30.1, keygen(4, CARE1)),
        (30.2, keygen(3, HOME)),
        (30.2, bu(agent=PEER, flags=0, seq=2)),
    ]
    seen = [row(31, *packets[: i + 1]) for i in range(len(packets))]
    assert [each.secondary for each in seen] == ["START", "WAITH", "WAITHC", "WAITH", "START", "START"]
    assert [each.primary for each in seen] == ["BOUND", "RRREDO", "RRREDO", "RRREDO", "RRREDO", "BOUND"]
    assert after((0.0, update)).updates({HOME}, 61 * S) == []  # unlike a home registration


def test_a_correspondent_that_answers() -> None:
    update = bu(agent=PEER, flags=0x8000, seq=1)
    assert row(1, (0.0, update)).primary == "WAITA"
    assert row(1, (0.0, update), (0.1, ba(agent=PEER, seq=1))).primary == "BOUND"


def test_a_correspondent_after_a_move() -> None:
    update = bu(agent=PEER, flags=0, seq=1)
    assert row(2, (0.0, update), (1, init(2, CARE2))).primary == "BOUND"  # whose address that is nobody said yet
    assert (
        row(2, (0.0, update), (1, init(1, HOME)), (1.1, bu(agent=PEER, flags=0, source=CARE2, seq=2))).primary
        == "BOUND"
    )


def test_a_correspondent_that_knows_no_mobility_header() -> None:
    message = ipv6(CARE1, PEER, 135, mobility(2, bytes(2) + b"cookie__", CARE1, PEER))
    problem = b"\x04\x01\0\0\0\0\0\x06" + message
    check = internet_checksum(PEER, CARE1, 58, problem)
    error = ipv6(PEER, CARE1, 58, problem[:2] + check.to_bytes(2) + problem[4:])
    found = row(2, (0.0, bu(agent=PEER, flags=0, seq=1)), (1, message), (1.1, error))
    assert (found.primary, found.secondary, found.no_mobility, found.no_updates) == ("IDLE", "START", True, True)


# --- the story ---


def test_a_story_of_a_round() -> None:
    packets = [
        (0.0, bu(seq=1)),
        (0.0, bu(seq=9, agent=AGENT2)),
        (0.1, ba(seq=9, agent=AGENT2)),
        (9, bu(seq=10, agent=AGENT2, source=HOME, life=0)),
        (9.1, ba(seq=10, agent=AGENT2, destination=HOME, life=0)),
    ]
    steps = list(Story(hear(*packets).messages, {HOME}).steps())
    created = [step for step in steps if isinstance(step, Created)]
    assert [(step.index, step.is_first) for step in created] == [(0, True), (1, False)]
    assert [step.state for step in steps if isinstance(step, Entered)] == ["WAITA", "WAITA", "WAITA", "BOUND"]
    assert [step for step in steps if isinstance(step, Located)] == [
        Located(0, CARE1, is_home=False),
        Located(9 * S, HOME, is_home=True),
    ]
    assert steps[-1] == Returned(9_100_000_000)
    assert list(Story(hear(*packets).messages, {AGENT}).steps()) == []


def test_copies_count_once() -> None:
    twice = [(0.0, bu(seq=1)), (0.001, bu(seq=1, hop_limit=63)), (0.1, ba()), (0.101, ba())]
    assert len(hear(*twice).messages) == 2

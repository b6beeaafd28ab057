"""How often something may happen, and how much memory it takes to know that."""

from mhatool.engine.pacing import TokenBuckets
from tests.mhatool.engine.playbook import S


def test_each_has_a_bucket_of_its_own() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(2.0)
    assert [buckets.take("one", 0) for _ in range(3)] == [True, True, False]
    assert buckets.take("another", 0)
    assert [buckets.take("one", S // 2) for _ in range(2)] == [True, False]  # 2 a second: one in half a second


def test_less_than_one_a_second_is_one_at_once() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(0.1)
    assert [buckets.take("one", at * S) for at in (0, 9, 10)] == [True, False, True]


def test_no_rate_is_no_limit() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(0.0)
    assert all(buckets.take("one", 0) for _ in range(1_000))


def test_where_there_is_no_room_the_others_share_one() -> None:
    """Whoever sends from ever new addresses gets no more than one more, and who was there first keeps what it has."""
    buckets: TokenBuckets[int] = TokenBuckets(1.0, most=3)
    assert all(buckets.take(known, 0) for known in range(3))
    assert [buckets.take(stranger, 1) for stranger in range(3, 6)] == [True, False, False]
    assert [buckets.take(known, S) for known in range(3)] == [True, True, True]


def test_who_has_been_silent_long_enough_makes_room() -> None:
    buckets: TokenBuckets[int] = TokenBuckets(1.0, most=1)
    assert buckets.take(1, 0)
    assert buckets.take(2, S)
    assert not buckets.take(2, S)

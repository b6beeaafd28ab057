from hypothesis import given
from hypothesis import strategies as st

from mhatool.engine.timers import Timers


def test_the_earliest_comes_first_and_equal_ones_in_order() -> None:
    timers: Timers[str] = Timers()
    for key, at in (("late", 30), ("first", 10), ("second", 10)):
        timers.set(key, at)
    assert timers.next() == 10
    assert list(timers.due(10)) == ["first", "second"]
    assert timers.next() == 30


def test_moved_or_cancelled_ones_do_not_ring_when_they_were_set_to() -> None:
    timers: Timers[str] = Timers()
    timers.set("moved", 10)
    timers.set("moved", 20)
    timers.set("cancelled", 10)
    timers.cancel("cancelled")
    timers.cancel("never set")
    assert list(timers.due(15)) == []
    assert timers.deadline("moved") == 20
    assert timers.deadline("cancelled") is None
    assert list(timers.due(20)) == ["moved"]
    assert len(timers) == 0


def test_what_is_set_to_now_while_they_ring_rings_too() -> None:
    timers: Timers[int] = Timers()
    timers.set(0, 5)
    rung = []
    for key in timers.due(5):
        rung.append(key)
        if key < 3:
            timers.set(key + 1, 5)
    assert rung == [0, 1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50) | st.none())), st.integers(0, 60))
def test_it_does_what_a_plain_table_does(steps: list[tuple[int, int | None]], now: int) -> None:
    timers: Timers[int] = Timers()
    plain: dict[int, tuple[int, int]] = {}
    for count, (key, at) in enumerate(steps):
        if at is None:
            timers.cancel(key)
            plain.pop(key, None)
        else:
            timers.set(key, at)
            plain[key] = at, count
    assert timers.next() == min((at for at, _ in plain.values()), default=None)
    wanted = sorted((place, key) for key, place in plain.items() if place[0] <= now)
    assert list(timers.due(now)) == [key for _, key in wanted]


def test_the_heap_grows_with_the_keys_and_not_with_how_often_they_are_set() -> None:
    timers: Timers[str] = Timers()
    for at in range(10_000):
        timers.set("same", at)
    assert len(timers._heap) < 100
    assert list(timers.due(9_999)) == ["same"]

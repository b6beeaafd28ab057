"""When packets are due, on a clock that only counts."""

from collections.abc import Iterator

import pytest

from mhatool.capture import Record
from mhatool.cli.pacing import Pace, paced, schedule


class CountingClock:
    def __init__(self, work: float = 0.0) -> None:
        self.time = 100.0
        self.waits: list[float] = []
        self._work = work

    def now(self) -> float:
        self.time += self._work
        return self.time

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def records(*seconds: float) -> Iterator[Record]:
    for number, second in enumerate(seconds, start=1):
        yield Record(number, round(second * 1e9), 1, b"", 0, 0, 0, None)


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        (Pace(speed=1), [0, 0.5, 2.5]),
        (Pace(speed=10), [0, 0.05, 0.25]),
        (Pace(speed=0.5), [0, 1, 5]),
        (Pace(packets_per_second=4), [0, 0.25, 0.5]),
        (Pace(), [0, 0, 0]),
    ],
)
def test_due_times(pace: Pace, due: list[float]) -> None:
    assert [time for time, _ in schedule(records(7, 7.5, 9.5), pace)] == pytest.approx(due)


def test_times_that_go_back_are_due_at_once() -> None:
    assert [time for time, _ in schedule(records(7, 9, 8, 10), Pace(speed=1))] == pytest.approx([0, 2, 2, 3])


def test_it_waits_for_what_is_due() -> None:
    clock = CountingClock()
    assert [record.frame for record in paced(records(0, 1, 3), Pace(speed=1), clock)] == [1, 2, 3]
    assert clock.waits == pytest.approx([1, 2])


def test_what_is_late_is_caught_up_with() -> None:
    clock = CountingClock(work=2)
    list(paced(records(0, 1, 2, 10), Pace(speed=1), clock))
    assert clock.waits == pytest.approx([4])  # 10 s after the start, of which 6 went to work


def test_top_speed_never_waits() -> None:
    clock = CountingClock()
    assert len(list(paced(records(0, 1000), Pace(), clock))) == 2
    assert clock.waits == []

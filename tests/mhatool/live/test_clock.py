"""A node's time goes on steadily, whatever somebody does to the clock."""

from mhatool.live.clock import Clock

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
NOW = 1_800_000_000 * SECOND


def test_a_clock_that_is_set_by_an_hour_moves_no_timer() -> None:
    wall, steady = [NOW], [5 * SECOND]
    clock = Clock(lambda: wall[0], lambda: steady[0])
    assert clock.now() == NOW
    for jump in (HOUR, -2 * HOUR):
        wall[0] += jump
        steady[0] += SECOND
    assert clock.now() == NOW + 2 * SECOND


def test_the_machines_own_clocks_agree_and_it_is_known_since_when_it_runs() -> None:
    clock = Clock()
    first = clock.now()
    assert 0 <= clock.now() - first < SECOND
    assert len(clock.boot) == 36  # a UUID: proc(5)

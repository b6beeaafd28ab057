"""Paths that are too narrow, for as long as that is believed."""

from mhatool.live.clock import Clock
from mhatool.live.data_plane.paths import NarrowPaths

ONE, OTHER = (bytes(15) + b"\1", bytes(15) + b"\2"), (bytes(15) + b"\1", bytes(15) + b"\3")
S = 1_000_000_000


def test_each_is_told_once_and_forgotten_ten_minutes_after_the_last_word() -> None:
    """RFC 8201, 5.3: 10 minutes."""
    now = [0]
    paths = NarrowPaths(Clock(lambda: 0, lambda: now[0], "boot"))
    told = []
    paths.changed = lambda ends: told.append((ends, paths.is_narrow(ends)))
    for at, ends in ((0, ONE), (1, OTHER), (2, ONE)):
        now[0] = at * S
        paths.learn(ends)
    assert told == [(ONE, True), (OTHER, True)]
    for at, forgotten in ((600.9, []), (601, [OTHER]), (601.9, []), (602, [ONE])):
        told.clear()
        now[0] = round(at * S)
        paths.forget()
        assert told == [(ends, False) for ends in forgotten], at

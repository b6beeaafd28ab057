"""Arithmetic for back-off timers, which double from one transmission to the next (RFC 6275, 11.8 and 12).

It stands by itself: whoever takes it takes no knowledge with it (see `needs.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mhatool.exchange import Frame
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.rule import Breach

TOLERANCE = 0.8
"""Of a wait that is due, as conformance suites let it pass."""
DOUBLED = 2 * TOLERANCE
"""A wait of that many times the one before counts as twice."""
STEADY = 1.25
"""Waits that differ less than this are one and the same."""
CAPPED_NS = nanoseconds(31)
"""From here on a wait may stay as it is: MAX_BINDACK_TIMEOUT is 32 s."""
LEAST_NS = nanoseconds(0.25)
"""Copies of one packet may be 0.2 s apart; from 0.19 s on, time stamps off by 50 ms don't hide that a wait doubled."""
TRANSMISSIONS = 6
"""As many are kept of a series."""

#: When it was sent, and its frame.
Transmission = tuple[int, Frame]


def stays_the_same(waits_ns: Sequence[int]) -> bool:
    """Whether the last three waits show a timer that isn't doubled, for the first time in their series.

    Two waits in a row that are neither much shorter than the one before (a new beginning) nor twice as long.
    """
    return _same(waits_ns[-3:]) and not _same(waits_ns[-4:-1])


def is_steady(waits_ns: Sequence[int]) -> bool:
    """Whether the last three waits are one: a timer that doubles makes no such series, whichever of it were lost."""
    return max(waits_ns[-3:]) <= STEADY * min(waits_ns[-3:])


def _same(waits_ns: Sequence[int]) -> bool:
    if len(waits_ns) < 3 or waits_ns[0] < LEAST_NS or max(waits_ns[1:]) >= CAPPED_NS:
        return False  # after the longest wait there is, the next may be as long, or it begins anew
    return all(TOLERANCE * before <= after < DOUBLED * before for before, after in pairwise(waits_ns))


def waits_between(times: Sequence[Transmission]) -> list[int]:
    """Nanoseconds from each transmission to the next."""
    return [later - earlier for (earlier, _), (later, _) in pairwise(times)]


def not_doubled(times: Sequence[Transmission], *, inconclusive: bool = False) -> Breach:
    """The breach of the last four of these transmissions."""
    seen = ", ".join(f"{in_seconds(wait):.3f} s" for wait in waits_between(times)[-3:])
    before = tuple(frame for _, frame in times[-4:-1])
    return Breach("each wait twice the one before", f"waits of {seen}", before=before, inconclusive=inconclusive)

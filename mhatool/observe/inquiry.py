"""A question that is asked again until somebody answers: home agent discovery and prefix solicitations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import nanoseconds

REPEATED_NS = nanoseconds(64)
"""What comes later than this after an unanswered question is a new one.

The intervals begin with 3 s and double; after DHAAD_RETRIES (4) the last one is 48 s (RFC 6275, 11.4.1 and 12).
"""
MOST_REPEATS = 64
"""Kept of one question."""


class Asked(NamedTuple):
    """One message that asks, with its identifier."""

    moment: Moment
    identifier: int


def is_repeated(asked: Sequence[Asked], is_answered: bool, now_ns: int) -> bool:
    """Whether a message now asks again what these asked."""
    return bool(asked) and not is_answered and now_ns - asked[-1].moment.time_ns <= REPEATED_NS

"""Who answers for a home address on the home link while its node is away, and who took over from whom."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from mhatool.exchange import Latest
from mhatool.exchange.history import History
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

MOST: Final = 100_000
MOST_TURNS: Final = 32
SETTLING_NS: Final = NS_PER_S
"""After a hand-over, or when a divided home link heals, two may answer for so long."""
TOGETHER_NS: Final = nanoseconds(0.2)
"""Two answers that near to each other are to one question: the next one comes a second later (RFC 4861, 7.2.2)."""


class Turn(Struct):
    """A time in which one node answered for a home address.

    `first` shows its beginning; `announced`: with an unsolicited Neighbor Advertisement that had Override. `answered`
    is the first answer to a solicitation in it, `latest` the last one, to `asker`.
    """

    defender: bytes
    first: Moment
    announced: bool
    answered: Moment | None = None
    latest: Moment | None = None
    asker: bytes = b""


class Contest(Struct, frozen=True):
    """Two answer: `other` between two answers of the same one, or just before it to the same question, and nobody
    announced it."""

    defender: bytes
    other: bytes
    before: Moment
    between: Moment


class Defences:
    """The turns at each home address, at most the latest of many."""

    def __init__(self) -> None:
        self._by_home: Latest[bytes, History[Turn]] = Latest(MOST)

    def turns(self, home_address: bytes) -> list[Turn]:
        """Who answered for it, one after another."""
        return list(self._by_home.get(home_address, ()))

    def note(
        self, moment: Moment, home_address: bytes, defender: bytes, flags: frozenset[str], asker: bytes = b""
    ) -> None:
        """A Neighbor Advertisement for a home address, to whoever asked where it answers."""
        turns = self._by_home.get(home_address)
        if turns is None:
            turns = self._by_home.note(home_address, History(MOST_TURNS))
        announces = "O" in flags and "S" not in flags
        latest = turns[-1] if turns else None
        if latest is None or latest.defender != defender:
            latest = Turn(defender, moment, announces)
            turns.add(latest)
        elif announces:
            latest.announced = True
        if "S" in flags:
            latest.answered = latest.answered or moment
            latest.latest, latest.asker = moment, asker

    def contest(
        self, moment: Moment, home_address: bytes, defender: bytes, flags: frozenset[str], asker: bytes = b""
    ) -> Contest | None:
        """Whether such an advertisement, not noted yet, is the second answer around another's, or to one question."""
        turns = self._by_home.get(home_address, ())
        if "S" not in flags or not turns:
            return None
        both = _to_one_question(turns[-1], moment, defender, asker)
        if both is not None or len(turns) < 2:
            return both
        before, between = turns[-2:]
        if before.defender != defender or between.announced or between.answered is None:
            return None
        if moment.time_ns - before.first.time_ns <= SETTLING_NS:
            return None
        if before.announced and between.answered.time_ns - before.first.time_ns <= SETTLING_NS:
            return None
        return Contest(defender, between.defender, before.answered or before.first, between.answered)


def _to_one_question(turn: Turn, moment: Moment, defender: bytes, asker: bytes) -> Contest | None:
    """Whether another one has just answered the same asker: who had begun long before, and heard no announcement."""
    latest = turn.latest
    if turn.defender == defender or latest is None or turn.asker != asker:
        return None
    if moment.time_ns - latest.time_ns > TOGETHER_NS or latest.time_ns - turn.first.time_ns <= SETTLING_NS:
        return None
    return Contest(defender, turn.defender, turn.first, latest)

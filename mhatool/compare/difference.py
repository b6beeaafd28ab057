"""What differs between two captures, exchange by exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mhatool.compare.alignment import Twins, align
from mhatool.compare.drift import Drift
from mhatool.compare.facts import Facts, Value
from mhatool.compare.registrations import REGISTRATION, step_between
from mhatool.compare.transaction import Pair, Transaction
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import seconds

STEP = "binding_update.sequence_number_step"


class Verdict(StrEnum):
    """How the second capture differs."""

    MISSING = "missing"
    ADDED = "added"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs; None where a side doesn't have it."""

    field: str
    a: Value | float | None
    b: Value | float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """An exchange that only one capture has, or both with other contents."""

    verdict: Verdict
    a: Transaction | None
    b: Transaction | None
    changes: tuple[Change, ...] = ()

    @property
    def transaction(self) -> Transaction:
        """The one that is there, the first capture's before the second's."""
        found = self.a or self.b
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many exchanges each capture has, and what differs."""

    a: int
    b: int
    differences: tuple[Difference, ...]


def compare(a: Sequence[Transaction], b: Sequence[Transaction], tolerance_ns: int | None = None) -> Comparison:
    """Compare two captures by their exchanges, each of which is in order of time.

    With `tolerance_ns` also when things happened, from the first exchange on that both have.
    """
    pairs = dict.fromkeys(transaction.pair for transaction in (*a, *b))
    ours, theirs = _by_pair(a), _by_pair(b)
    aligned = {pair: list(align(ours.get(pair, []), theirs.get(pair, []))) for pair in pairs}
    offset_ns = _offset(aligned.values())
    differences = [
        difference for twins in aligned.values() for difference in _differences(twins, tolerance_ns, offset_ns)
    ]
    return Comparison(len(a), len(b), tuple(differences))


def _by_pair(transactions: Iterable[Transaction]) -> dict[Pair, list[Transaction]]:
    found: dict[Pair, list[Transaction]] = {}
    for transaction in transactions:
        found.setdefault(transaction.pair, []).append(transaction)
    return found


def _offset(aligned: Iterable[Sequence[Twins]]) -> int:
    """How much later the second capture's first common exchange is, nanoseconds."""
    times = [(one.time_ns, other.time_ns) for twins in aligned for one, other in twins if one and other]
    first = min(times, default=(0, 0))
    return first[1] - first[0]


def _differences(twins: Sequence[Twins], tolerance_ns: int | None, offset_ns: int) -> Iterator[Difference]:
    steps = _Steps()
    times = _Times(tolerance_ns, offset_ns) if tolerance_ns is not None else None
    for one, other in twins:
        steps.begin(one, other)
        if one is None or other is None:
            yield Difference(Verdict.MISSING if other is None else Verdict.ADDED, one, other)
        else:
            changes = [*_changes(one, other), *steps.changes(one, other)]
            changes += times.changes(one, other) if times is not None else []
            if changes:
                yield Difference(Verdict.CHANGED, one, other, tuple(changes))
        steps.end(one, other)


def _changes(one: Transaction, other: Transaction) -> Iterator[Change]:
    """What both say otherwise; where one side has no request, or no answer, that alone."""
    yield from _unequal(one.counts, other.counts)
    if one.attempts and other.attempts:
        yield from _unequal(one.request, other.request)
    if one.answers and other.answers:
        yield from _unequal(one.answer, other.answer)


def _unequal(ours: Facts, theirs: Facts) -> Iterator[Change]:
    for name in dict.fromkeys((*ours, *theirs)):
        if ours.get(name) != theirs.get(name):
            yield Change(name, ours.get(name), theirs.get(name))


class _Steps:
    """Sequence numbers of one pair: only steps count, and only from one update to the next of the same binding."""

    def __init__(self) -> None:
        self._drift = Drift()
        self._before_a: int | None = None
        self._before_b: int | None = None

    def begin(self, one: Transaction | None, other: Transaction | None) -> None:
        """A new binding may begin at any number."""
        if any(transaction is not None and transaction.kind == REGISTRATION for transaction in (one, other)):
            self._drift = Drift()
            self._before_a = self._before_b = None

    def changes(self, one: Transaction, other: Transaction) -> list[Change]:
        """The step to this update, where it differs; and those between its attempts."""
        if not (one.sequence_numbers and other.sequence_numbers):
            return []
        ours, theirs = one.sequence_numbers, other.sequence_numbers
        offset = sequence.ahead(theirs[0], ours[0])
        step_a, step_b = _step(self._before_a, ours[0]), _step(self._before_b, theirs[0])
        found = []
        if step_a == step_b:
            self._drift.settle(offset)
        elif not self._drift.fits(offset):
            found.append(Change(STEP, step_a, step_b))
        for before_a, after_a, before_b, after_b in zip(ours, ours[1:], theirs, theirs[1:], strict=False):
            if step_between(before_a, after_a) != step_between(before_b, after_b):
                found.append(Change(STEP, step_between(before_a, after_a), step_between(before_b, after_b)))
        return found

    def end(self, one: Transaction | None, other: Transaction | None) -> None:
        """What the next steps are counted from."""
        if one is not None and one.sequence_numbers:
            self._before_a = one.sequence_numbers[-1]
        if other is not None and other.sequence_numbers:
            self._before_b = other.sequence_numbers[-1]


def _step(before: int | None, after: int) -> int | None:
    return step_between(before, after) if before is not None else None


class _Times:
    """When the exchanges of one pair began, and how long the answers took."""

    def __init__(self, tolerance_ns: int, offset_ns: int) -> None:
        self._tolerance_ns = tolerance_ns
        self._offset_ns = offset_ns
        self._drift = Drift(tolerance_ns, usual=0)

    def changes(self, one: Transaction, other: Transaction) -> Iterator[Change]:
        """Times in seconds; the second capture's on the first one's clock."""
        off = other.time_ns - one.time_ns - self._offset_ns
        if not self._drift.fits(off):
            yield Change("time_off_s", 0.0, seconds(off))
        ours, theirs = one.latency_ns, other.latency_ns
        if ours is not None and theirs is not None and abs(ours - theirs) > self._tolerance_ns:
            yield Change("answer_after_s", seconds(ours), seconds(theirs))

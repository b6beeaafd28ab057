"""Which exchange of one capture is which one of the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import groupby

from mhatool.compare.registrations import DEREGISTRATION
from mhatool.compare.shortest_edit import Run, runs
from mhatool.compare.transaction import Transaction

Twins = tuple[Transaction | None, Transaction | None]
Key = Callable[[Transaction], Hashable]


def align(a: Sequence[Transaction], b: Sequence[Transaction]) -> Iterator[Twins]:
    """Equal exchanges side by side; between them those of a kind; then those that ask for the same.

    A refresh of one may be a move of the other, with another care-of address, or a registration by what came before it;
    what deletes is none of these.
    """
    for same, ours, theirs in _blocks(a, b, lambda transaction: transaction.key):
        if same:
            yield from zip(ours, theirs, strict=True)
        else:
            yield from _alike(ours, theirs)


def _alike(a: Sequence[Transaction], b: Sequence[Transaction]) -> Iterator[Twins]:
    for same, ours, theirs in _blocks(a, b, lambda transaction: (transaction.subject, transaction.kind)):
        if same:
            yield from zip(ours, theirs, strict=True)
        else:
            yield from _leftover(ours, theirs)


def _asked(transaction: Transaction) -> Hashable:
    """What a request wants, whatever it is called."""
    return transaction.subject, transaction.kind == DEREGISTRATION


def _leftover(a: Sequence[Transaction], b: Sequence[Transaction]) -> Iterator[Twins]:
    for same, ours, theirs in _blocks(a, b, _asked):
        if same:
            yield from zip(ours, theirs, strict=True)
        else:
            yield from ((transaction, None) for transaction in ours)
            yield from ((None, transaction) for transaction in theirs)


def _blocks(
    a: Sequence[Transaction], b: Sequence[Transaction], key: Key
) -> Iterator[tuple[bool, Sequence[Transaction], Sequence[Transaction]]]:
    """Runs of both, and whether they have equal keys. Most captures differ in little: the equal ends are cut first."""
    ours, theirs = list(map(key, a)), list(map(key, b))
    head = _common(ours, theirs)
    tail = _common(ours[head:][::-1], theirs[head:][::-1])
    end_a, end_b = len(a) - tail, len(b) - tail
    if head:
        yield True, a[:head], b[:head]
    for same, i1, i2, j1, j2 in _runs(ours[head:end_a], theirs[head:end_b]):
        yield same, a[head + i1 : head + i2], b[head + j1 : head + j2]
    if tail:
        yield True, a[end_a:], b[end_b:]


def _common(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> int:
    """How many are equal from the start."""
    for count, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return count
    return min(len(ours), len(theirs))


def _runs(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Sequence[Run]:
    """The shortest edit, unless the same number of exchanges one by one differs no more: each may just be changed."""
    found = list(runs(ours, theirs))
    if len(ours) == len(theirs):
        same = [one == other for one, other in zip(ours, theirs, strict=True)]
        if same.count(False) <= sum(max(i2 - i1, j2 - j1) for equal, i1, i2, j1, j2 in found if not equal):
            return list(_one_by_one(same))
    return found


def _one_by_one(same: Sequence[bool]) -> Iterator[Run]:
    start = 0
    for equal, group in groupby(same):
        end = start + len(list(group))
        yield equal, start, end, start, end
        start = end

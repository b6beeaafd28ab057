"""Differences as people read them, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from mhatool.compare.difference import Change, Comparison, Difference, Verdict
from mhatool.compare.transaction import Transaction
from mhatool.protocol.instant import rfc3339

SCHEMA_ID: Final = "mhatool.diff/1"
Style = Callable[[str, str], str]
"""(text, style) -> text as a terminal shows it."""

_WORDS: Final[Mapping[Verdict, str]] = {
    Verdict.MISSING: "only in A",
    Verdict.ADDED: "only in B",
    Verdict.CHANGED: "differs",
}
_STYLES: Final[Mapping[Verdict, str]] = {Verdict.MISSING: "red", Verdict.ADDED: "green", Verdict.CHANGED: "yellow"}


def plain(text: str, style: str) -> str:
    """No style."""
    return text


# --- text ---


def lines(comparison: Comparison, style: Style = plain) -> Iterator[str]:
    """The differences by home address and peer, each with its frames and fields; how many there are."""
    said = None
    for difference in comparison.differences:
        pair = difference.transaction.pair
        if pair != said:
            yield style(" with ".join(filter(None, pair)), "bold")
            said = pair
        yield from _difference(difference, style)
    yield summary(comparison, style)


def _difference(difference: Difference, style: Style) -> Iterator[str]:
    word = style(f"{_WORDS[difference.verdict]:9}", _STYLES[difference.verdict])
    sides = [(name, one) for name, one in (("A", difference.a), ("B", difference.b)) if one is not None]
    where = "; ".join(f"{name} {_frames(one)}, {rfc3339(one.time_ns)[11:23]}" for name, one in sides)
    yield f"  {word}  {_kinds(sides)}: {where}"
    if difference.verdict is Verdict.CHANGED:
        width = max(len(change.field) for change in difference.changes)
        yield from (
            f"    {change.field:{width}}  {_text(change.a)} in A, {_text(change.b)} in B"
            for change in difference.changes
        )
    else:
        facts = difference.transaction.facts
        width = max(map(len, facts))
        yield from (f"    {name:{width}}  {_text(value)}" for name, value in facts.items())


def _kinds(sides: Sequence[tuple[str, Transaction]]) -> str:
    """What it is; in each capture where that isn't the same."""
    kinds = dict.fromkeys(one.kind for _, one in sides)
    return next(iter(kinds)) if len(kinds) == 1 else ", ".join(f"{one.kind} in {name}" for name, one in sides)


def _frames(transaction: Transaction) -> str:
    numbers = [frame.number for frame in transaction.frames]
    return f"frame{'s' if len(numbers) > 1 else ''} {' '.join(map(str, numbers))}"


def _text(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def summary(comparison: Comparison, style: Style = plain) -> str:
    """The last line: how much was compared and how much differs."""
    if not comparison.a and not comparison.b:
        return style("No differences: there is no mobility message.", "yellow")
    if not comparison.differences:
        exchanges = f"{comparison.a} exchange{'' if comparison.a == 1 else 's'}"
        return style(f"No differences in {exchanges}.", "green")
    counts = _counts(comparison)
    said = [f"{counts[verdict]} {_words(verdict, counts[verdict])}" for verdict in _WORDS if counts[verdict]]
    return f"{', '.join(said)}, of {comparison.a} exchanges in A and {comparison.b} in B."


def _words(verdict: Verdict, count: int) -> str:
    return "differ" if verdict is Verdict.CHANGED and count > 1 else _WORDS[verdict]


def _counts(comparison: Comparison) -> Counter[Verdict]:
    return Counter(difference.verdict for difference in comparison.differences)


# --- JSON ---


def document(a: str, b: str, comparison: Comparison) -> dict[str, Any]:
    """All of it as `mhatool.diff/1`; `a` and `b` name the captures."""
    counts = _counts(comparison)
    return {
        "schema": SCHEMA_ID,
        "a": a,
        "b": b,
        "exchanges": {"a": comparison.a, "b": comparison.b},
        "differences": [difference_json(difference) for difference in comparison.differences],
        "summary": {str(verdict): counts[verdict] for verdict in Verdict},
    }


def record(difference: Difference) -> dict[str, Any]:
    """One difference as a record of its own."""
    return {"schema": SCHEMA_ID, **difference_json(difference)}


def difference_json(difference: Difference) -> dict[str, Any]:
    """One difference."""
    home_address, peer = difference.transaction.pair
    return {
        "difference": str(difference.verdict),
        "exchange": _word(difference.transaction.kind),
        "home_address": home_address,
        "peer": peer or None,
        "a": _side(difference.a),
        "b": _side(difference.b),
        "changes": [_change(change) for change in difference.changes],
    }


def _side(transaction: Transaction | None) -> dict[str, Any] | None:
    if transaction is None:
        return None
    return {
        "exchange": _word(transaction.kind),
        "frames": [frame.number for frame in transaction.frames],
        "time": rfc3339(transaction.time_ns),
        "fields": {name: _value(value) for name, value in transaction.facts.items()},
    }


def _word(kind: str) -> str:
    return kind.replace(" ", "_").replace("-", "_")


def _change(change: Change) -> dict[str, Any]:
    return {"field": change.field, "a": _value(change.a), "b": _value(change.b)}


def _value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

"""Runs of two sequences against what a square table says about their longest common subsequence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhatool.compare import shortest_edit
from mhatool.compare.shortest_edit import runs


def longest_common(a: str, b: str) -> int:
    """The textbook's table."""
    row = [0] * (len(b) + 1)
    for one in a:
        before, row = row, [0]
        for j, other in enumerate(b):
            row.append(before[j] + 1 if one == other else max(before[j + 1], row[j]))
    return row[-1]


def check(a: str, b: str) -> int:
    """The runs cover both, say the truth, and are as long as can be; how much is the same."""
    at_a = at_b = same = 0
    before = None
    for equal, i1, i2, j1, j2 in runs(a, b):
        assert (i1, j1) == (at_a, at_b)
        assert (a[i1:i2] == b[j1:j2]) if equal else (i2 > i1 or j2 > j1)
        assert equal != before
        at_a, at_b, before = i2, j2, equal
        same += (i2 - i1) * equal
    assert (at_a, at_b) == (len(a), len(b))
    return same


@given(st.text("abc", max_size=30), st.text("abc", max_size=30))
def test_what_stays_is_as_much_as_can_be(a: str, b: str) -> None:
    assert check(a, b) == longest_common(a, b)


@given(st.text("abc", max_size=30), st.text("abc", max_size=30))
def test_the_quick_way_says_the_truth(a: str, b: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortest_edit, "MOST_EDITS", 2)
        check(a, b)


def test_nothing() -> None:
    assert list(runs("", "")) == []
    assert list(runs("ab", "")) == [(False, 0, 2, 0, 0)]

"""Panes share terminals of any size."""

from itertools import product

from mhatool.view.layout import FIXED_LINES, Layout, lay_out


def test_all_lines_are_used_and_no_more() -> None:
    for width, height, lines, details, alone in product(
        (1, 80, 200), range(60), (0, 4, 900), (False, True), (False, True)
    ):
        shown = lay_out(width, height, lines, details=details, alone=alone)
        parts = [shown.bindings, shown.events, 0 if shown.beside else shown.details]
        assert min(parts) >= 0
        assert sum(parts) == max(height - FIXED_LINES, 0)


def test_the_usual_terminal() -> None:
    assert lay_out(80, 24, 4, details=False) == Layout(5, 16, 0)
    assert lay_out(80, 24, 400, details=False) == Layout(7, 14, 0)
    assert lay_out(80, 24, 4, details=True) == Layout(5, 5, 11)
    assert lay_out(200, 50, 4, details=True) == Layout(5, 42, 42, beside=True)

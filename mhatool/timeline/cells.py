"""Columns that text takes in a terminal: letters of some scripts take two."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def wide(text: str) -> int:
    """How many columns it takes."""
    return cell_len(text)


def filled(text: str, columns: int) -> str:
    """It, and blanks up to so many columns."""
    return text + " " * (columns - cell_len(text))


def fitting(text: str, columns: int) -> int:
    """How many of its letters have room in so many columns, one at least."""
    count = min(len(text), columns)
    while count > 1 and cell_len(text[:count]) > columns:
        count -= 1
    return max(count, 1)


def shortened(name: str, columns: int) -> str:
    """A name in at most so many columns: of a longer one both ends, as those tell addresses apart."""
    if cell_len(name) <= columns:
        return name
    tail = (columns - 1) * 2 // 3
    return f"{set_cell_size(name, columns - 1 - tail)}…{set_cell_size(name[::-1], tail)[::-1]}"


__all__ = ["filled", "fitting", "shortened", "wide"]

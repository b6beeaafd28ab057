"""Whole numbers from JSON and text."""

from __future__ import annotations

from typing import Any

from dissectors.errors import EncodeError


def whole(data: Any, what: str = "a whole number") -> int:
    """An integer from JSON or text, decimal or 0x."""
    if isinstance(data, str):
        try:
            return int(data, 0)
        except ValueError:
            raise EncodeError(f"{data!r} is not {what}") from None
    if isinstance(data, bool) or not isinstance(data, int):
        raise EncodeError(f"{data!r} is not {what}")
    return data

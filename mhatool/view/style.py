"""Styles such as `bold red` as what terminals obey, with and without colours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from mhatool.capture.errors import one_line

_COLORS: Final = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
_STYLED: Final = re.compile(r"(\x1b\[(?:[01247]|3[1-6])(?:;(?:[1247]|3[1-6]))*m)")
_OTHERS: Final = {"bold": 1, "dim": 2, "underline": 4, "reverse": 7}

Style = Callable[[str, str], str]


def terminal_style(*, color: bool) -> Style:
    """What gives a text a style; without `color` only weight and brightness are left of it."""
    codes = {**_OTHERS, **(_COLORS if color else {})}

    def style(text: str, words: str) -> str:
        used = ";".join(str(codes[word]) for word in words.split() if word in codes)
        return f"\x1b[{used}m{text}\x1b[0m" if used and text else text

    return style


def cleaned(text: str) -> str:
    """A text without what a terminal would obey but for styles: packets and names are often somebody else's."""
    if text.isprintable():
        return text
    return "".join(part if _STYLED.fullmatch(part) else one_line(part) for part in _STYLED.split(text))


__all__ = ["Style", "cleaned", "terminal_style"]

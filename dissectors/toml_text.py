"""Read TOML that somebody else wrote: what a parser can't cope with is an error of the text, not of the program."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

MOST_PARTS: Final = 100
"""Of a key with dots: the standard library's time for one grows with their square."""

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_LONG_KEY: Final = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}){{{MOST_PARTS}}}")


def read(text: str) -> dict[str, Any]:
    """The tables of a document.

    tomllib.TOMLDecodeError for what is no TOML, and for what is too much of it: keys of more than `MOST_PARTS` parts,
    lists or tables too deep in one another, numbers of thousands of digits.
    """
    if _LONG_KEY.search(text):
        raise tomllib.TOMLDecodeError(f"A key of more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("Lists or tables too deep in one another") from None
    except ValueError:
        raise tomllib.TOMLDecodeError("A number of too many digits") from None


__all__ = ["MOST_PARTS", "read"]

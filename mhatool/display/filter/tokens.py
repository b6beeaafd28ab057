"""An expression cut into tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from mhatool.display.filter.errors import FilterError

_PATTERN = re.compile(
    r"""\s+
    | (?P<operator> == | != | <= | >= | && | \|\| | [<>!(){},] )
    | (?P<word> [A-Za-z0-9_.:/+-]+ )
    | (?P<string> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )""",
    re.VERBOSE,
)
_SAME = {"&&": "and", "||": "or", "!": "not", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_WORD_OPERATORS = frozenset({"and", "or", "not", "in", "contains"})


class Token(NamedTuple):
    """A piece of an expression: an operator (by its one name), a word, a quoted string (unquoted here), or the end."""

    kind: str
    text: str
    position: int

    def __str__(self) -> str:
        return {"end": "the end", "string": f'"{self.text}"'}.get(self.kind, self.text)


def tokens(expression: str) -> list[Token]:
    """The tokens of an expression, the end included. FilterError where a character fits nowhere."""
    found: list[Token] = []
    position = 0
    while position < len(expression):
        match = _PATTERN.match(expression, position)
        if match is None:
            raise FilterError(_stray(expression[position]), expression, position)
        if match.lastgroup:
            found.append(_token(match.lastgroup, match[0], position))
        position = match.end()
    found.append(Token("end", "", len(expression)))
    return found


def _token(kind: str, text: str, position: int) -> Token:
    if kind == "string":
        return Token(kind, re.sub(r"\\(.)", r"\1", text[1:-1]), position)
    text = _SAME.get(text, text)
    if text in _WORD_OPERATORS or text in _SAME.values():
        kind = "operator"
    return Token(kind, text, position)


def _stray(character: str) -> str:
    match character:
        case "=":
            return "a single = compares nothing: write =="
        case '"' | "'":
            return "this quoted text doesn't end"
        case "&" | "|":
            return f"write {character}{character}, or its word"
    return f"{character!r} has no meaning here"

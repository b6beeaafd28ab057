"""The grammar of expressions, compiled to closures.

    expression = term { "or" term }
    term = factor { "and" factor }
    factor = "not" factor | "(" expression ")" | test
    test = NAME [ comparison LITERAL | "in" "{" LITERAL { "," LITERAL } "}" ]
    comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains"

A name alone is true where the field is there. A field with several values matches where any of them does; `!=` is the
opposite of `==` where the field is there (as in Wireshark since 3.6): no value is equal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dissectors.profile import RFC6275
from mhatool.display.filter.aliases import ALIASES, OF_THE_SCRIPT, alias_of, resolve_alias
from mhatool.display.filter.errors import FilterError
from mhatool.display.filter.names import Field, UnknownNameError, resolve
from mhatool.display.filter.tokens import Token, tokens
from mhatool.display.filter.values import LiteralError, Test

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from mhatool.display.frame import Frame

Predicate = Callable[["Frame"], bool]
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "contains")
DEEPEST = 100
"""How deep parentheses and `not` may be nested."""


def compile_filter(expression: str, profile: Profile = RFC6275) -> Predicate:
    """The test that an expression stands for. Raises FilterError."""
    return _Parser(expression, profile).whole()


def resolve_column(name: str, profile: Profile = RFC6275) -> Field:
    """A field by its name, for a column. Raises FilterError."""
    return _resolve(Token("word", name, 0), name, profile)


def resolve_columns(names: str, profile: Profile = RFC6275) -> list[Field]:
    """Fields by their names with commas between them. Raises FilterError."""
    fields, at = [], 0
    for part in names.split(","):
        position = at + len(part) - len(part.lstrip())
        fields.append(_resolve(Token("word", part.strip(), position), names, profile))
        at += len(part) + 1
    return fields


def _resolve(name: Token, expression: str, profile: Profile) -> Field:
    alias = alias_of(name.text)
    if alias is not None:
        return resolve_alias(name.text, alias, profile)
    try:
        return resolve(name.text, profile)
    except UnknownNameError as error:
        raise FilterError(_unknown(name.text, error), expression, name.position) from None


def _unknown(name: str, error: UnknownNameError) -> str:
    from difflib import get_close_matches

    known = [*error.known, *ALIASES]
    if name.startswith(OF_THE_SCRIPT):
        from mhatool.display.filter.script_names import ELSEWHERE, meanings

        for other, remedy in ELSEWHERE.items():
            if name == other or name.startswith(f"{other}."):
                return f"{name} is shown in Wireshark alone; {remedy}"
        known = [*meanings(), *error.known]
    close = get_close_matches(name, dict.fromkeys(known), n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    return f"there is no field {name!r}{hint}"


class _Parser:
    """One expression being parsed; each method takes its rule's tokens and gives its test."""

    def __init__(self, expression: str, profile: Profile) -> None:
        self.expression = expression
        self.profile = profile
        self.tokens = tokens(expression)
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, text: str) -> bool:
        """Take the operator if it stands here."""
        if self.next.kind != "operator" or self.next.text != text:
            return False
        self.at += 1
        return True

    def fail(self, message: str, token: Token | None = None) -> FilterError:
        return FilterError(message, self.expression, (token or self.next).position)

    def expected(self, what: str) -> FilterError:
        return self.fail(f"expected {what}, not {self.next}")

    # --- rules ---

    def whole(self) -> Predicate:
        result = self.alternatives()
        if self.next.kind != "end":
            raise self.expected("and, or, or the end" if self.next.text != ")" else "the end: this ) opens nowhere")
        return result

    def alternatives(self) -> Predicate:
        parts = [self.conjunction()]
        while self.accept("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda frame: any(part(frame) for part in parts)

    def conjunction(self) -> Predicate:
        parts = [self.factor()]
        while self.accept("and"):
            parts.append(self.factor())
        return parts[0] if len(parts) == 1 else lambda frame: all(part(frame) for part in parts)

    def factor(self) -> Predicate:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(f"more than {DEEPEST} parentheses and nots in one another")
        try:
            if self.accept("not"):
                negated = self.factor()
                return lambda frame: not negated(frame)
            if self.accept("("):
                inner = self.alternatives()
                if not self.accept(")"):
                    raise self.expected(") or another and, or")
                return inner
            return self.test()
        finally:
            self.depth -= 1

    def test(self) -> Predicate:
        if self.next.kind != "word":
            raise self.expected("a field name")
        name = self.take()
        field = _resolve(name, self.expression, self.profile)
        values = field.values
        operator = self.next
        if operator.kind == "operator" and operator.text == "in":
            self.take()
            tests = self.members(field)
            return lambda frame: any(test(value) for value in values(frame) for test in tests)
        if operator.kind != "operator" or operator.text not in _COMPARISONS:
            return lambda frame: any(True for _ in values(frame))
        self.take()
        test = self.literal(field, operator)
        if operator.text == "!=":
            return lambda frame: _none(test, list(values(frame)))
        return lambda frame: any(test(value) for value in values(frame))

    def members(self, field: Field) -> list[Test]:
        """The tests of `{a, b, c}`."""
        if not self.accept("{"):
            raise self.expected("{")
        tests = [self.literal(field)]
        while self.accept(","):
            tests.append(self.literal(field))
        if not self.accept("}"):
            raise self.expected(", or }")
        return tests

    def literal(self, field: Field, operator: Token | None = None) -> Test:
        token = self.next
        if token.kind not in ("word", "string"):
            raise self.expected(field.type.expected)
        quoted = token.kind == "string"
        op = operator.text if operator else "=="
        try:
            if op in ("==", "!="):
                test = field.type.equal(token.text, quoted)
            elif op == "contains":
                test = field.type.contains(token.text, quoted)
            else:
                test = field.type.ordered(op, token.text, quoted)
        except LiteralError as error:
            wrong = str(error)
            about = f" for {field.name}, not {token}" if wrong.startswith("expected") else f" ({field.name})"
            at = token if operator is None or wrong.startswith("expected") else operator
            raise self.fail(wrong + about, at) from None
        self.take()
        return test


def _none(test: Test, values: list[object]) -> bool:
    return bool(values) and not any(test(value) for value in values)

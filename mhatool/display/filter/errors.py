"""The one exception of filters, which shows the place."""

from __future__ import annotations


class FilterError(ValueError):
    """Not an expression. `column` counts from 1; `str()` says what is wrong there, `shown()` points at it."""

    def __init__(self, message: str, expression: str, position: int) -> None:
        super().__init__(message, expression, position)  # all of them, so that it can be pickled
        self.message = message
        self.expression = expression
        self.column = position + 1

    def __str__(self) -> str:
        return f"column {self.column}: {self.message}"

    def shown(self) -> str:
        """Three lines: what is wrong, the expression, a caret under the place."""
        printable = "".join(c if c.isprintable() else " " for c in self.expression)
        return f"{self}\n  {printable}\n  {' ' * (self.column - 1)}^"

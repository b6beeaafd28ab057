"""Filter expressions: `layer.field OP value`, presence by bare name, `and or not ( )`.

`compile_filter(text, profile)` gives a function from `Frame` to `bool`; `resolve(name, profile)` a field for columns.
Nothing is evaluated: a recursive-descent parser builds closures.
"""

from mhatool.display.filter.errors import FilterError
from mhatool.display.filter.grammar import Predicate, compile_filter, resolve_column, resolve_columns
from mhatool.display.filter.names import Field

__all__ = ["Field", "FilterError", "Predicate", "compile_filter", "resolve_column", "resolve_columns"]

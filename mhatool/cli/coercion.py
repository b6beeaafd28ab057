"""Plain text options without pydantic, which typer would import (60 ms) to turn text into text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

try:
    from typer._coercion import RuntimeParam, build_runtime_param
except ImportError:  # another typer: as it does it
    RuntimeParam = build_runtime_param = None  # type: ignore[assignment,misc]


def spare_pydantic(parameters: Sequence[Any]) -> Sequence[Any]:
    """These parameters, made to take text as it is and to ask typer's own coercion only for values that aren't text."""
    for parameter in parameters:
        if RuntimeParam is not None and getattr(parameter, "_runtime_param", 0) is None:
            descriptor = parameter.type_descriptor
            parameter._runtime_param = _Late(descriptor.parameter_info, descriptor.annotation)
    return parameters


if RuntimeParam is not None:

    class _Late(RuntimeParam):
        """Text as it is; typer's own coercion, made when it is needed, for all else."""

        def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:
            plain = self.parameter_info.parser is None
            if plain and self.annotation is str and isinstance(value, str):
                return value
            if plain and self.annotation == list[str] and all(isinstance(item, str) for item in value):
                return list(value)
            param._runtime_param = build_runtime_param(param.type_descriptor)
            return param._runtime_param.coerce(value, param=param, ctx=ctx)

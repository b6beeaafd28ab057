"""Write TOML, which the standard library only reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def written(table: Mapping[str, Any]) -> str:
    """A document with this content: texts, numbers, truths, lists and tables."""
    return "\n".join(_lines(table, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    inner = {name: each for name, each in table.items() if isinstance(each, Mapping)}
    if path and (len(inner) < len(table) or not table):
        yield f"[{'.'.join(map(key, path))}]"
    for name, each in table.items():
        if name not in inner:
            yield f"{key(name)} = {value(each)}"
    for name, each in inner.items():
        yield from _lines(each, (*path, name))


def key(name: str) -> str:
    """A key as it is written: in quotes where it isn't all letters, digits, - and _."""
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _text(name)


def value(of: Any) -> str:
    """A text, number, truth, list or table as it is written, in one line."""
    if isinstance(of, bool):
        return "true" if of else "false"
    if isinstance(of, list | tuple):
        return f"[{', '.join(map(value, of))}]"
    if isinstance(of, Mapping):
        return f"{{ {', '.join(f'{key(name)} = {value(item)}' for name, item in of.items())} }}"
    return _text(of) if isinstance(of, str) else json.dumps(of)


def _text(of: str) -> str:
    """In quotes: JSON's escapes are TOML's, but for a pair of surrogates; and DEL has to be escaped, too."""
    return json.dumps(of, ensure_ascii=False).replace("\x7f", "\\u007f")


__all__ = ["key", "value", "written"]

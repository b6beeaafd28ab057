"""From TOML's values to dataclasses, by their annotations: what isn't as they say is an error with its path.

So a configuration's fields are a scenario's keys, and nobody writes a list of keys twice.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from difflib import get_close_matches
from enum import Enum
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from dissectors import profile as profiles
from mhatool.engine import constants as timing
from mhatool.network.scenario.errors import Path, ScenarioError
from mhatool.network.scenario.limits import misfit
from mhatool.protocol import octets
from mhatool.protocol.lifetime import NS_PER_S

#: An instant: seconds from the start of the run, or a date and time.
Instant = NewType("Instant", object)
MOST = 1e12
"""What no number passes."""
_NANOSECONDS = "_ns"


def convert(value: Any, kind: Any, path: Path) -> Any:
    """The value as this type; ScenarioError where it is none."""
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple(value, path)
    if dataclasses.is_dataclass(kind):
        return dataclass_of(value, kind, path)
    origin = get_origin(kind)
    converter = _GENERIC.get(origin)
    if converter is not None:
        return converter(value, get_args(kind), path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enumerated(value, kind, path)
    return value  # Any: whoever asked for it looks further


def dataclass_of(value: Any, cls: Any, path: Path, *, given: Mapping[str, Any] | None = None) -> Any:
    """An instance of a dataclass from a table. `given` are fields that don't come from the table and can't."""
    table = _table(value, path)
    given = given or {}
    hints = get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.name not in given}
    refuse_unknown(table, fields, path)
    made = dict(given)
    for name, field in fields.items():
        if name in table:
            made[name] = _field(cls, table[name], name, hints[name], (*path, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ScenarioError(f"{name!r} is missing: give it", path)
    try:
        return cls(**made)
    except ScenarioError:  # it says where
        raise
    except ValueError as error:
        raise _misfit(str(error), fields, path) from None


def _misfit(what: str, fields: Collection[str], path: Path) -> ScenarioError:
    """What a dataclass says of itself; where that begins as `key = value`, it is that key's."""
    key, equals, rest = what.partition(" = ")
    return ScenarioError(rest, (*path, key)) if equals and key in fields else ScenarioError(what, path)


def refuse_unknown(table: Mapping[str, Any], known: Collection[str], path: Path) -> None:
    """ScenarioError for a key that means nothing here."""
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise ScenarioError(f"unknown key; {remedy}", (*path, key))


def _field(cls: Any, value: Any, name: str, kind: Any, path: Path) -> Any:
    """A field's value, within its limits; those in nanoseconds may be dates and times."""
    if name.endswith(_NANOSECONDS):
        if isinstance(value, datetime):
            return nanoseconds_of(value, path)
        if isinstance(value, list):
            value = [nanoseconds_of(item, path) if isinstance(item, datetime) else item for item in value]
    made = convert(value, kind, path)
    wrong = misfit(cls.__name__, name, made)
    if wrong:
        raise ScenarioError(wrong, path)
    return made


def nanoseconds_of(value: datetime, path: Path) -> int:
    """Since 1970; ScenarioError without an offset from UTC."""
    if value.tzinfo is None:
        raise ScenarioError(f"{value} is the time of nowhere: add Z for UTC", path)
    since = value - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return (since.days * 86400 + since.seconds) * NS_PER_S + since.microseconds * 1000


def _table(value: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ScenarioError(f"{value!r}: a table is needed", path)
    return value


def _integer(value: Any, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScenarioError(f"{value!r}: a whole number is needed", path)
    return value


def _number(value: Any, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScenarioError(f"{value!r}: a number is needed", path)
    if not abs(value) <= MOST:  # nor is NaN
        raise ScenarioError(f"{value!r}: a number between -{MOST:g} and {MOST:g} is needed", path)
    return float(value)


def _boolean(value: Any, path: Path) -> bool:
    if not isinstance(value, bool):
        raise ScenarioError(f"{value!r}: true or false is needed", path)
    return value


def _text(value: Any, path: Path) -> str:
    if not isinstance(value, str):
        raise ScenarioError(f"{value!r}: a text is needed, in quotes", path)
    return value


def _octets(value: Any, path: Path) -> bytes:
    try:
        return octets.parse(_text(value, path))
    except ValueError as error:
        raise ScenarioError(f"{error}; give an address, or a key in hexadecimal", path) from None


def _instant(value: Any, path: Path) -> object:
    return value if isinstance(value, datetime) else _number(value, path)


def _date_time(value: Any, path: Path) -> datetime:
    if not isinstance(value, datetime):
        raise ScenarioError(f"{value!r}: a date and time is needed, as 2026-01-01T00:00:00Z", path)
    nanoseconds_of(value, path)
    return value


def _profile(value: Any, path: Path) -> profiles.Profile:
    try:
        return profiles.load(_text(value, path))
    except profiles.ProfileError as error:
        raise ScenarioError(str(error), path) from None


def _constants(value: Any, path: Path) -> timing.Constants:
    """A name, or a table of what is different from `base`."""
    table = dict(value) if isinstance(value, dict) else {"base": value}
    name = _text(table.pop("base", "rfc6275"), (*path, "base") if isinstance(value, dict) else path)
    base = timing.BUILT_IN.get(name)
    if base is None:
        raise ScenarioError(f"{name!r} is none of {', '.join(timing.BUILT_IN)}", path)
    hints = get_type_hints(timing.Constants)
    refuse_unknown(table, hints, path)
    changed = {key: _field(timing.Constants, item, key, hints[key], (*path, key)) for key, item in table.items()}
    return dataclasses.replace(base, **changed)


def _literal(value: Any, arguments: tuple[Any, ...], path: Path) -> Any:
    if value not in arguments:
        raise ScenarioError(f"{value!r} is none of {', '.join(map(str, arguments))}", path)
    return value


def _enumerated(value: Any, kind: type[Enum], path: Path) -> Enum:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(member.value) for member in kind)
        raise ScenarioError(f"{value!r} is none of {known}", path) from None


def _tuple(value: Any, arguments: tuple[Any, ...], path: Path) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ScenarioError(f"{value!r}: a list is needed", path)
    if arguments[-1:] == (...,):
        return tuple(convert(item, arguments[0], (*path, index)) for index, item in enumerate(value))
    if len(value) != len(arguments):
        raise ScenarioError(f"{len(value)} values: {len(arguments)} are needed", path)
    pairs = enumerate(zip(value, arguments, strict=True))
    return tuple(convert(item, kind, (*path, index)) for index, (item, kind) in pairs)


def _mapping(value: Any, arguments: tuple[Any, ...], path: Path) -> dict[str, Any]:
    key, kind = arguments
    table = _table(value, path)
    return {convert(name, key, (*path, name)): convert(item, kind, (*path, name)) for name, item in table.items()}


def _union(value: Any, arguments: tuple[Any, ...], path: Path) -> Any:
    """The first of several types that fits; the error of the last one where none does. TOML has no None."""
    kinds = [kind for kind in arguments if kind is not types.NoneType]
    for kind in kinds[:-1]:
        try:
            return convert(value, kind, path)
        except ScenarioError:
            continue
    return convert(value, kinds[-1], path)


_SIMPLE: Mapping[Any, Callable[[Any, Path], Any]] = {
    int: _integer,
    float: _number,
    bool: _boolean,
    str: _text,
    bytes: _octets,
    datetime: _date_time,
    Instant: _instant,
    profiles.Profile: _profile,
    timing.Constants: _constants,
}
_GENERIC: Mapping[Any, Callable[[Any, tuple[Any, ...], Path], Any]] = {
    Literal: _literal,
    tuple: _tuple,
    Mapping: _mapping,
    dict: _mapping,
    Union: _union,
    types.UnionType: _union,
}

__all__ = ["Instant", "convert", "dataclass_of", "nanoseconds_of", "refuse_unknown"]

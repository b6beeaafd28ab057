"""Read a scenario: a file or a built-in one, with what `--set` changes, into a `Scenario`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any

from dissectors import toml_text
from mhatool.network.scenario.builtin import built_in_names, built_in_path
from mhatool.network.scenario.check import check
from mhatool.network.scenario.convert import convert
from mhatool.network.scenario.errors import Path, ScenarioError
from mhatool.network.scenario.lines import key_lines, line_of
from mhatool.network.scenario.plan import Scenario

_SET = "--set"
_NAMED = ("links", "nodes")
"""Tables whose names a change can't make."""


def file_of(name: str) -> FilePath:
    """Where the scenario of that name is, built-in or a file."""
    return built_in_path(name) or FilePath(name)


def load(name: str, changes: Iterable[str] = ()) -> Scenario:
    """The scenario of that name or file; `changes` are `a.b=value` texts. ScenarioError where it can't be run."""
    path = file_of(name)
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ScenarioError(_not_found(name)) from None
    except (OSError, UnicodeDecodeError) as error:
        what = (error.strerror or "it can't be read").lower() if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ScenarioError(f"{what}; give a TOML file that you may read", file=name) from None
    return parse(text, str(name), changes)


def parse(text: str, file: str, changes: Iterable[str] = ()) -> Scenario:
    """The scenario that a text describes; `file` is for errors."""
    try:
        data = toml_text.read(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"no TOML: {error}", file=file) from None
    changes = list(changes)
    try:
        return scenario_of(data, changes)
    except ScenarioError as error:
        if error.file:
            raise
        where = _SET if changes and _is_sound(text) else file
        line = line_of(key_lines(text), error.path) if where == file else None
        raise ScenarioError(error.what, error.path, file=where, line=line) from None


def scenario_of(data: dict[str, Any], changes: Iterable[str] = ()) -> Scenario:
    """The scenario of a file's tables, as TOML is read; `changes` are put into them. ScenarioError as for `load`."""
    written = data.get("duration_s")
    for change in changes:
        _change(data, change)
    data.setdefault("profile", "rfc6275")
    data.setdefault("constants", "rfc6275")
    scenario: Scenario = convert(data, Scenario, ())
    check(scenario, written if isinstance(written, int | float) else 0.0)
    return scenario


def _is_sound(text: str) -> bool:
    """Whether the file without the changes can be run: then they are to blame."""
    try:
        scenario_of(toml_text.read(text))
    except ScenarioError:
        return False
    return True


def _not_found(name: str) -> str:
    known = built_in_names()
    near = get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"give a TOML file or one of {', '.join(known)}"
    return f"there is no scenario {name!r}; {remedy}"


def _change(data: dict[str, Any], change: str) -> None:
    """Put `a.b.0.c=value` into the data."""
    written, equals, value = change.partition("=")
    path: Path = tuple(int(key) if key.isdigit() else key for key in written.strip().split("."))
    if not equals or not all(path[:1]):
        raise ScenarioError(f"{change!r}: write KEY.PATH=VALUE, as links.home.delay_ms=5", file=_SET)
    if len(path) > 1 and path[0] in _NAMED and path[1] not in data.get(str(path[0]), {}):
        known = data.get(str(path[0]), {})
        raise ScenarioError(f"there is no {path[1]!r}; there are {', '.join(known)}", path, file=_SET)
    place: Any = data
    for key in path[:-1]:
        place = _inside(place, key, path)
    last = path[-1]
    if isinstance(place, list):
        _inside(place, last, path)
    elif not isinstance(place, dict):
        raise ScenarioError("there is no table to put it into", path, file=_SET)
    place[last] = _value(value.strip())


def _inside(place: Any, key: str | int, path: Path) -> Any:
    if isinstance(place, list):
        if not isinstance(key, int) or key >= len(place):
            raise ScenarioError(f"{key!r} is no position: the list has {len(place)} entries, from 0", path, file=_SET)
        return place[key]
    if not isinstance(place, dict):
        raise ScenarioError(f"nothing can stand inside of {place!r}", path, file=_SET)
    return place.setdefault(str(key), {})


def _value(text: str) -> Any:
    """TOML's value; where it is none, the text itself, so that shells need no second quotes."""
    try:
        return toml_text.read(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


__all__ = ["file_of", "load", "parse", "scenario_of"]

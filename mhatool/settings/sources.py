"""Where settings come from, and the strict check of what is found there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from mhatool.settings.keys import NOT_SETTINGS, SETTINGS, Setting, Value

FILE_NAME: Final = "mhatool.toml"

Origin = Literal["default", "user file", "file", "environment", "flag"]


class SettingsError(Exception):
    """A setting that can't be meant; the text is one line: where, what, what to do."""


class Sourced(NamedTuple):
    """A value and where it comes from; `place` is the file and line, or the variable."""

    value: Value
    origin: Origin
    place: str


def files() -> list[tuple[Origin, Path]]:
    """The files that are looked for, the one that counts more first."""
    import platformdirs

    return [("file", Path(FILE_NAME)), ("user file", platformdirs.user_config_path("mhatool") / FILE_NAME)]


def setting(key: str, flag: Value | None) -> Value:
    """A setting's value; `flag` is what the command line says, None where it says nothing. Raises SettingsError."""
    return flag if flag is not None else sourced(key).value


def sourced(key: str) -> Sourced:
    """What files and environment say of a setting, else its default. Raises SettingsError."""
    return _found().get(key, Sourced(SETTINGS[key].default, "default", ""))


def everything() -> dict[str, Sourced]:
    """Every setting with its value and origin. Raises SettingsError."""
    return {key: sourced(key) for key in SETTINGS}


def stray_variables() -> list[str]:
    """Variables of the environment that look like settings and are none."""
    known = {item.variable for item in SETTINGS.values()} | NOT_SETTINGS
    return sorted(name for name in os.environ if name.startswith("MHATOOL_") and name not in known)


def forget() -> None:
    """Read files and environment again when next asked."""
    _found.cache_clear()


@cache
def _found() -> Mapping[str, Sourced]:
    """All that files and environment say; read once."""
    found: dict[str, Sourced] = {}
    for origin, path in reversed(files()):
        found |= _from_file(path, origin)
    return found | _from_environment(os.environ)


# --- files ---


def _from_file(path: Path, origin: Origin) -> dict[str, Sourced]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        if is_hidden(path):
            return {}
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it isn't UTF-8"
        raise SettingsError(f"{path}: it can't be read: {reason}; let it be a TOML file that you may read") from None
    import tomllib

    from dissectors import toml_text

    try:
        data = toml_text.read(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: this isn't TOML: {error}; correct it there") from None
    found = {}
    for key, value in _flat(data):
        place = f"{path}:{_line_of(text, key)}"
        item = _known(key, place)
        checked = _checked(item, value, f"{place}: {key}")
        found[key] = Sourced(_from_folder(path.parent, item, checked), origin, place)
    return found


def is_hidden(path: Path) -> bool:
    """Whether its folder may not be looked into, as that of another user whose HOME was kept.

    Nobody can tell then whether it is there, and it counts as absent, as git's configuration does.
    """
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def _from_folder(folder: Path, item: Setting, value: Value) -> Value:
    """The value, and where it names a file, that one as seen from a settings file's folder."""
    if item.no_files and value not in item.no_files:
        return str(folder / str(value))
    return value


def _flat(data: Mapping[str, Any], head: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict) and (value or f"{head}{name}" not in _TABLES):
            yield from _flat(value, f"{head}{name}.") if value else [(f"{head}{name}", value)]
        elif not isinstance(value, dict):
            yield f"{head}{name}", value


_TABLES: Final = frozenset(key.rpartition(".")[0] for key in SETTINGS) - {""}


def _known(key: str, place: str) -> Setting:
    if key in SETTINGS:
        return SETTINGS[key]
    if key in _TABLES:
        raise SettingsError(f"{place}: {key} is a table; write [{key}] in a line of its own")
    near = get_close_matches(key, SETTINGS, n=1)
    remedy = f"did you mean {near[0]}?" if near else "`mhatool config show` lists the settings"
    raise SettingsError(f"{place}: {key} is no setting; {remedy}")


def _line_of(text: str, key: str) -> int:
    """The line on which a key of a TOML file stands, or its table where it isn't seen; 1 where neither is."""
    table, best = "", 1
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(#.*)?$", line):
            table = _plain(header[1]) + "."
            best = number if key.startswith(table) or key == table[:-1] else best
        elif (entry := re.match(r"\s*([\w.\"' -]+?)\s*=", line)) and _covers(table + _plain(entry[1]), key):
            return number
    return best


def _plain(name: str) -> str:
    return re.sub(r"[\"'\s]", "", name)


def _covers(name: str, key: str) -> bool:
    return key == name or key.startswith(name + ".")


def _checked(item: Setting, value: Any, place: str) -> Value:
    """The value where it is of the setting's type and choices. Raises SettingsError."""
    kind = type(item.default)
    good: bool
    if kind is tuple:
        good = isinstance(value, list) and all(isinstance(word, str) for word in value)
        value = tuple(value) if good else value
    else:
        good = type(value) is kind or (kind is float and type(value) is int)
    if not good or (item.choices and value not in item.choices):
        raise SettingsError(f"{place} = {_shown(value)}; give {item.wanted}")
    checked: Value = value
    return checked


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


# --- environment ---


def _from_environment(environment: Mapping[str, str]) -> dict[str, Sourced]:
    """Set and empty counts as not set; lists are separated by commas."""
    found = {}
    for key, item in SETTINGS.items():
        text = environment.get(item.variable, "")
        if text:
            value = _checked(item, _typed(item, text), item.variable)
            found[key] = Sourced(value, "environment", item.variable)
    return found


def _typed(item: Setting, text: str) -> Any:
    match item.default:
        case bool():
            return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
        case int():
            return int(text) if re.fullmatch(r"-?\d+", text) else text
        case float():
            try:
                return float(text)
            except ValueError:
                return text
        case tuple():
            return [word.strip() for word in text.split(",") if word.strip()]
        case _:
            return text

"""A node's file of keys: its security associations (RFC 4285), which nobody else may read."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_type_hints

from dissectors import toml_text
from mhatool.network.scenario.convert import convert, refuse_unknown
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.lines import key_lines, line_of

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_TABLE: Final = "associations"
_FIELDS: Final[Mapping[str, str]] = {"home_agent": "associations", "mobile_node": "security_associations"}
"""Where a role's configuration keeps them."""


def with_keys(configuration: Any, role: str, path: Path, *, required: bool) -> Any:
    """The configuration with the associations of a file; `required`: an agent refuses whoever proves nothing.

    ScenarioError where they can't be used: with file, line, key, and what to give.
    """
    field = _FIELDS.get(role)
    if field is None:
        raise ScenarioError("correspondents have no keys: return routability proves what they are told", ("keys",))
    text = _read(path)
    try:
        made = _associations(text, get_type_hints(type(configuration))[field])
    except ScenarioError as error:
        raise ScenarioError(error.what, error.path, file=str(path), line=line_of(key_lines(text), error.path)) from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"no TOML: {error}", file=str(path)) from None
    extra = {"requires_authentication": True} if role == "home_agent" and required else {}
    try:
        return replace(configuration, **{field: made}, **extra)
    except ValueError as error:
        raise ScenarioError(str(error), file=str(path)) from None


def _associations(text: str, kind: Any) -> Any:
    data = toml_text.read(text)
    refuse_unknown(data, (_TABLE,), ())
    return convert(data.get(_TABLE, []), kind, (_TABLE,))


def _read(path: Path) -> str:
    try:
        if os.stat(path).st_mode & _OTHERS:
            raise ScenarioError(f"{path} can be read by others: chmod 600 {path}", ("keys",))
        return path.read_text("utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: {(error.strerror or '').lower()}; give a file of keys", ("keys",)) from None
    except UnicodeDecodeError:
        raise ScenarioError("no UTF-8 text; give a file of keys", file=str(path)) from None


__all__ = ["with_keys"]

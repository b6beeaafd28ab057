"""`mhatool config`: the settings in force, and where each comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from mhatool.cli.app import group, subcommand
from mhatool.cli.common import JsonOption, Out, chosen_profile, warn
from mhatool.settings import SETTINGS, Sourced, everything, files, is_hidden, stray_variables

SCHEMA_ID: Final = "mhatool.config/1"

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "The settings in force",
    "type": "object",
    "required": ["schema", "settings"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": SCHEMA_ID},
        "settings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "value", "origin", "place", "variable", "meaning"],
                "additionalProperties": False,
                "properties": {
                    "key": {"type": "string", "description": "As in mhatool.toml: table.name, or name at the top"},
                    "value": {
                        "anyOf": [
                            {"type": ["string", "number", "boolean"]},
                            {"type": "array", "items": {"type": "string"}},
                        ]
                    },
                    "origin": {"enum": ["default", "user file", "file", "environment"]},
                    "place": {"type": "string", "description": "File and line, or the variable; empty for a default"},
                    "variable": {"type": "string", "description": "The environment variable that sets it"},
                    "meaning": {"type": "string"},
                },
            },
        },
    },
}

app = group(
    """Show settings and where they come from.

    Examples:
      mhatool config show           # each setting, its value and its origin
      mhatool config show --json
      mhatool config path           # the files that are looked for

    A flag wins over the environment (MHATOOL_...), that over mhatool.toml in this folder, that over the user's
    mhatool.toml, that over the default. A file holds `key = value` lines and a table for each
    command, such as [validate]. A relative name of a profile's file is meant from the folder of the
    mhatool.toml that holds it.
    """
)


@subcommand(app)
def show(json: JsonOption = False) -> None:
    """Print each setting with its value and its origin.

    Examples:
      mhatool config show
      MHATOOL_VALIDATE_FAIL_ON=warning mhatool config show --json
    """
    found = everything()
    chosen_profile(None)
    for name in stray_variables():
        warn(f"{name} in the environment is no setting")
    out = Out()
    if json:
        out.document({"schema": SCHEMA_ID, "settings": [_entry(key, item) for key, item in found.items()]})
        return
    rows = [(key, _shown(item.value), f"{item.origin} {item.place}".strip()) for key, item in found.items()]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for key, value, origin in rows:
        out.line(f"{key:{widths[0]}}  {value:{widths[1]}}  {origin}")


@subcommand(app)
def path() -> None:
    """Print the files that settings are looked for in, the one that counts more first.

    Examples:
      mhatool config path
      $EDITOR "$(mhatool config path | tail -1 | cut -f1)"
    """
    for _, file in files():
        print(f"{file}\t{_presence(file)}")


def _presence(file: Path) -> str:
    if is_hidden(file):
        return "hidden: you may not look into its folder"
    return "there" if file.is_file() else "not there"


def _entry(key: str, item: Sourced) -> dict[str, Any]:
    value = list(item.value) if isinstance(item.value, tuple) else item.value
    setting = SETTINGS[key]
    return {
        "key": key,
        "value": value,
        "origin": item.origin,
        "place": item.place,
        "variable": setting.variable,
        "meaning": setting.meaning,
    }


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)

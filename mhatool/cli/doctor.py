"""`mhatool doctor`: what this machine can do, and what to install for the rest."""

from __future__ import annotations

from typing import Any, Final

from mhatool.cli.common import JsonOption, Out, styled
from mhatool.cli.machine import Finding, examine

SCHEMA_ID: Final = "mhatool.doctor/1"

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "What a machine can do",
    "type": "object",
    "required": ["schema", "checks"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": SCHEMA_ID},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "state", "detail", "needed_by", "remedy"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "state": {"enum": ["ok", "missing"]},
                    "detail": {"type": "string", "description": "Version or place; why, where it is missing"},
                    "needed_by": {"type": "string", "description": "Commands that need it"},
                    "remedy": {"type": ["string", "null"], "description": "What to do where it is missing"},
                },
            },
        },
    },
}


def doctor(json: JsonOption = False) -> None:
    """Say what this machine can do, and what to install for the rest.

    Examples:
      mhatool doctor
      mhatool doctor --json | jq -r '.checks[] | select(.state == "missing") | .remedy'

    It looks only: nothing is installed, changed or started. The status is 0 whatever it finds.
    """
    found = examine()
    if json:
        Out().document({"schema": SCHEMA_ID, "checks": [_entry(finding) for finding in found]})
        return
    names = max(len(finding.name) for finding in found)
    for finding in found:
        state = styled(f"{finding.state:7}", "green" if finding.ok else "yellow")
        print(f"{state}  {finding.name:{names}}  {_line(finding)}".rstrip())


def _line(finding: Finding) -> str:
    if finding.ok:
        return finding.detail
    return f"{finding.detail} (for {finding.needed_by}): {finding.remedy}"


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "state": finding.state,
        "detail": finding.detail,
        "needed_by": finding.needed_by,
        "remedy": None if finding.ok else finding.remedy,
    }

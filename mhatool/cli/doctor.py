"""`mhatool doctor`: what this machine can do, and what to install for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mhatool.cli.common import JsonOption, Out, styled
from mhatool.cli.machine import STATES, Finding, examine
from mhatool.cli.node import loaded

if TYPE_CHECKING:
    from mhatool.live.configuration import LiveNode
    from mhatool.live.traps import Verdict

SCHEMA_ID: Final = "mhatool.doctor/1"

_NODES: Final = frozenset({"everything", "node run"})
"""Who needs what a node's machine has to have."""

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
                    "state": {
                        "enum": list(STATES),
                        "description": "A trap keeps live nodes from working as they should",
                    },
                    "detail": {"type": "string", "description": "Version or place; why, where it is missing"},
                    "needed_by": {"type": "string", "description": "Commands that need it"},
                    "remedy": {"type": ["string", "null"], "description": "What to do where it isn't ok"},
                },
            },
        },
    },
}


def doctor(
    config: Annotated[
        str | None, typer.Argument(metavar="[CONFIG.toml]", show_default=False, help="A node that shall run here.")
    ] = None,
    listen: Annotated[
        float, typer.Option(metavar="S", min=0, help="How long to listen for router advertisements to that node.")
    ] = 3.0,
    json: JsonOption = False,
) -> None:
    """Say what this machine can do, what to install for the rest, and what would keep nodes from working.

    Examples:
      mhatool doctor
      mhatool doctor ha1.toml      # for this node: what it needs, its interfaces, and what is advertised there
      mhatool doctor --json | jq -r '.checks[] | select(.state != "ok") | .remedy'

    It looks only: nothing is installed, changed, started or sent. The status is 0 whatever it finds.
    """
    wanted = [finding for finding in examine() if config is None or _NODES.intersection(finding.needed_by.split(", "))]
    found = [*wanted, *traps(config, listen)]
    if json:
        Out().document({"schema": SCHEMA_ID, "checks": [_entry(finding) for finding in found]})
        return
    names = max(len(finding.name) for finding in found)
    for finding in found:
        state = styled(f"{finding.state:7}", "green" if finding.ok else "yellow")
        print(f"{state}  {finding.name:{names}}  {_line(finding)}".rstrip())


def traps(config: str | None, listen: float) -> Iterator[Finding]:
    """What live nodes stumble over; with a node's file, what that one would. Fails where the file is wrong."""
    from mhatool.live.configuration import RUN_FOLDER
    from mhatool.live.facts import look
    from mhatool.live.traps import CHECKS

    live = loaded(config) if config is not None else None
    controls = (Path(RUN_FOLDER),)
    if live is not None:
        facts = look(live.file.role, live.interfaces, (*controls, live.file.control_path.parent))
    else:
        facts = look(controls=controls)
    for check in CHECKS:
        yield _finding(check.name, check.catches, check.look(facts))
    if live is not None:
        yield _finding("advertisements", live.file.role, _advertisements(live, listen, facts.nodes))


def _advertisements(live: LiveNode, listen: float, running: tuple[str, ...]) -> Verdict:
    from mhatool.live.advertised import judged
    from mhatool.live.advertised import listen as hear
    from mhatool.live.traps import Verdict

    try:
        heard = hear(live.interfaces, listen)
    except OSError as error:
        remedy = "use root" if isinstance(error, PermissionError) else "see what is said of its interfaces"
        return Verdict(f"can't listen: {(error.strerror or '').lower()}", remedy, known=False)
    return judged(live, heard, listen, runs=live.file.name in running)


def _finding(name: str, catches: str, verdict: Verdict) -> Finding:
    otherwise = "trap" if verdict.known else "unknown"
    return Finding(name, not verdict.remedy, verdict.detail, catches, verdict.remedy, otherwise)


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

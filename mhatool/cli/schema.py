"""`mhatool schema`: the JSON Schemas of what the commands print."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Final

import typer

from mhatool.cli import completing
from mhatool.cli.common import Out, fail

#: THING -> where its schema is: module, and name in it.
SCHEMAS: Final[Mapping[str, str]] = {
    "dissect": "mhatool.display.schema:SCHEMA",
    "finding": "mhatool.validate.schema:FINDING",
    "validate": "mhatool.validate.report:SCHEMA",
    "timeline": "mhatool.timeline.schema:TIMELINE",
    "tables": "mhatool.timeline.kame.document:TABLES",
    "trace": "mhatool.trace.schema:SCHEMA",
    "simulation": "mhatool.network.scenario.run:SCHEMA",
    "scenarios": "mhatool.cli.simulate:LIST_SCHEMA",
    "search": "mhatool.cli.searching:SCHEMA",
    "node": "mhatool.cli.node:SCHEMA",
    "node-change": "mhatool.cli.node:CHANGE_SCHEMA",
    "lab": "mhatool.cli.lab:SCHEMA",
    "experiment": "mhatool.lab.report:SCHEMA",
    "diff": "mhatool.compare.schema:DIFF",
    "crosscheck": "mhatool.wireshark.crosscheck:SCHEMA",
    "info": "mhatool.cli.info:SCHEMA",
    "infos": "mhatool.cli.info:LIST_SCHEMA",
    "rule": "mhatool.cli.rule:SCHEMA",
    "rules": "mhatool.cli.rule:LIST_SCHEMA",
    "doctor": "mhatool.cli.doctor:SCHEMA",
    "config": "mhatool.cli.config:SCHEMA",
}


def _outputs(incomplete: str) -> list[str]:
    """What a shell completes."""
    return completing.beginning(available(), incomplete)


def schema(
    thing: Annotated[
        str | None,
        typer.Argument(metavar="THING", help="Which output.", show_default=False, autocompletion=_outputs),
    ] = None,
) -> None:
    """Print the JSON Schema of an output, or list those that there are.

    Examples:
      mhatool schema                       # the outputs that have one
      mhatool schema finding > finding.json
      mhatool validate tour.pcap --jsonl | jq -r .schema
    """
    if thing is None:
        for name in available():
            found = schema_of(name)
            print(f"{name:9} {found['$id']:19} {found['title']}")
        return
    name = thing.removeprefix("mhatool.").partition("/")[0]
    names = available()
    if name not in names:
        near = get_close_matches(name, names, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        fail(f"there is no schema {thing!r}", remedy)
    Out().document(schema_of(name))


def available() -> list[str]:
    """The things whose modules are there."""
    return [name for name, module in SCHEMAS.items() if _is_there(module.partition(":")[0])]


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a thing."""
    module, _, attribute = SCHEMAS[name].partition(":")
    found: dict[str, Any] = getattr(importlib.import_module(module), attribute)
    return found

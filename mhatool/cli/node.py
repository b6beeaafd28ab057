"""`mhatool node`: mobile node, home agent or correspondent on this machine's interfaces."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from mhatool.cli.app import group, subcommand
from mhatool.cli.common import JsonOption, Out, fail

app = group(
    """Run mobile nodes, home agents and correspondents on real interfaces, and ask them how they are.

    Examples:
      mhatool node example ha > ha1.toml   # a file to start from
      mhatool node run ha1.toml            # until Ctrl-C or SIGTERM
      mhatool node show bindings           # in another terminal
    """
)

ConfigArgument = Annotated[str, typer.Argument(metavar="CONFIG.toml", show_default=False)]
NodeOption = Annotated[
    str | None, typer.Option("--node", metavar="NAME", help="Which one, where several run on this machine.")
]


class Role(StrEnum):
    """What `example` prints a file for."""

    MN = "mn"
    HA = "ha"
    CN = "cn"


class What(StrEnum):
    """What `show` shows."""

    BINDINGS = "bindings"
    UPDATES = "updates"
    AGENTS = "agents"
    STATS = "stats"
    LOG = "log"


@subcommand(app)
def run(config: ConfigArgument) -> None:
    """Run a node until SIGTERM or Ctrl-C; then it deregisters, or hands over, and removes all that it made.

    Examples:
      mhatool node example ha > ha1.toml
      mhatool node check ha1.toml
      mhatool node run ha1.toml
    """
    import logging

    from mhatool.live.errors import LiveError, need_pyroute2

    live = loaded(config)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=f"{live.file.name}: %(message)s")
    try:
        need_pyroute2()
        from mhatool.live.run import run as run_live

        run_live(live, lambda _: logging.getLogger("mhatool.live").info("up"))
    except LiveError as error:
        fail(str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        what = (error.strerror or str(error)).lower()
        fail(f"{live.file.name} can't go on: {place}{what}", "MHATOOL_TRACEBACK=1 shows where")


@subcommand(app)
def check(config: ConfigArgument) -> None:
    """Say whether a node could be run with this file; nothing is started.

    Examples:
      mhatool node check ha1.toml
      mhatool node check ha1.toml && mhatool node run ha1.toml
    """
    live = loaded(config)
    from mhatool.live.configuration import shown_addresses

    addresses = ", ".join(shown_addresses(live))
    print(f"{config}: {live.file.role} {live.file.name}, {addresses}, on {', '.join(live.interfaces)}: sound")


@subcommand(app)
def example(role: Annotated[Role, typer.Argument(metavar="mn|ha|cn", show_default=False)]) -> None:
    """Print a configuration to start from.

    Examples:
      mhatool node example ha > ha1.toml
      mhatool node example mn > mn.toml
    """
    from mhatool.live.examples import EXAMPLES

    sys.stdout.write(EXAMPLES[role.value])


@subcommand(app)
def show(
    what: Annotated[What, typer.Argument(metavar="bindings|updates|agents|stats|log", show_default=False)],
    node: NodeOption = None,
    json: JsonOption = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again and again, until Ctrl-C; with --json a record a change.")
    ] = False,
) -> None:
    """Show a running node's binding cache, Binding Update List, home agents, counters, or what happened last.

    Examples:
      mhatool node show bindings
      mhatool node show stats --node ha1 --json
      mhatool node show bindings --watch --json | jq -r 'select(.change == "gone") | .home_address'
    """
    if watch:
        from mhatool.cli.watch import watch as watch_table

        watch_table(socket_of(node), what.value, json)
        return
    answer = _asked(node, {"command": "show", "what": what.value})
    if json:
        Out().document(answer)
        return
    for line in lines_of(answer[what.value]):
        print(line)


@subcommand(app)
def reload(node: NodeOption = None) -> None:
    """Let a running node read its file again, as SIGHUP does; where it is wrong, or asks too much, nothing changes.

    Examples:
      mhatool node reload --node ha1
      mhatool node reload && mhatool node show stats
    """
    answer = _asked(node, {"command": "reload"})
    print(f"{answer['node']}: {', '.join(answer['changed']) or 'nothing is otherwise'}")


@subcommand(app)
def stop(node: NodeOption = None) -> None:
    """Tell a running node to leave in an orderly way.

    Examples:
      mhatool node stop --node mn
      mhatool node stop
    """
    answer = _asked(node, {"command": "stop"})
    print(f"{answer['node']} leaves")


def loaded(config: str) -> Any:
    """What a node's file says; fails where it is wrong."""
    from mhatool.live.configuration import load
    from mhatool.network.scenario.errors import ScenarioError

    try:
        return load(config)
    except ScenarioError as error:
        fail(str(error))


def _asked(node: str | None, question: dict[str, Any]) -> dict[str, Any]:
    from mhatool.live.control import ask
    from mhatool.live.errors import LiveError

    try:
        return ask(socket_of(node), question)
    except LiveError as error:
        fail(str(error))


def socket_of(node: str | None) -> Path:
    """The named node's socket, those of labs among them, or that of the only one that runs."""
    from mhatool.live.configuration import RUN_FOLDER
    from mhatool.live.control import is_answered

    if node is not None and "/" in node:
        return Path(node)
    folder = Path(RUN_FOLDER)
    found = sorted([*folder.glob(f"{node or '*'}.sock"), *folder.glob(f"lab/*/{node or '*'}.sock")])
    if len(found) > 1:
        found = [path for path in found if is_answered(path)] or found[:1]  # some may be left of nodes that were killed
    if len(found) == 1:
        return found[0]
    if found:
        fail(f"several nodes run here: {', '.join(map(str, found))}", "name one's socket: --node PATH")
    return fail(f"no node {node or ''} runs here".replace("  ", " "), "start one: mhatool node run CONFIG.toml")


def lines_of(rows: Any) -> list[str]:
    """A table as text, a row a line; `none` where it is empty."""
    if isinstance(rows, dict):
        return [f"{title}: {_pairs(counts) or 'nothing'}" for title, counts in rows.items()]
    return [_pairs(row) for row in rows] or ["none"]


def _pairs(row: dict[str, Any]) -> str:
    return "  ".join(f"{key} {value}" for key, value in row.items() if value not in ("", None, False))


SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "mhatool.node/1",
    "title": "What a running node answers",
    "type": "object",
    "required": ["schema", "node", "role", "time_ns"],
    "properties": {
        "schema": {"const": "mhatool.node/1"},
        "node": {"type": "string"},
        "role": {"enum": ["mobile_node", "home_agent", "correspondent"]},
        "time_ns": {"type": "integer"},
        **{what.value: {"type": ["array", "object"]} for what in What},
    },
}
CHANGE_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "mhatool.node-change/1",
    "title": "A change in a table of a running node",
    "type": "object",
    "required": ["schema", "node", "role", "time_ns", "what", "change"],
    "properties": {
        **{name: SCHEMA["properties"][name] for name in ("node", "role", "time_ns")},
        "schema": {"const": "mhatool.node-change/1"},
        "what": {"enum": [what.value for what in What]},
        "change": {
            "enum": ["is", "gone", "event"],
            "description": "The row is so from now on, has gone, or something has happened",
        },
    },
}

"""`mhatool lab`: the paper's testbed in network namespaces, with real routers and real nodes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from mhatool.cli import completing
from mhatool.cli.app import group, subcommand
from mhatool.cli.common import JsonOption, Out, exclusive, fail
from mhatool.cli.lab_words import command_in, lab_and, lab_named, one_of

app = group(
    """Bring the paper's testbed up in network namespaces, change it, and take it down again.

    Examples:
      mhatool lab run paper           # the paper's experiment, measured, with a report
      mhatool lab deploy paper        # real routers, until mhatool lab destroy paper
      mhatool lab move mn foreign3    # and: mhatool lab exec cn ping -c 3 2001:db8:2:0:0:5eff:fe10:1
    """
)

TopologyArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME|TOPOLOGY.toml",
        help="A built-in topology, or a file.",
        show_default=False,
        autocompletion=completing.topologies,
    ),
]
LabOption = Annotated[
    str | None, typer.Option("--lab", metavar="NAME", help="Which one, where several stand.", show_default=False)
]
NameArgument = Annotated[
    str | None, typer.Argument(metavar="NAME", help="Which one, where several stand.", show_default=False)
]
NodeArgument = Annotated[list[str], typer.Argument(metavar="[NAME] NODE", show_default=False)]


class How(StrEnum):
    """How a node fails."""

    CRASH = "crash"
    LINK = "link"
    SILENT = "silent"
    STOP = "stop"


@subcommand(app)
def deploy(
    topology: TopologyArgument = "paper",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the commands, run none.")] = False,
) -> None:
    """Make namespaces, links, routers and nodes.

    Examples:
      mhatool lab deploy paper
      mhatool lab deploy paper --dry-run
    """
    from mhatool.cli.lab_run import ended_by_signals
    from mhatool.lab.lab import Lab
    from mhatool.lab.lab import dry_run as commands
    from mhatool.live.errors import need_pyroute2

    with _told():
        plan = _topology(topology)
        if dry_run:
            for line in commands(plan):
                print(line)
            return
        _need_root()
        need_pyroute2()
        with ended_by_signals():
            Lab(plan).deploy()
    print(f"lab {plan.name} stands: {', '.join(plan.nodes)}; mhatool lab destroy {plan.name} removes it")


@subcommand(app)
def destroy(name: Annotated[str | None, typer.Argument(metavar="NAME", show_default=False)] = None) -> None:
    """Take a lab down: whatever of it is there, also after a crash.

    Examples:
      mhatool lab destroy paper
      mhatool lab destroy             # the only one that stands
    """
    from mhatool.cli.lab_run import undisturbed
    from mhatool.lab.lab import meant
    from mhatool.lab.remains import remove

    _need_root()
    with _told(), undisturbed():
        known = meant(name)
        remove(known)
    print(f"lab {known} is gone")


@subcommand(app)
def inspect(name: NameArgument = None, lab: LabOption = None, json: JsonOption = False) -> None:
    """Say what stands and runs.

    Examples:
      mhatool lab inspect
      mhatool lab inspect paper --json | jq .processes
    """
    with _told():
        found = lab_named(one_of(name, lab)).inspect()
    if json:
        Out().document({"schema": SCHEMA["$id"], **found})
        return
    print(f"{found['name']}: {len(found['namespaces'])} namespaces")
    for process, runs in found["processes"].items():
        print(f"  {process:10} {'runs' if runs else 'has ended'}")


@subcommand(app, "exec", {"ignore_unknown_options": True, "allow_interspersed_args": False})
def execute(
    words: Annotated[list[str], typer.Argument(metavar="[NAME] NODE COMMAND...", show_default=False)],
    lab: LabOption = None,
) -> None:
    """Run a command in a node's namespace; its status is this one's.

    What comes first is a lab's name where it is one and a node of that lab follows.

    Examples:
      mhatool lab exec cn ping -c 3 2001:db8:2:0:0:5eff:fe10:1
      mhatool lab exec paper mn ip -6 route
    """
    from mhatool.lab.commands import inside
    from mhatool.programs import environment

    _need_root()
    with _told():
        chosen, node, command = command_in(words, lab)
        chosen.node(node)
    whole = inside(chosen.topology.name, node, *command)
    sys.stdout.flush()
    os.execvpe(whole[0], whole, environment())


@subcommand(app)
def move(
    words: Annotated[
        list[str], typer.Argument(metavar="[NAME] NODE LINK", help='LINK: "" for none.', show_default=False)
    ],
    interface: Annotated[
        str,
        typer.Option(
            "--interface",
            metavar="NAME",
            help="Of a node that has several: not the first one, but this.",
            show_default=False,
        ),
    ] = "",
    lab: LabOption = None,
) -> None:
    """Attach a node to another link.

    Examples:
      mhatool lab move mn foreign3
      mhatool lab move paper mn ""
    """
    _need_root()
    with _told():
        chosen, (node, link) = lab_and(words, ("NODE", "LINK"), lab)
        moved = chosen.move(node, link, interface)
        is_one_of_several = len(chosen.node(node).interfaces) > 1
    print(f"{node}{f' ({moved})' if is_one_of_several else ''} is on {link or 'no link'}")


@subcommand(app, "fail")
def break_(
    words: NodeArgument,
    how: Annotated[
        How, typer.Option(help="Killed with its links down, links down, hanging, or asked to leave.")
    ] = How.CRASH,
    lab: LabOption = None,
) -> None:
    """Let a node fail.

    Examples:
      mhatool lab fail ha1
      mhatool lab fail ha1 --how silent
    """
    _need_root()
    with _told():
        chosen, (node,) = lab_and(words, ("NODE",), lab)
        chosen.fail(node, how.value)
    print(f"{node}: {how.value}")


@subcommand(app)
def recover(words: NodeArgument, lab: LabOption = None) -> None:
    """Bring a node back that failed: its links up, what ran in it started again.

    Examples:
      mhatool lab recover ha1
      mhatool lab recover paper ha1
    """
    _need_root()
    with _told():
        chosen, (node,) = lab_and(words, ("NODE",), lab)
        chosen.recover(node)
    print(f"{node} is back")


@subcommand(app)
def impair(
    words: Annotated[list[str], typer.Argument(metavar="[NAME] LINK", show_default=False)],
    delay: Annotated[float, typer.Option("--delay", metavar="MS", help="Each frame comes so much later.")] = 0.0,
    loss: Annotated[float, typer.Option("--loss", metavar="PCT", help="So many of a hundred don't come.")] = 0.0,
    clear: Annotated[bool, typer.Option("--clear", help="As it was.")] = False,
    lab: LabOption = None,
) -> None:
    """Let a link delay and lose what passes on it, in each direction; a process in user space carries it.

    Examples:
      mhatool lab impair foreign3 --delay 20 --loss 5
      mhatool lab impair foreign3 --clear
    """
    from mhatool.lab.hub import Impairment

    exclusive(clear=clear, delay=delay or None)
    exclusive(clear=clear, loss=loss or None)
    try:
        wanted = Impairment(delay_ms=delay, loss_percent=loss)
    except ValueError as error:
        fail(str(error))
    if not wanted and not clear:
        fail("neither --delay nor --loss is given", "give one of them, or --clear")
    _need_root()
    with _told():
        chosen, (link,) = lab_and(words, ("LINK",), lab)
        chosen.impair(link, wanted)
    print(f"{link}: {wanted.told}")


@subcommand(app)
def capture(
    output: Annotated[str, typer.Option("--write", "-w", metavar="OUT", show_default=False)],
    name: NameArgument = None,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", min=0.1, help="For so long.")] = 10.0,
    links: Annotated[
        list[str] | None, typer.Option("--link", metavar="LINK", help="Of these only; repeatable.")
    ] = None,
    lab: LabOption = None,
) -> None:
    """Capture what passes on all links, or on some.

    Examples:
      mhatool lab capture -w home.pcapng --link home --seconds 30
      mhatool lab capture -w - --seconds 60 | mhatool dissect -
    """
    from mhatool.capture import open_output

    _need_root()
    with _told():
        chosen = lab_named(one_of(name, lab))
        with open_output(output) as stream:
            chosen.capture(stream, tuple(links or ()), seconds)


@subcommand(app)
def run(
    experiment: Annotated[
        str,
        typer.Argument(
            metavar="NAME|EXPERIMENT.toml",
            help="A built-in experiment, or a file.",
            autocompletion=completing.experiments,
        ),
    ] = "paper",
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR", help="Where the report goes; lab-NAME, if not said.")
    ] = None,
    json: JsonOption = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab standing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it as a table in the terminal meanwhile.")] = False,
    name: Annotated[str, typer.Option("--lab", metavar="NAME", help="Call the lab so.", show_default=False)] = "",
) -> None:
    """Deploy a lab, do what the experiment says, measure, take the lab down, write a report.

    Built in are paper, moves, failure, failure-one-armed and failure-slow. The report is HTML and JSON, with captures
    of each link, the trace of all nodes, their logs and what became of each packet of the traffic beside it.

    Examples:
      mhatool lab run paper
      mhatool lab run failure --watch
      mhatool lab run moves --out moves && firefox moves/report.html
    """
    from mhatool.live.errors import need_pyroute2

    _need_root()
    with _told():
        from mhatool.cli.lab_run import run_experiment

        need_pyroute2()
        run_experiment(experiment, out, name, json=json, keep=keep, watch=watch)


@subcommand(app)
def graph(topology: TopologyArgument = "paper") -> None:
    """Print a topology as a Mermaid diagram.

    Examples:
      mhatool lab graph paper
      mhatool lab graph mine.toml > mine.mmd
    """
    with _told():
        plan = _topology(topology)
    print("graph LR")
    for link in plan.links:
        print(f"    {link}(({link}))")
    for node, each in plan.nodes.items():
        for key, interface in each.interfaces.items():
            print(f"    {node}[{node}] ---|{key}| {interface.link}")


# --- what they share ---


@contextmanager
def _told() -> Iterator[None]:
    """What can't be done becomes one line."""
    from mhatool.lab.lab import LabError
    from mhatool.live.errors import LiveError
    from mhatool.network.scenario.errors import ScenarioError

    try:
        yield
    except (LabError, LiveError, ScenarioError) as error:
        fail(str(error))


def _topology(name: str) -> Any:
    from mhatool.lab.topology import load

    return load(name)


def _need_root() -> None:
    if os.geteuid() != 0:
        fail(
            "a lab is made of network namespaces, which only root may make and change",
            "use sudo, or `mhatool simulate tour`",
        )


SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "mhatool.lab/1",
    "title": "A lab, and what runs in it",
    "type": "object",
    "required": ["schema", "name", "namespaces", "processes"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": "mhatool.lab/1"},
        "name": {"type": "string"},
        "namespaces": {"type": "array", "items": {"type": "string"}},
        "processes": {"type": "object", "additionalProperties": {"type": "boolean"}},
    },
}

"""`mhatool simulate` and `mhatool scenarios`: networks that happen, and those that come with the package."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mhatool.cli import completing
from mhatool.cli.common import JsonOption, Out, exclusive, fail, styled, warn

if TYPE_CHECKING:
    from mhatool.network.scenario.run import Run

_MOST_SHOWN = 40


ScenarioArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SCENARIO",
        help="A TOML file, or the name of a built-in one.",
        show_default=False,
        autocompletion=completing.scenarios,
    ),
]
WriteOption = Annotated[str | None, typer.Option("--write", "-w", metavar="OUT", help="Capture what passes.")]
TraceOption = Annotated[str | None, typer.Option(metavar="OUT", help="Write the nodes' own events, a line each.")]
SeedOption = Annotated[int | None, typer.Option(metavar="N", help="Of all chance; the scenario's by default.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="A.B=C", help="Change a value of the scenario; repeatable.")
]
VantageOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Capture at this node or link only; repeatable.")
]
NamesOption = Annotated[
    str | None, typer.Option(metavar="OUT", help="Write how the nodes are called, for `timeline --names`.")
]
SearchOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="In place of a scenario: N networks drawn from seeds, from --seed on."),
]
KeepOption = Annotated[
    str | None, typer.Option(metavar="N,N", help="With --search 1: only these events happen, by number; or none.")
]


def simulate(
    scenario: ScenarioArgument = None,
    write: WriteOption = None,
    trace: TraceOption = None,
    seed: SeedOption = None,
    changes: SetOption = None,
    vantage: VantageOption = None,
    names: NamesOption = None,
    search: SearchOption = None,
    keep: KeepOption = None,
    json: JsonOption = False,
) -> None:
    """Let a network happen: mobile nodes, home agents, correspondents and routers in virtual time.

    The same scenario and seed give the same octets. What happened is told in a few lines, unless the capture or the
    trace goes to standard output.

    Examples:
      mhatool simulate tour -w tour.pcapng --trace tour.jsonl
      mhatool simulate lossy --seed 7 --set links.foreign1.loss=0.5
      mhatool simulate --search 100 --seed 1
    """
    outputs = {"write": write, "trace": trace, "names": names}
    _refuse_clashes(outputs, json)
    if search is not None or keep is not None:
        if scenario is not None:
            fail(f"--search and --keep draw their networks, and {scenario} is another one", "leave one of them out")
        for others in ({"set": changes}, {"vantage": vantage}, {"names": names}):
            exclusive(search=True, **{name: value or None for name, value in others.items()})
        _search(search or 1, 1 if seed is None else seed, keep, json, outputs)
        return
    if scenario is None:
        fail("no SCENARIO is given", "give a TOML file or a name; `mhatool scenarios` lists them")
    run = _happen(scenario, outputs, seed, changes or [], vantage or [])
    if "-" not in outputs.values():
        _tell(run, json)
    _warn_of_failed_expectations(run)


def _happen(
    scenario: str, outputs: dict[str, str | None], seed: int | None, changes: list[str], vantage: list[str]
) -> Run:
    """Run it, with what it writes going to the files that are named."""
    from mhatool.network.scenario import ScenarioError, file_of, load
    from mhatool.network.scenario.naming import names_file
    from mhatool.network.scenario.run import Run

    with ExitStack() as stack:
        try:
            plan = load(scenario, changes)
            to = _open(stack, outputs, file_of(scenario))
            run = Run(plan, seed, to.get("write"), tuple(vantage), to.get("trace"))
        except ScenarioError as error:
            fail(str(error))
        _warn_of_what_is_left_out(run)
        if "names" in to:
            to["names"].write(names_file(plan).encode())
        run.happen()
    return run


def _search(count: int, seed: int, keep: str | None, json: bool, outputs: dict[str, str | None]) -> None:
    """Search for faults: seeds in place of a scenario."""
    from mhatool.cli.searching import search

    written = {what: path for what, path in outputs.items() if path}
    if count != 1 and (written or keep is not None):
        fail("--write, --trace and --keep are for one seed", "give --search 1 and its --seed")
    with ExitStack() as stack:
        to = _open(stack, written)
        search(count, seed, keep, json, to, quiet="-" in written.values())


def _refuse_clashes(outputs: dict[str, str | None], json: bool) -> None:
    on_the_pipe = [what for what, path in outputs.items() if path == "-"]
    if len(on_the_pipe) > 1:
        fail(f"both --{on_the_pipe[0]} and --{on_the_pipe[1]} would go to standard output", "give one of them a file")
    if json and on_the_pipe:
        fail(f"--json and --{on_the_pipe[0]} - contradict each other", "give one of them")
    places: dict[str, str] = {}
    for what, path in outputs.items():
        if path is not None and path != os.devnull:
            other = places.setdefault(os.path.realpath(path), what)
            if other != what:
                fail(f"--{other} and --{what} name one file, {path}", "give each its own")


def _open(stack: ExitStack, outputs: Mapping[str, str | None], *inputs: os.PathLike[str]) -> dict[str, Any]:
    """What is written, each where it goes; none of it may be one of these inputs."""
    from mhatool.capture import open_output

    return {
        what: stack.enter_context(open_output(path, inputs=inputs, text=what != "write"))
        for what, path in outputs.items()
        if path
    }


def _tell(run: Run, json: bool) -> None:
    from mhatool.capture.errors import one_line

    out = Out()
    document = run.document()
    if json:
        out.document(document)
        return
    out.line(styled(one_line(document["title"]), "bold"))
    for line in _lines(document):
        out.line(one_line(line))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    """The summary for people, behind the title; names in it are the scenario's, whatever is in them."""
    frames = sum(document["links"].values())
    yield (
        f"{document['duration_s']:g} s of {document['profile']}, seed {document['seed']}: "
        f"{document['machines']} machines on {len(document['links'])} links, {frames:,} frames"
    )
    yield from _written(document)
    story = sorted([*_moves(document), *_bindings(document)], key=lambda told: told[0])
    for at_s, words in story[:_MOST_SHOWN]:
        yield f"  {at_s:10.3f} s  {words}"
    if len(story) > _MOST_SHOWN:
        yield f"  and {len(story) - _MOST_SHOWN:,} moves and changes of bindings more"
    for title in ("sent", "dropped", "refused", "lost"):
        if document[title]:
            yield f"{title + ':':9}" + ", ".join(f"{count:,} {name}" for name, count in document[title].items())
    for flow in document["flows"]:
        yield (
            f"traffic: {flow['name']}: {flow['sender']} to {flow['receiver']}, {flow['sent']:,} sent, "
            f"{flow['sent'] - flow['received']:,} lost, {flow['duplicated']:,} extra copies, "
            f"at most {flow['longest_delay_s'] * 1000:.1f} ms"
        )
    yield from map(_recovery, document["recoveries"])
    held = sum(each["holds"] for each in document["expectations"])
    if document["expectations"]:
        yield f"expected: {held} of {len(document['expectations'])} hold"


def _written(document: dict[str, Any]) -> Iterator[str]:
    """What the capture holds, where that isn't all."""
    written = document["written"]
    if written is not None and written["places"] != list(document["links"]):
        yield f"written: {written['frames']:,} frames, what {' and '.join(written['places'])} saw; --vantage chooses"


def _recovery(found: dict[str, Any]) -> str:
    """How the mobile nodes of a home agent that failed got on, and what it cost."""
    what = f"failure: {found['node']}, {found['how']} at {found['at_s']:g} s"
    if not found["mobile_nodes"]:
        return f"{what}: no mobile node was registered with it"
    told = f", the last one told after {found['told_after_s'][1]:.3f} s" if found["told"] else ""
    home = f", {found['at_home']:,} went home" if found["at_home"] else ""
    again = f" after {found['recovered_after_s'][1]:.3f} s" if found["recovered"] else ""
    what += f": {found['recovered']:,} of {found['mobile_nodes']:,} mobile nodes had all agents again"
    until = "until the end" if found["again_at_s"] is None else "until its next failure"
    if found["recovered"] + found["at_home"] == found["mobile_nodes"]:
        until = "until then"
    return (
        f"{what}{again}{home}{told}; cost {until}: {sum(found['messages'].values()):,} messages, "
        f"{found['alarms']:,} of them Home Agent Unreachable, {found['message_octets']:,} octets"
    )


def _moves(document: dict[str, Any]) -> Iterator[tuple[float, str]]:
    for move in document["moves"]:
        yield move["at_s"], f"{move['node']} {'goes to ' + move['link'] if move['link'] else 'leaves its link'}"


def _bindings(document: dict[str, Any]) -> Iterator[tuple[float, str]]:
    for each in document["bindings"]:
        where = f"is at {each['care_of_address']}" if each["care_of_address"] else "has no binding any more"
        yield each["at_s"], f"{each['node']}: {each['home_address']} {where}"


def _warn_of_what_is_left_out(run: Run) -> None:
    """What a shorter duration than the file's cuts off: nothing of it fails, nor holds."""
    from mhatool.network.scenario.left_out import left_out

    counts = zip(("event", "expectation"), left_out(run.scenario), strict=True)
    told = [f"{count:,} {what}{'s' * (count > 1)}" for what, count in counts if count]
    if told:
        warn(f"the run ends after {run.scenario.duration_s:g} s, and leaves out what comes later: {' and '.join(told)}")


def _warn_of_failed_expectations(run: Run) -> None:
    for verdict in run.chronicle.verdicts:
        if not verdict.holds:
            at = (verdict.time_ns - run.build.start_ns) / 1e9
            warn(f"after {at:g} s, {verdict.node}: expected {verdict.expected}, seen {verdict.seen}")


def scenarios(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Print its file.", show_default=False, autocompletion=completing.scenarios),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the built-in scenarios, or print the file of one: a start for one of your own.

    Examples:
      mhatool scenarios
      mhatool scenarios tour > mine.toml
    """
    from mhatool.network.scenario import built_in_names, built_in_path, load

    if name is not None:
        path = built_in_path(name)
        if path is None:
            near = get_close_matches(name, built_in_names(), n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(built_in_names())}"
            fail(f"there is no scenario {name!r}", remedy)
        sys.stdout.write(path.read_text("utf-8"))
        return
    out = Out("json" if json else "text")
    found = [(each, load(each)) for each in built_in_names()]
    if json:
        listed = [{"name": each, "title": plan.title, "description": plan.description} for each, plan in found]
        out.document({"schema": LIST_SCHEMA["$id"], "scenarios": listed})
        return
    width = max(len(each) for each, _ in found)
    for each, plan in found:
        out.line(f"{each:{width}} {plan.title}")


LIST_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "mhatool.scenarios/1",
    "title": "The built-in scenarios",
    "type": "object",
    "required": ["schema", "scenarios"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": "mhatool.scenarios/1"},
        "scenarios": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "title", "description"],
                "additionalProperties": False,
                "properties": {key: {"type": "string"} for key in ("name", "title", "description")},
            },
        },
    },
}

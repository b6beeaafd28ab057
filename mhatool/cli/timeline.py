"""`mhatool timeline`: what became of each binding."""

from __future__ import annotations

import json as json_
import shutil
import sys
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from mhatool.cli.common import FilesArgument, JsonOption, ProfileOption, chosen_profile, exclusive, fail, use_color
from mhatool.cli.live import live
from mhatool.cli.reading import in_all, sources
from mhatool.settings import setting

if TYPE_CHECKING:
    from mhatool.capture import CaptureReader
    from mhatool.timeline import Timeline

Style = Literal["text", "table", "json", "kame", "kame-log"]
_WIDTH_OF_A_FILE: Final = 100
_OF_A_NODE: Final = ("kame", "kame-log")


@live
def timeline(
    files: FilesArgument,
    style: Annotated[
        Style | None, typer.Option(metavar="STYLE", help="text (default), table, json, kame or kame-log.")
    ] = None,
    json: JsonOption = False,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Tables at an instant: RFC 3339, +S from the start, or #FRAME.")
    ] = None,
    node: Annotated[str | None, typer.Option(metavar="NODE", help="Whose: an address, or a name.")] = None,
    names: Annotated[
        str | None, typer.Option(metavar="FILE", help="Names of addresses and interfaces, and clocks: TOML.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Write to a file; - is standard output.")
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Tell what became of each binding: spans at each home agent, moves, failures, findings.

    Several captures are taken for several views of one network at one time: don't mix runs. The styles kame and
    kame-log show one node as the paper does: its binding tables at an instant, and a mobile node's kernel log.

    Examples:
      mhatool timeline tour.pcap
      mhatool timeline mn.pcap ha.pcap --style text -o story.txt
      mhatool timeline tour.pcap --style table
      mhatool timeline tour.pcap --json | jq .gaps
      mhatool timeline paper.pcapng --profile kame2003 --names names.toml --style kame --node ha1 --at +80
    """
    exclusive(style=style, json=json)
    form = "json" if json else str(setting("timeline.style", style))
    to_file = output not in (None, "-")
    if form in _OF_A_NODE:
        text = _of_a_node(form, files, profile, names, node, at)
    elif at is not None or node is not None:
        fail("--at and --node show one node's tables", "give --style kame, or kame-log with --node alone")
    else:
        text = _of_all(form, files, profile, to_file=to_file)
    if to_file:
        _write(str(output), files, text)
    else:
        sys.stdout.write(text)


def _of_all(form: str, files: list[str], profile: str | None, *, to_file: bool) -> str:
    made = _build(files, profile, for_people=form != "json")
    if form == "json":
        from mhatool.timeline import as_json

        return json_.dumps(as_json(made), indent=2, ensure_ascii=False) + "\n"
    seen = sys.stdout.isatty() and not to_file
    width = shutil.get_terminal_size().columns if seen else _WIDTH_OF_A_FILE
    return _drawn(made, form, width, color=not to_file and use_color(sys.stdout))


def _of_a_node(
    form: str, files: list[str], profile: str | None, names: str | None, node: str | None, at: str | None
) -> str:
    from mhatool.cli import kame

    if form == "kame":
        return kame.tables(files, profile, names, node, at)
    if at is not None:
        fail("--at: --style kame-log is the whole log", "leave it out, or take --style kame")
    return kame.log(files, profile, names, node)


def _drawn(made: Timeline, form: str, width: int, *, color: bool) -> str:
    if form == "table":
        from mhatool.timeline.table import as_table

        return as_table(made, width=width, color=color)
    from mhatool.timeline import as_text

    return as_text(made, width=width)


def _build(files: list[str], profile: str | None, *, for_people: bool) -> Timeline:
    """One pass over the packets for observer and judge."""
    from mhatool.exchange import sightings
    from mhatool.exchange.wanted import traffic
    from mhatool.observe import Observer
    from mhatool.timeline import build
    from mhatool.validate import Judge

    chosen = chosen_profile(profile)
    observer, judge = Observer(), Judge(chosen)
    findings = []
    readers: list[CaptureReader] = []
    for sighting in sightings(sources(files, for_people=for_people, sieve=traffic(chosen), readers=readers), chosen):
        observer.see(sighting)
        findings += judge.see(sighting)
    tally = in_all(readers)
    observer.covers(tally.packets.total(), tally.first_ns, tally.last_ns)
    judge.until(tally.last_ns)
    findings += judge.finish()
    return build(observer, sorted(findings, key=lambda finding: finding.order))


def _write(path: str, files: list[str], text: str) -> None:
    from mhatool.capture import open_output

    try:
        with open_output(path, inputs=files, text=True) as out:
            out.write(text.encode("utf-8", "backslashreplace"))
    except BrokenPipeError:
        fail("its reader has gone", "name a file", path)

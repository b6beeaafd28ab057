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

Style = Literal["text", "table", "json"]
_WIDTH_OF_A_FILE: Final = 100


@live
def timeline(
    files: FilesArgument,
    style: Annotated[Style | None, typer.Option(metavar="STYLE", help="text (default), table or json.")] = None,
    json: JsonOption = False,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Write to a file; - is standard output.")
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Tell what became of each binding: spans at each home agent, moves, failures, findings.

    Several captures are taken for several views of one network at one time: don't mix runs.

    Examples:
      mhatool timeline tour.pcap
      mhatool timeline mn.pcap ha.pcap --style text -o story.txt
      mhatool timeline tour.pcap --style table
      mhatool timeline tour.pcap --json | jq .gaps
    """
    exclusive(style=style, json=json)
    form = "json" if json else str(setting("timeline.style", style))
    to_file = output not in (None, "-")
    made = _build(files, profile, for_people=form != "json")
    if form == "json":
        from mhatool.timeline import as_json

        text = json_.dumps(as_json(made), indent=2, ensure_ascii=False) + "\n"
    else:
        seen = sys.stdout.isatty() and not to_file
        width = shutil.get_terminal_size().columns if seen else _WIDTH_OF_A_FILE
        text = _drawn(made, form, width, color=not to_file and use_color(sys.stdout))
    if to_file:
        _write(str(output), files, text)
    else:
        sys.stdout.write(text)


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

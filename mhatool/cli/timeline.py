"""`mhatool timeline`: what became of each binding."""

from __future__ import annotations

import json as json_
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from mhatool.cli.common import FilesArgument, JsonOption, ProfileOption, chosen_profile, exclusive, fail, use_color
from mhatool.cli.live import live
from mhatool.cli.order import told_of_disorder
from mhatool.cli.other_profile import tell_of_another
from mhatool.cli.reading import ended_by_interrupts, in_all, sources
from mhatool.cli.tracing import names_of, read_names, trace_among
from mhatool.settings import setting

if TYPE_CHECKING:
    from mhatool.capture import CaptureReader
    from mhatool.exchange import Sighting
    from mhatool.timeline import Timeline
    from mhatool.timeline.flow import Arrows
    from mhatool.trace import Trace

Style = Literal["text", "table", "ladder", "mermaid", "svg", "html", "json", "kame", "kame-log"]
_WIDTH_OF_A_FILE: Final = 100
_OF_A_NODE: Final = ("kame", "kame-log")
_OF_MESSAGES: Final = ("ladder", "mermaid", "svg", "html")
"""Styles that show each message."""
_OF_ALL_TIME: Final = (*_OF_MESSAGES, "kame-log")

AtOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Tables at an instant: RFC 3339, +S from the start, or #FRAME.")
]
NodeOption = Annotated[str | None, typer.Option(metavar="NODE", help="Whose: an address, or a name.")]
NamesOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="Names of addresses and interfaces, and clocks: TOML.")
]


@live
def timeline(
    files: FilesArgument,
    style: Annotated[
        Style | None,
        typer.Option(
            metavar="STYLE", help="text (default), table, ladder, mermaid, svg, html, json, kame or kame-log."
        ),
    ] = None,
    json: JsonOption = False,
    at: AtOption = None,
    node: NodeOption = None,
    names: NamesOption = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Write to a file; - is standard output.")
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Tell what became of each binding: spans at each home agent, moves, failures, findings.

    Several captures are taken for several views of one network at one time: don't mix runs. A trace stands alone.
    With --at, --node or both it is a node's binding tables at an instant, as the paper prints them or as JSON.
    The styles ladder, mermaid, svg and html show each message, with --node one node's. kame-log is a mobile node's
    kernel log, as in the paper's appendix.

    Examples:
      mhatool timeline tour.pcap
      mhatool timeline tour.pcap --node 2001:db8:1::1 --at +80
      mhatool simulate paper --trace - | mhatool timeline - --style kame-log --node mn
    """
    exclusive(style=style, json=json)
    form = "json" if json else _form(style, at)
    files = ended_by_interrupts(files)
    to_file = output not in (None, "-")
    if form in _OF_MESSAGES and at is not None:
        fail(f"--at: --style {form} is about all the time", "leave it out, or take --style kame")
    if form in _OF_A_NODE or at is not None or (node is not None and form not in _OF_MESSAGES):
        text = _of_a_node(form, files, profile, names, node, at)
    else:
        text = _of_all(form, files, profile, names, node, to_file=to_file)
    if to_file:
        _write(str(output), files, text)
    else:
        sys.stdout.write(text)


def _form(style: Style | None, at: str | None) -> str:
    """The style of the flag, else of the settings; what these say gives way where it isn't about an instant."""
    form = str(setting("timeline.style", style))
    return "text" if style is None and at is not None and form in _OF_ALL_TIME else form


def _of_all(
    form: str, files: list[str], profile: str | None, names: str | None, node: str | None, *, to_file: bool
) -> str:
    known = read_names(names)
    trace = trace_among(files)
    arrows = _arrows() if form in _OF_MESSAGES else None
    made = built(files, trace, profile, for_people=form != "json", also=arrows.see if arrows is not None else None)
    if form == "json":
        from mhatool.timeline import as_json

        return _encoded(as_json(made))
    seen = sys.stdout.isatty() and not to_file
    width = shutil.get_terminal_size().columns if seen else _WIDTH_OF_A_FILE
    known = names_of(trace, known) if trace is not None else known
    if arrows is not None:
        from mhatool.cli import flow

        return flow.drawn(form, files, made, arrows, width, known, node)
    called = known.by_address if known is not None else {}
    return _drawn(made, form, width, called, color=not to_file and use_color(sys.stdout))


def _arrows() -> Arrows:
    from mhatool.timeline.flow import Arrows

    return Arrows()


def _of_a_node(
    form: str, files: list[str], profile: str | None, names: str | None, node: str | None, at: str | None
) -> str:
    """One node's tables at an instant, or its log; tables look the same in each style for people."""
    from mhatool.cli import kame

    if form == "json":
        return _encoded(kame.document(files, profile, names, node, at))
    if form != "kame-log":
        return kame.tables(files, profile, names, node, at)
    if at is not None:
        fail("--at: --style kame-log is the whole log", "leave it out, or take --style kame")
    return kame.log(files, profile, names, node)


def _encoded(document: dict[str, Any]) -> str:
    return json_.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _drawn(made: Timeline, form: str, width: int, names: Mapping[bytes, str], *, color: bool) -> str:
    if form == "table":
        from mhatool.timeline.table import as_table

        return as_table(made, width=width, color=color, names=names)
    from mhatool.timeline import as_text

    return as_text(made, width=width, names=names)


def built(
    files: list[str],
    trace: Trace | None,
    profile: str | None,
    *,
    for_people: bool,
    also: Callable[[Sighting], None] | None = None,
) -> Timeline:
    """One pass over the packets for observer and judge; of a trace, over the messages that its nodes sent.

    `also`: who else is shown every packet.
    """
    from mhatool.capture.wanted import traffic
    from mhatool.exchange import Source, sightings
    from mhatool.observe import Observer
    from mhatool.timeline import build
    from mhatool.trace.frames import records_of
    from mhatool.validate import Judge

    chosen = chosen_profile(profile if trace is None else profile or trace.header.profile)
    observer, judge = Observer(), Judge(chosen)
    findings = []
    readers: list[CaptureReader] = []
    if trace is not None:
        seen = [Source(files[0], records_of(trace), at_rest=True)]
    else:
        seen = sources(files, for_people=for_people, sieve=traffic(chosen), readers=readers)
    for sighting in told_of_disorder(sightings(seen, chosen)):
        observer.see(sighting)
        if also is not None:
            also(sighting)
        findings += judge.see(sighting)
    tally = in_all(readers)
    if trace is not None:
        observer.covers(observer.packets, trace.header.start_ns, trace.header.end_ns)
    else:
        observer.covers(tally.packets.total(), tally.first_ns, tally.last_ns)
    judge.until(tally.last_ns if trace is None else trace.header.end_ns)
    findings += judge.finish()
    if trace is None and not judge.messages:
        tell_of_another(files, chosen)
    return build(observer, sorted(findings, key=lambda finding: finding.order))


def _write(path: str, files: list[str], text: str) -> None:
    from mhatool.capture import open_output

    try:
        with open_output(path, inputs=files, text=True) as out:
            out.write(text.encode("utf-8", "backslashreplace"))
    except BrokenPipeError:
        fail("its reader has gone", "name a file", path)

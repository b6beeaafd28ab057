"""`mhatool dissect`: what packets hold, as a tree, as records or as columns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from mhatool.cli.common import (
    FilesArgument,
    JsonlOption,
    JsonOption,
    Out,
    ProfileOption,
    chosen_profile,
    exclusive,
    form_of,
    input_name,
    use_color,
)
from mhatool.cli.live import live
from mhatool.cli.reading import frames

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from mhatool.display.filter import Predicate
    from mhatool.display.frame import Frame

Show = Callable[["Frame"], None]


@live
def dissect(
    files: FilesArgument,
    expression: Annotated[
        str | None, typer.Option("--filter", "-Y", metavar="EXPR", help="Show packets that match, signalling or not.")
    ] = None,
    json: JsonOption = False,
    jsonl: JsonlOption = False,
    fields: Annotated[
        str | None, typer.Option("--fields", metavar="A,B", help="Print these fields, tabs between them.")
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Print one line a packet.")] = False,
    octets: Annotated[bool, typer.Option("-x", "--octets", help="Show octets and offsets too.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show every packet, not only mobility signalling.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Show what packets hold: a text tree, one line each, records or columns.

    Without --all or -Y only mobility signalling is shown, also inside tunnels. Of several files each packet says which
    it is from: FILE:FRAME.

    Examples:
      mhatool dissect tour.pcap
      mhatool dissect tour.pcap -Y 'binding_update.lifetime_s == 0 or mip6.ba.status >= 128'
      mhatool dissect -i eth0 -f 'ip6 proto 135 or ip6 proto 60'
    """
    form = form_of(json, jsonl)
    exclusive(json=json, jsonl=jsonl, fields=fields, summary=summary)
    exclusive(octets=octets, fields=fields, summary=summary)
    chosen = chosen_profile(profile)
    wanted = _wanted(expression, everything, chosen)
    out = Out(form)
    show = _columns(out, fields, chosen) if fields is not None else _shower(out, summary, octets, len(files) > 1)
    _print(out, (frame for frame in _frames(files, chosen) if wanted(frame)), show)


def _print(out: Out, shown: Iterable[Frame], show: Show) -> None:
    """All of them, inside a document where one is asked for."""
    if out.form == "json":
        from mhatool.display.record import SCHEMA_NAME

        out.begin(SCHEMA_NAME, "packets")
    try:
        for frame in shown:
            show(frame)
    except KeyboardInterrupt:  # what came by then is a document
        _end(out)
        raise
    _end(out)


def _end(out: Out) -> None:
    if out.form == "json":
        out.end()


def _frames(files: list[str], profile: Profile) -> Iterator[Frame]:
    """Every frame, dissected; fragments are put together within one file."""
    from dissectors.walk import Dissector
    from mhatool.display.frame import Frame

    readers: dict[int, Dissector] = {}
    for reader, record in frames(files, talks=True):
        dissector = readers.get(id(reader))
        if dissector is None:
            readers = {id(reader): (dissector := Dissector(profile))}
        length = record.original_length
        packet = dissector.dissect(record.captured, record.link_type, original_length=length, frame=record.frame)
        yield Frame(reader.path if reader.path != "standard input" else "-", record, packet)


def _wanted(expression: str | None, everything: bool, profile: Profile) -> Predicate:
    """Which frames are shown: an expression alone decides (its `signalling` is what is shown without one)."""
    if expression is not None:
        from mhatool.cli.filters import chosen_filter

        return chosen_filter(expression, profile)
    if everything:
        return lambda frame: True
    return lambda frame: frame.packet.is_signalling


def _shower(out: Out, summary: bool, octets: bool, several: bool) -> Show:
    """What prints a frame: a record, an entry, a line or a tree; text of several files names the frame's."""
    if out.form == "jsonl":
        from mhatool.display.record import record_json

        return lambda frame: out.record(record_json(frame, octets=octets))
    if out.form == "json":
        from mhatool.display.record import packet_json

        return lambda frame: out.entry(packet_json(frame, octets=octets))
    from mhatool.display import tree

    style = _coloured if use_color(sys.stdout) else tree.plain

    def name(frame: Frame) -> str:
        return input_name(frame.file) if several else ""

    if summary:
        return lambda frame: out.line(tree.header(frame, style, file=name(frame)))
    return lambda frame: out.line("\n".join(tree.tree(frame, style, octets=octets, file=name(frame))) + "\n")


def _coloured(text: str, style: str) -> str:
    from mhatool.cli.common import styled

    return styled(text, style) if style else text


def _columns(out: Out, names: str, profile: Profile) -> Show:
    from mhatool.cli.filters import chosen_columns

    columns = chosen_columns(names, profile)
    return lambda frame: out.line("\t".join([_cell(column.text(frame)) for column in columns]))


def _cell(text: str) -> str:
    """A value that breaks neither line nor column."""
    from mhatool.capture.errors import one_line

    return one_line(text)

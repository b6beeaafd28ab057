"""`mhatool extract`: the packets that matter, in a capture of their own."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct, field

from mhatool.capture.source import is_kept
from mhatool.cli import completing
from mhatool.cli.common import (
    FilesArgument,
    ProfileOption,
    chosen_profile,
    duration_ns,
    exclusive,
    fail,
    input_name,
    make_room,
    warn,
)
from mhatool.cli.judging import findings_in, rules_named
from mhatool.cli.live import LiveInput, live
from mhatool.cli.other_profile import tell_of_another
from mhatool.cli.reading import frames, frames_of_each, kept_at_rest, once, read_once
from mhatool.settings import setting

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from mhatool.capture import CaptureReader, Record
    from mhatool.capture.sieve import Sieve
    from mhatool.display.frame import Frame
    from mhatool.extract import HomeNode, Picked, Picker, Selection
    from mhatool.validate import Finding

Comments = list[Callable[["Frame"], list[str]]]
Read = Iterator[tuple["CaptureReader", "Record"]]
MOST_OF_A_COMMENT = 65_535
"""Octets of a line: a capture's option holds no more."""


WriteOption = Annotated[
    str, typer.Option("--write", "-w", metavar="OUT", help="Write pcapng: a file, or - for a pipe.")
]
ExpressionOption = Annotated[
    str | None, typer.Option("--filter", "-Y", metavar="EXPR", help="Packets that match, signalling or not.")
]
HomeAddressOption = Annotated[
    str | None, typer.Option(metavar="A", help="The signalling of the mobile node with this home address.")
]
DataOption = Annotated[
    bool, typer.Option("--data", help="With --home-address: its data packets too, tunnelled ones included.")
]
FindingOption = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help="The frames of a finding: its number in what validate prints, or a rule id.",
        autocompletion=completing.rule_ids,
    ),
]
AroundOption = Annotated[
    float | None, typer.Option(metavar="SECONDS", min=0, help="With --finding: the signalling this near, too.")
]
CommentOption = Annotated[bool, typer.Option("--comment", help="Add a one-line summary to each packet.")]


@live
def extract(
    files: FilesArgument,
    write: WriteOption,
    expression: ExpressionOption = None,
    home_address: HomeAddressOption = None,
    data: DataOption = False,
    finding: FindingOption = None,
    around: AroundOption = None,
    comment: CommentOption = False,
    profile: ProfileOption = None,
) -> None:
    """Write the packets that matter as a capture of their own.

    Without a selection that is all mobility signalling, also inside tunnels. Order, times, interfaces, lengths and
    comments stay; several captures become one in the order of their times. A message that came in fragments is written
    with all of them. --finding reads twice: what a pipe gives is kept in a temporary file meanwhile.

    While fragments wait for the rest, or packets of --home-address for a pipe's next, what follows is kept back: for 60
    seconds of the capture, or 2 from a pipe and live, and 16 MiB. Then the others overtake, and what turns out to be
    wanted within 60 seconds is written late, out of order.

    Examples:
      mhatool extract tour.pcap -w signalling.pcapng
      mhatool extract tour.pcap -w why.pcapng --finding 1 --around 5
      tcpdump -U -w - -i eth0 | mhatool extract - -w - -Y 'mip6.ba.status >= 128' | tshark -r -
    """
    if not write:
        fail("-w names no file", "give -w OUT, or -w - for a pipe")
    exclusive(Y=expression, home_address=home_address, finding=finding)
    if data and home_address is None:
        fail("--data goes with --home-address", "give both, or -Y with an expression")
    if around is not None and finding is None:
        fail("--around goes with --finding", "give both")
    once(files)
    chosen = chosen_profile(profile)
    if write == "-":
        _refuse_terminal()
    with kept_at_rest(files) if finding is not None else nullcontext():
        if home_address is not None:
            plan = _of_home_address(files, home_address, data, chosen)
        elif finding is not None:
            plan = _of_finding(files, finding, around, chosen)
        else:
            plan = _of_expression(files, expression, chosen)
        if comment:
            plan.comments.insert(0, _summary)
        _run(plan, files, write, chosen)


class _Plan(Struct):
    """What is read, which of it is wanted, and what is said of it."""

    captures: list[Read]
    """The records of each, to be read side by side."""
    selection: Selection
    readers: list[CaptureReader]
    """Those of the files, once they are read; behind a sieve their tallies count what it leaves out."""
    comments: Comments = field(default_factory=list)

    def remarks(self, frame: Frame) -> list[str]:
        """What is said of a packet, a line each."""
        return [line for said in self.comments for line in said(frame)]


# --- selections ---


def _of_expression(files: list[str], expression: str | None, profile: Profile) -> _Plan:
    from mhatool.extract import Matching

    readers: list[CaptureReader] = []
    if expression is None:
        captures = frames_of_each(files, sieve=_signalling(files, profile), readers=readers)
        return _Plan(captures, Matching(lambda frame: frame.packet.is_signalling), readers)
    from mhatool.cli.filters import chosen_filter

    return _Plan(frames_of_each(files, readers=readers), Matching(chosen_filter(expression, profile)), readers)


def _of_home_address(files: list[str], text: str, data: bool, profile: Profile) -> _Plan:
    """Two passes where that is possible: care-of addresses are learned before packets are chosen."""
    from dissectors.errors import EncodeError
    from dissectors.ipv6 import address
    from mhatool.extract import HomeNode

    try:
        home_address = address.parse(text)
    except EncodeError as error:
        fail(f"--home-address: {error}", "give it as 2001:db8::99")
    readers: list[CaptureReader] = []
    if any(map(read_once, files)):
        return _Plan(frames_of_each(files, readers=readers), HomeNode(home_address, data=data, eager=True), readers)
    node = HomeNode(home_address, data=data)
    _learn(files, node, profile)
    sieve = None if data else _signalling(files, profile)
    return _Plan(frames_of_each(files, sieve=sieve, readers=readers, tells=False), node, readers)


def _signalling(files: list[str], profile: Profile) -> Sieve | None:
    """What passes on all signalling; nothing for pipes and live captures, whose packets come on at once."""
    from mhatool.capture.wanted import signalling

    return None if any(map(read_once, files)) else signalling(profile)


def _learn(files: list[str], node: HomeNode, profile: Profile) -> None:
    """The first pass: only frames that may name the home address are looked into."""
    from dissectors.walk import Dissector

    dissectors: dict[tuple[str, int], Dissector] = {}
    for reader, record in frames(files, sieve=_signalling(files, profile)):
        if node.may_teach(record, profile):
            dissector = dissectors.setdefault((reader.path, record.interface), Dissector(profile))
            length = record.original_length
            node.learn(dissector.dissect(record.captured, record.link_type, original_length=length, frame=record.frame))


def _of_finding(files: list[str], which: str, around: float | None, profile: Profile) -> _Plan:
    from mhatool.extract.findings import Cited

    around_ns = duration_ns("--around", around)
    if any(map(read_once, files)):
        what = "--finding reads the capture twice, which live capture doesn't allow"
        fail(what, "write it to a file, and name that")
    wanted = _chosen(which, _findings(files, profile))
    cited = Cited(wanted, around_ns)
    readers: list[CaptureReader] = []
    return _Plan(frames_of_each(files, readers=readers, tells=False), cited, readers, [cited.comments])


def _findings(files: list[str], profile: Profile) -> list[Finding]:
    """What `mhatool validate` prints, in its order."""
    from mhatool.validate import Judge, Severity

    judge = Judge(profile, select=rules_named("validate.select"), ignore=rules_named("validate.ignore"))
    least = Severity(str(setting("validate.min_severity", None))).rank
    found = (finding for finding in findings_in(files, judge, profile) if finding.severity.rank <= least)
    return sorted(found, key=lambda finding: finding.order)


def _chosen(which: str, findings: list[Finding]) -> list[Finding]:
    """By number, from 1, or by rule."""
    from mhatool.validate import UnknownRuleError, named

    if which.isdecimal():
        if not 1 <= int(which) <= len(findings):
            there = f"there {'is' if len(findings) == 1 else 'are'} {len(findings) or 'none'}"
            fail(f"there is no finding {which}: {there}", "mhatool validate prints them, the first is 1")
        return [findings[int(which) - 1]]
    try:
        rules = named(which)
    except UnknownRuleError as error:
        fail(f"--finding: {error}")
    return [finding for finding in findings if finding.rule in rules]


# --- reading and writing ---


def _refuse_terminal() -> None:
    """Before anything is read."""
    from mhatool.capture import open_output

    open_output("-")


def _run(plan: _Plan, files: list[str], write: str, profile: Profile) -> None:
    """Write what is wanted. The file is opened when there is something to put in it, or at the end."""
    from mhatool.capture import PcapngWriter, open_output

    tally = _Tally()
    picked = tally.picked(plan, files, profile)
    first = list(islice(picked, 1))
    name = _namer(files)
    with open_output(write, inputs=[file for file in files if not (read_once(file) or is_kept(file))]) as stream:
        writer = PcapngWriter(stream, application="mhatool", flush_each=write == "-" or isinstance(files[0], LiveInput))
        for one in chain(first, picked):
            record = one.record._replace(comment=_commented(one))
            try:
                writer.write_record(record, one.interface._replace(name=name(one)), (one.file, record.interface))
            except ValueError as error:
                where = f"{input_name(one.file)}: frame {record.frame}"
                fail(f"{where}: {error}", "leave it out with -Y, or mend the file")
    tally.seen = max(tally.seen, sum(reader.tally.packets.total() for reader in plan.readers))
    _report(tally, write)
    if not tally.written:
        tell_of_another(files, profile)


class _Tally(Struct):
    """How many packets were read and how many are written."""

    seen: int = 0
    written: int = 0

    def picked(self, plan: _Plan, files: list[str], profile: Profile) -> Iterator[Picked]:
        """What is wanted, by time over all captures, each in its own order; each packet counts."""
        each = [
            self._timed(file, read, _picker(plan, files, profile))
            for file, read in zip(files, plan.captures, strict=True)
        ]
        for _, one in heapq.merge(*each, key=itemgetter(0)):
            self.written += 1
            yield one

    def _timed(self, file: str, read: Read, picker: Picker) -> Iterator[tuple[int, Picked]]:
        """What is wanted of one capture, and the latest time by then."""
        latest_ns: int | None = None
        for one in self._picked(file, read, picker):
            time_ns = one.record.time_ns
            latest_ns = time_ns if latest_ns is None else max(latest_ns, time_ns)
            yield latest_ns, one

    def _picked(self, file: str, read: Read, picker: Picker) -> Iterator[Picked]:
        for reader, record in read:
            self.seen += 1
            yield from picker.offer(file, record, reader.interfaces[record.interface])
        yield from picker.finish()
        if picker.given_up:
            what = f"{_packets(picker.given_up)} waited for fragments or updates that didn't come soon enough"
            warn(f"{what}: left out for want of room")


def _picker(plan: _Plan, files: list[str], profile: Profile) -> Picker:
    """In no hurry where files are read: nobody waits for the next packet."""
    from mhatool.extract import AT_ONCE_NS, HELD_NS, Picker

    patience_ns = AT_ONCE_NS if any(map(read_once, files)) else HELD_NS
    return Picker(plan.selection, profile, patience_ns=patience_ns, remarks=plan.remarks)


def _report(tally: _Tally, write: str) -> None:
    place = "standard output" if write == "-" else input_name(write)
    if not tally.written:
        warn(f"{place}: nothing was found in {_packets(tally.seen)}: the capture is empty")
        return
    make_room()
    print(f"mhatool: {tally.written} of {_packets(tally.seen)} written to {place}", file=sys.stderr, flush=True)


def _packets(count: int) -> str:
    return f"{count} packet{'' if count == 1 else 's'}"


def _namer(files: list[str]) -> Callable[[Picked], str | None]:
    """Interfaces keep their names; those of several files get the file's before it, nameless ones a number."""
    names = {file: Path(file).name for file in files}
    if len(set(names.values())) < len(names):
        names = {file: file for file in files}

    def name(picked: Picked) -> str | None:
        number = picked.record.interface
        own = picked.interface.name or (f"interface {number}" if number else None)
        if len(files) == 1:
            return own
        return f"{input_name(names[picked.file])}{f':{own}' if own else ''}"

    return name


# --- comments ---


def _commented(picked: Picked) -> str | None:
    """The packet's own comments and those that are added, a line each, as far as there is room."""
    lines = picked.record.comment.split("\n") if picked.record.comment is not None else []
    lines += picked.remarks
    return "\n".join(line.encode()[:MOST_OF_A_COMMENT].decode(errors="ignore") for line in lines) if lines else None


def _summary(frame: Frame) -> list[str]:
    from mhatool.display.summary import summary

    return [summary(frame.packet)]

"""`mhatool replay`: our engine in the place of a captured node."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from mhatool.cli.common import (
    FOUND,
    FileArgument,
    JsonOption,
    Out,
    ProfileOption,
    chosen_profile,
    fail,
    styled,
    use_color,
)
from mhatool.cli.other_profile import tell_of_another
from mhatool.cli.reading import read_once, sources

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from mhatool.replay import Replayed, Reply

Role = Literal["mn", "ha", "cn"]
_ROLES: Final = {"mn": "mobile node", "ha": "home agent", "cn": "correspondent"}
NAMED: Final = 10
"""Nodes that an error names."""


def replay(
    file: FileArgument,
    role: Annotated[Role, typer.Option("--as", metavar="ROLE", help="mn, ha or cn: what that node is.")],
    address: Annotated[
        str, typer.Option("--address", metavar="A", help="The node's address; a mobile node's home address.")
    ],
    write: Annotated[str | None, typer.Option("--write", "-w", metavar="OUT", help="Write what ours answers.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Compare with what the captured node answered.")] = False,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Feed it until then: RFC 3339, +S from the start, or #FRAME.")
    ] = None,
    json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """Feed the packets that a captured node received to our engine in its place, and show what ours answers.

    Its prefixes, lifetimes and preferences are taken from what the replaced node advertised; first sequence numbers,
    cookies, tokens and identifiers from what it sent. With --diff the status is 1 where the answers differ; A is the
    captured node, B is ours, whose frames are numbered on from the capture's.

    Examples:
      mhatool replay tour.pcap --as ha --address 2001:db8:1::1
      mhatool replay tour.pcap --as ha --address 2001:db8:1::1 --diff
      mhatool replay tour.pcap --as cn --address 2001:db8:c::10 -w answers.pcapng
    """
    if json and not diff:
        fail("--json prints what --diff finds", "give both, or -w OUT for the answers")
    if write == "-" and diff:
        fail("--write - and --diff would both go to standard output", "give --write a file")
    chosen = chosen_profile(profile)
    replayed = _replayed(file, role, address, until, chosen)
    if write is not None:
        _write(write, replayed.replies, [file])
    if diff:
        _compare(file, replayed, chosen, as_json=json)
    elif write is None:
        _show(replayed.replies, chosen)


def _replayed(file: str, role: Role, address: str, until: str | None, profile: Profile) -> Replayed:
    from dissectors.errors import EncodeError
    from dissectors.ipv6.address import parse
    from mhatool.exchange import sightings
    from mhatool.protocol.at import at
    from mhatool.replay import AbsentError, ReplayError, noting_losses
    from mhatool.replay import replay as run

    try:
        node = parse(address)
    except EncodeError as error:
        fail(f"--address: {error}")
    try:
        end = at(until) if until is not None else None
        lost: set[int] = set()
        packets = sightings([noting_losses(source, lost) for source in sources([file])], profile)
        return run(packets, role, node, profile, until=end, lost=lost)
    except ReplayError as error:
        remedy = _others(file, role, address, profile) if isinstance(error, AbsentError) else ""
        fail(f"--as {role} --address {address}: {error}", remedy or "mhatool info FILE lists the nodes", file)
    except ValueError as error:
        fail(f"--until: {error}")


def _others(file: str, role: Role, address: str, profile: Profile) -> str:
    """Which nodes of this role there are, in place of one that isn't; nothing where it is there after all."""
    from dissectors.ipv6.address import parse, text
    from mhatool.exchange import sightings
    from mhatool.observe import NO_HISTORY, Observer

    if read_once(file):
        return ""
    observer = Observer(NO_HISTORY)
    for sighting in sightings(sources([file], tells=False), profile):
        observer.see(sighting)
    nodes = observer.facts.nodes
    if role in nodes.get(parse(address), ()):
        return ""
    named = [text(node) for node, roles in sorted(nodes.items()) if role in roles]
    if not named:
        return f"there is no {_ROLES[role]} in it"
    more = [f"and {len(named) - NAMED} more"] if len(named) > NAMED else []
    return f"its {_ROLES[role]}s are {', '.join([*named[:NAMED], *more])}"


def _write(path: str, replies: Sequence[Reply], inputs: Sequence[str]) -> None:
    from mhatool.capture import PcapngWriter, linktype, open_output

    with open_output(path, inputs=inputs) as stream:
        writer = PcapngWriter(stream, application="mhatool", flush_each=path == "-")
        for reply in replies:
            writer.write(reply.time_ns, linktype.RAW, reply.octets)


def _compare(file: str, replayed: Replayed, profile: Profile, *, as_json: bool) -> None:
    from mhatool.compare import report
    from mhatool.replay import compared

    comparison = compared(replayed, profile)
    if as_json:
        Out("json").document(report.document(file, "replayed", comparison))
    else:
        for line in report.lines(comparison, styled if use_color(sys.stdout) else report.plain):
            print(line)
    if not comparison.a and not comparison.b:
        tell_of_another([file], profile)
    if comparison.differences:
        raise typer.Exit(FOUND)


def _show(replies: Sequence[Reply], profile: Profile) -> None:
    from mhatool.capture import linktype
    from mhatool.display import summary_of
    from mhatool.protocol.instant import rfc3339

    for reply in replies:
        print(f"{rfc3339(reply.time_ns)[11:23]}  {summary_of(reply.octets, linktype.RAW, profile)}")

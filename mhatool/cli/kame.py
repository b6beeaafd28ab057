"""The styles of `mhatool timeline` that show one node as the paper does: its tables at an instant, its kernel log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mhatool.cli.common import chosen_profile, fail
from mhatool.cli.reading import in_all, sources

if TYPE_CHECKING:
    from mhatool.capture import CaptureReader
    from mhatool.observe.kame import Hearing
    from mhatool.timeline.at import At
    from mhatool.timeline.names import NamedNode, Names


def tables(files: Sequence[str], profile: str | None, names: Names, node: str | None, at: str | None) -> str:
    """The tables of a node at an instant, those of all that have any where none is named."""
    wanted = _at(at)
    hearing, frame_ns = _hear(files, profile, wanted)
    now = wanted.resolve(hearing.first_ns or 0, hearing.last_ns, frame_ns)
    if node is not None:
        return _tables_of(hearing, _node(names, node), now)
    found = ((each.name, _tables_of(hearing, each, now)) for each in _everybody(hearing, names))
    return "\n".join(f"{name}:\n{text}" for name, text in found if text)


def log(files: Sequence[str], profile: str | None, names: Names, node: str | None) -> str:
    """The kernel log of a mobile node."""
    from mhatool.observe.kame import Story
    from mhatool.timeline.kame import as_log, lines_of

    if node is None:
        fail("--style kame-log shows one node's log", "name it: --node ADDRESS, or a name that --names gives")
    named = _node(names, node)
    hearing, _ = _hear(files, profile, _at(None))
    return as_log(lines_of(Story(hearing.messages, named.addresses).steps(), named), named)


def read_names(path: str | None) -> Names:
    """The names in the file, none without one."""
    from mhatool.timeline.names import Names, NamesError
    from mhatool.timeline.names import read_names as read

    if path is None:
        return Names()
    try:
        return read(path)
    except NamesError as error:
        fail(str(error), 'give a table a node, as [ha1] with addresses = ["2001:db8::1"] and interface = "ed1"', path)
    except OSError as error:
        fail(error.strerror or str(error), "name a file that can be read", path)


def _at(text: str | None) -> At:
    from mhatool.timeline.at import at

    try:
        return at(text)
    except ValueError as error:
        fail(f"--at: {error}")


def _node(names: Names, text: str) -> NamedNode:
    found = names.find(text)
    if found is None:
        fail(f"--node: {text!r} is no address and has no name", "give an address, or --names FILE that names it")
    return found


def _hear(files: Sequence[str], profile: str | None, at: At) -> tuple[Hearing, int | None]:
    """What the captures' messages say, and the time of the frame that is named."""
    from mhatool.exchange import sightings
    from mhatool.exchange.wanted import signalling
    from mhatool.observe.kame import Hearing

    chosen = chosen_profile(profile)
    if at.frame is not None and len(files) > 1:
        fail(f"--at #{at.frame}: a frame of which file?", "give a time, or one file")
    hearing = Hearing()
    readers: list[CaptureReader] = []
    sieve = signalling(chosen) if at.frame is None else None
    seen = sightings(sources(files, for_people=True, sieve=sieve, readers=readers), chosen)
    frame_ns = None
    for sighting in seen:
        hearing.see(sighting)
        if sighting.frame.number == at.frame:
            frame_ns = sighting.time_ns
    if at.frame is not None and frame_ns is None:
        fail(f"--at #{at.frame}: there is no such frame", "mhatool info FILE counts them", files[0])
    if sieve is not None:
        tally = in_all(readers)
        hearing.covers(tally.first_ns, tally.last_ns or 0)
    return hearing, frame_ns


def _tables_of(hearing: Hearing, node: NamedNode, now: int) -> str:
    from mhatool.observe.kame import Deduction
    from mhatool.timeline.kame import as_tables

    deduction = Deduction()
    for heard in hearing.messages:
        if heard.time_ns <= now:
            deduction.take(heard)
    updates, cache = deduction.updates(node.addresses, now), deduction.cache(node.addresses, now)
    return as_tables(updates, cache, now, interface=node.interface, ahead_ns=node.clock_ahead_ns)


def _everybody(hearing: Hearing, names: Names) -> Iterator[NamedNode]:
    """Who registers, and with whom, each node once, in order of first appearance."""
    from mhatool.exchange import Update

    updates = (heard for heard in hearing.messages if isinstance(heard, Update))
    nodes = (names.at(address) for update in updates for address in (update.home_address, update.peer))
    return iter({node.name: node for node in nodes}.values())


__all__ = ["log", "read_names", "tables"]

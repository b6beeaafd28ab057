"""The styles of `mhatool timeline` that show one node as the paper does: its tables at an instant, its kernel log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mhatool.capture.errors import one_line
from mhatool.cli.common import chosen_profile, fail, warn
from mhatool.cli.other_profile import tell_of_another
from mhatool.cli.reading import in_all, sources
from mhatool.cli.tracing import read_names, trace_among
from mhatool.protocol.instant import rfc3339

if TYPE_CHECKING:
    from mhatool.capture import CaptureReader
    from mhatool.observe.kame import Hearing
    from mhatool.protocol.at import At
    from mhatool.timeline.kame.captured import Captured
    from mhatool.timeline.kame.traced import Traced
    from mhatool.timeline.names import NamedNode, Names


def tables(files: Sequence[str], profile: str | None, names: str | None, node: str | None, at: str | None) -> str:
    """The tables of a node at an instant, those of all that have any where none is named."""
    seen, now = _seen_at(files, profile, names, at)
    if node is not None:
        shown = seen.tables(_node(seen.names, node), now)
    else:
        found = ((one_line(each.name), seen.tables(each, now)) for each in seen.nodes())
        shown = "\n".join(f"{name}:\n{text}" for name, text in found if text)
    if not shown:
        who = "nobody has a binding" if node is None else f"{node} has no binding"
        warn(f"{who} at {rfc3339(now)}: there is no table to show")
    return shown


def document(
    files: Sequence[str], profile: str | None, names: str | None, node: str | None, at: str | None
) -> dict[str, Any]:
    """The same as JSON."""
    from mhatool.timeline.kame.document import as_document

    seen, now = _seen_at(files, profile, names, at)
    nodes = [_node(seen.names, node)] if node is not None else seen.nodes()
    return as_document({each.name: seen.rows(each, now) for each in nodes}, now)


def _seen_at(
    files: Sequence[str], profile: str | None, names: str | None, at: str | None
) -> tuple[Captured | Traced, int]:
    """What is shown, and the instant that is meant."""
    instant = _at(at)
    seen, frame_ns = _seen(files, profile, names, instant)
    return seen, instant.resolve(seen.first_ns, seen.last_ns, frame_ns)


def log(files: Sequence[str], profile: str | None, names: str | None, node: str | None) -> str:
    """The kernel log of a mobile node."""
    if node is None:
        fail("--style kame-log shows one node's log", "name it: --node ADDRESS, or a name that --names gives")
    seen, _ = _seen(files, profile, names, _at(None))
    return seen.log(_node(seen.names, node))


def _seen(files: Sequence[str], profile: str | None, names: str | None, at: At) -> tuple[Captured | Traced, int | None]:
    """What the captures or the trace show, and the time of the frame that is named."""
    from mhatool.timeline.kame.captured import Captured

    known, trace = read_names(names), trace_among(files)
    if trace is not None:
        from mhatool.timeline.kame.traced import Traced

        if at.frame is not None:
            fail("a trace has no frames", "give --at a time")
        return Traced(trace, known), None
    hearing, frame_ns = hear(files, profile, at)
    return Captured(hearing, known), frame_ns


def _at(text: str | None) -> At:
    from mhatool.protocol.at import at

    try:
        return at(text)
    except ValueError as error:
        fail(f"--at: {error}")


def _node(names: Names, text: str) -> NamedNode:
    found = names.find(text)
    if found is None:
        fail(f"--node: {text!r} is no address and has no name", "give an address, or --names FILE that names it")
    return found


def hear(files: Sequence[str], profile: str | None, at: At) -> tuple[Hearing, int | None]:
    """What the captures' messages say, and the time of the frame that is named."""
    from mhatool.capture.wanted import signalling
    from mhatool.exchange import sightings
    from mhatool.observe.kame import Advertised, Hearing

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
        hearing.covers(tally.first_ns, tally.last_ns if tally.last_ns is not None else 0)
    if all(isinstance(message, Advertised) for message in hearing.messages):
        tell_of_another(files, chosen)
    return hearing, frame_ns


__all__ = ["document", "log", "tables"]

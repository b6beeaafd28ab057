"""The styles of `timeline` that show each message."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dissectors.ipv6 import address
from mhatool.cli.common import fail, input_name, warn
from mhatool.timeline.flow import Arrows, story_of
from mhatool.timeline.names import Names
from mhatool.timeline.narrow import narrowed

if TYPE_CHECKING:
    from mhatool.timeline import Timeline


def drawn(
    form: str, files: list[str], made: Timeline, arrows: Arrows, width: int, names: Names | None, node: str | None
) -> str:
    """The messages of all nodes, or of one; fails where nothing is known of that one, or there are too many."""
    known = names or Names()
    octets = _address_of(node, known)
    story = story_of(made, arrows.all, known.by_address, node=octets)
    if octets is not None:
        made = narrowed(made, story.is_called(story.lanes.title(octets, made.last_ns)))
    if node is not None and not story.rows:
        fail(f"--node: nothing was seen of {node}", "name a node, or one of its addresses")
    if story.is_too_wide and form != "html":
        first = address.text(story.lanes.all[0].addresses[0])
        fail(f"{len(story.lanes.all)} nodes are more than stand side by side", f"choose one: --node {first}")
    if form == "mermaid":
        from mhatool.timeline.flow.mermaid import MOST_CHARACTERS, as_mermaid

        text = as_mermaid(story)
        if len(text) > MOST_CHARACTERS:
            most = f"Mermaid draws no more than {MOST_CHARACTERS:,} characters unless it is told to"
            warn(f"{most}, and these are {len(text):,}")
        return text
    if form == "svg":
        from mhatool.timeline.picture import as_svg

        return as_svg(made, story)
    if form == "html":
        from mhatool.timeline.page import as_page

        return as_page(made, story, ", ".join(os.path.basename(input_name(file)) for file in files))
    from mhatool.timeline.flow.ladder import as_ladder

    return as_ladder(story, width=width)


def _address_of(node: str | None, names: Names) -> bytes | None:
    """An address of the node that was named; fails where nobody is called so."""
    if node is None:
        return None
    found = names.find(node)
    if found is None:
        fail(f"--node {node}: nobody is called so", "give an address, or a name of --names")
    return next(iter(sorted(found.addresses)), None)


__all__ = ["drawn"]

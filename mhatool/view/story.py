"""What a view shows, put together from a timeline and from where that came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from dissectors.profile import Profile
from mhatool.timeline.model import Timeline
from mhatool.timeline.names import Names
from mhatool.timeline.words import Words
from mhatool.trace import Trace
from mhatool.view.bindings import Bindings
from mhatool.view.details import Details
from mhatool.view.listing import Listing
from mhatool.view.packets import Packets
from mhatool.view.rows import rows_of
from mhatool.view.tables import Tables


class Story(Struct, kw_only=True):
    """A timeline's rows and bars, and what tells more about them. `warnings`: what was said while it was read."""

    title: str
    words: Words
    listing: Listing
    bindings: Bindings
    details: Details
    tables: Tables
    warnings: Sequence[str] = ()


def story_of(
    timeline: Timeline,
    sources: Mapping[str, str | Trace | None],
    profile: Profile,
    *,
    names: Names | None = None,
    called: Names | None = None,
    warnings: Sequence[str] = (),
) -> Story:
    """The story of a timeline. `sources` as in `Packets`; `names` were given, `called` are those to show."""
    words = Words(timeline, called.by_address if called is not None else {})
    heading = words.heading(timeline) if timeline.packets else "no packets"
    several = len(timeline.mobile_nodes) > 1
    return Story(
        title=f"{', '.join('standard input' if name == '-' else name for name in sources)}: {heading}",
        words=words,
        listing=Listing(rows_of(timeline, words), words, several_mobile_nodes=several),
        bindings=Bindings(timeline, words),
        details=Details(timeline, words, Packets(sources, profile)),
        tables=Tables(sources, profile, names),
        warnings=warnings,
    )

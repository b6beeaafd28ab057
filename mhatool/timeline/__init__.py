"""The story of each binding: spans at each home agent, moves, failures; as text and as JSON."""

from mhatool.timeline.document import as_json
from mhatool.timeline.model import Event, EventKind, Gap, GapKind, Step, Timeline, build
from mhatool.timeline.schema import TIMELINE
from mhatool.timeline.text import as_text

__all__ = [
    "TIMELINE",
    "Event",
    "EventKind",
    "Gap",
    "GapKind",
    "Step",
    "Timeline",
    "as_json",
    "as_text",
    "build",
]

"""The messages between nodes, one after another, with what came of them: as a ladder, for Mermaid, as SVG."""

from mhatool.timeline.flow.arrows import Arrow, Arrows
from mhatool.timeline.flow.lanes import Lane, Lanes
from mhatool.timeline.flow.story import Note, NoteKind, Story, story_of

__all__ = ["Arrow", "Arrows", "Lane", "Lanes", "Note", "NoteKind", "Story", "story_of"]

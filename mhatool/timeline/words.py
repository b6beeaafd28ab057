"""How the text names nodes and frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dissectors.ipv6 import address
from mhatool.exchange import Frame
from mhatool.timeline.model import Timeline


class Words:
    """`names` stand for addresses; frames carry their file's name where there are several files."""

    def __init__(self, timeline: Timeline, names: Mapping[bytes, str]) -> None:
        self._names = names
        self._has_files = len({frame.file for frame in _frames_of(timeline)}) > 1

    def name(self, octets: bytes | None) -> str:
        """A node."""
        if octets is None:
            return "?"
        return self._names.get(octets) or address.text(octets)

    def frames(self, frames: tuple[Frame, ...]) -> str:
        """One frame, two, or the first and last of more."""
        if len(frames) > 2:
            return f"frames {self.frame(frames[0])}..{self.frame(frames[-1])}"
        return ("frames " if len(frames) > 1 else "frame ") + " ".join(map(self.frame, frames))

    def frame(self, frame: Frame) -> str:
        """One frame's number."""
        return f"{frame.file}:{frame.number}" if self._has_files else str(frame.number)


def _frames_of(timeline: Timeline) -> Iterable[Frame]:
    """Enough frames to tell whether there are several files."""
    yield from (frame for event in timeline.events for frame in event.frames)
    yield from (seen.update.frame for found in timeline.correspondences for seen in found.updates)
    yield from (evidence.moment.frame for roles in timeline.nodes.values() for evidence in roles.values())
    yield from (tunnel.first.frame for tunnel in timeline.tunnels)

"""How the text names nodes, frames and times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dissectors.ipv6 import address
from mhatool.capture.errors import one_line
from mhatool.exchange import Frame
from mhatool.protocol.instant import rfc3339
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.timeline.model import Timeline

_YEAR_NS: Final = 365 * 86_400 * NS_PER_S


class Words:
    """`names` stand for addresses.

    Frames carry their file's name where there are several files, times their day where there are several days, and
    their year where a day could be that of several years.
    """

    def __init__(self, timeline: Timeline, names: Mapping[bytes, str]) -> None:
        self.names = {octets: one_line(name) for octets, name in names.items()}
        self.has_days = rfc3339(timeline.first_ns)[:10] != rfc3339(timeline.last_ns)[:10]
        self._has_years = timeline.last_ns - timeline.first_ns >= _YEAR_NS
        self._has_files = len({frame.file for frame in _frames_of(timeline)}) > 1

    def name(self, octets: bytes | None) -> str:
        """A node."""
        if octets is None:
            return "?"
        return self.names.get(octets) or address.text(octets)

    def clock(self, time_ns: int) -> str:
        """The time of day, UTC, cut to milliseconds; after year, month and day where they tell."""
        text = rfc3339(time_ns)[:23].replace("T", " ")
        return text if self._has_years else text[5:] if self.has_days else text[11:]

    def heading(self, timeline: Timeline) -> str:
        """How many packets there are, and from when to when."""
        start, end = (rfc3339(time_ns)[:23].replace("T", " ") for time_ns in (timeline.first_ns, timeline.last_ns))
        packets = f"{timeline.packets} packet{'' if timeline.packets == 1 else 's'}"
        return f"{packets}, {start} to {end if self.has_days else end[11:]} UTC"

    def frames(self, frames: tuple[Frame, ...]) -> str:
        """One frame, two, or the first and last of more."""
        if len(frames) > 2:
            return f"frames {self.frame(frames[0])}..{self.frame(frames[-1])}"
        return ("frames " if len(frames) > 1 else "frame ") + " ".join(map(self.frame, frames))

    def file(self, name: str) -> str:
        """A file before a frame's number: empty where there is only one."""
        return name if self._has_files else ""

    def frame(self, frame: Frame) -> str:
        """One frame's number."""
        return f"{frame.file}:{frame.number}" if self._has_files else str(frame.number)


def _frames_of(timeline: Timeline) -> Iterable[Frame]:
    """Enough frames to tell whether there are several files."""
    yield from (frame for event in timeline.events for frame in event.frames)
    yield from (seen.update.frame for found in timeline.correspondences for seen in found.updates)
    yield from (evidence.moment.frame for roles in timeline.nodes.values() for evidence in roles.values())
    yield from (tunnel.first.frame for tunnel in timeline.tunnels)

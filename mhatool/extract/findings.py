"""The frames that findings rest on, with what was found as a comment on the frame at fault."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from mhatool.display.frame import Frame
from mhatool.exchange import Frame as Place
from mhatool.validate import Finding
from mhatool.validate.report import message


class Cited:
    """Selects the frames of findings; with `around_ns` also the signalling within that time of the frame at fault."""

    learned = 0

    def __init__(self, findings: Iterable[Finding], around_ns: int | None = None) -> None:
        self._around_ns = around_ns
        self._places: set[Place] = set()
        self._comments: dict[Place, list[str]] = {}
        times = []
        for finding in findings:
            self._places.update(finding.frames)
            self._comments.setdefault(finding.frames[-1], []).append(_comment(finding))
            times.append(finding.time_ns)
        self._times = sorted(times)

    def wants(self, frame: Frame) -> bool:
        """Whether a finding rests on it, or is near."""
        if _place(frame) in self._places:
            return True
        return self._around_ns is not None and frame.packet.is_signalling and self._is_near(frame.record.time_ns)

    def comments(self, frame: Frame) -> list[str]:
        """What was found in this frame, a line each."""
        return self._comments.get(_place(frame), [])

    def _is_near(self, time_ns: int) -> bool:
        around_ns = self._around_ns or 0
        at = bisect_left(self._times, time_ns - around_ns)
        return at < len(self._times) and self._times[at] <= time_ns + around_ns


def _place(frame: Frame) -> Place:
    return Place(frame.file, frame.record.frame, frame.record.time_ns)


def _comment(finding: Finding) -> str:
    return f"{finding.rule} {finding.severity}: {message(finding)}; {finding.reference}"

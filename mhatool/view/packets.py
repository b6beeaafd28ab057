"""The packets of some frames, read from their files when they are asked for: only the records shown lately are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from dissectors.profile import Profile
from dissectors.walk import LINK_TYPES, Dissector
from mhatool.capture import Record, open_capture
from mhatool.capture.second_process import ALONE
from mhatool.capture.wanted import traffic
from mhatool.display import frame as display
from mhatool.exchange import Frame
from mhatool.trace import Trace
from mhatool.trace.frames import records_of
from mhatool.view.background import Stop

MOST_KEPT: Final = 1_000
"""Packets that are shown again without reading."""


class UnreadableError(Exception):
    """A source that can't be read twice; the text says so."""


class Packets:
    """What frames hold. Sources are named as the frames name their files."""

    def __init__(self, sources: Mapping[str, str | Trace | None], profile: Profile) -> None:
        """`sources`: the path of a capture, a trace, or None for what was there once, as standard input."""
        self._sources = sources
        self._profile = profile
        self._kept: OrderedDict[tuple[str, int], display.Frame] = OrderedDict()

    def of(
        self, frames: Iterable[Frame], nearby: Iterable[Frame] = (), stop: Stop = lambda: False
    ) -> list[display.Frame]:
        """The packets of these frames, in their order; those that aren't in their file any more are left out.

        `nearby`: what will likely be asked for next, taken in the same pass. `stop`: whether nobody wants it any more.
        Raises UnreadableError, CaptureError.
        """
        wanted = list(dict.fromkeys((frame.file, frame.number) for frame in frames))
        for file in dict.fromkeys(file for file, number in wanted if (file, number) not in self._kept):
            numbers = {number for other, number in wanted if other == file}
            self._read(file, numbers | {frame.number for frame in nearby if frame.file == file}, stop)
        found = [self._kept[key] for key in wanted if key in self._kept]
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    def _read(self, file: str, numbers: set[int], stop: Stop) -> None:
        """Look at each packet up to the last wanted one: fragments before it may belong to it."""
        last, dissectors = max(numbers), dict[int, Dissector]()
        with self._records(file) as records:
            for record in records:
                if stop():
                    return
                if record.frame > last:
                    break
                if record.link_type not in LINK_TYPES:
                    continue
                if (dissector := dissectors.get(record.interface)) is None:
                    dissector = dissectors[record.interface] = Dissector(self._profile)
                facts = record.captured, record.link_type
                if record.frame in numbers:
                    packet = dissector.dissect(*facts, original_length=record.original_length, frame=record.frame)
                    self._kept[file, record.frame] = display.Frame(file, record, packet)
                else:
                    dissector.look(*facts, record.original_length, record.frame)

    @contextmanager
    def _records(self, file: str) -> Iterator[Iterator[Record]]:
        source = self._sources.get(file)
        if source is None:
            raise UnreadableError(f"{file} can be read only once: to see its packets write it to a file, and name that")
        if isinstance(source, Trace):
            yield iter(records_of(source))
            return
        with open_capture(source) as reader:
            yield reader.sift(traffic(self._profile), ALONE)


__all__ = ["Packets", "UnreadableError"]

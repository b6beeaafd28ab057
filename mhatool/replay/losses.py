"""Frames of a simulated network that got lost: they were sent, and nobody received them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhatool.capture import Record
from mhatool.exchange import Source
from mhatool.network.link import LOST


def noting_losses(source: Source, lost: set[int]) -> Source:
    """The same capture; the numbers of frames that are marked as lost are put into `lost` as they are read."""
    return source._replace(records=_noted(source.records, lost))


def _noted(records: Iterable[Record], lost: set[int]) -> Iterator[Record]:
    for record in records:
        if record.comment is not None and any(line.startswith(LOST) for line in record.comment.split("\n")):
            lost.add(record.frame)
        yield record


__all__ = ["noting_losses"]

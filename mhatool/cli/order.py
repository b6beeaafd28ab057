"""A warning where the times of a capture go back: then nobody knows what came first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mhatool.cli.common import input_name, warn
from mhatool.protocol.lifetime import seconds

if TYPE_CHECKING:
    from mhatool.exchange import Sighting


def told_of_disorder(sightings: Iterable[Sighting]) -> Iterator[Sighting]:
    """The same packets. Said once: where one is stamped earlier than one before it, further than order is mended."""
    from mhatool.exchange.sighting import REORDER_NS

    reading = iter(sightings)
    last_ns: int | None = None
    for sighting in reading:
        yield sighting
        time_ns = sighting.time_ns
        if last_ns is None:
            last_ns = time_ns
        if time_ns < last_ns - REORDER_NS:
            frame = sighting.frame
            back = f"{seconds(last_ns - time_ns):.3f} s"
            warn(
                f"{input_name(frame.file)}: frame {frame.number} is stamped {back} earlier than one before it: from"
                " there on what rests on order or time can't be relied on (sort the capture: reordercap IN OUT)"
            )
            break
        last_ns = max(last_ns, time_ns)
    yield from reading

"""What text says of an event beside its time, its kind and its care-of address."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words


class EventText:
    """Words for the events at home agents."""

    def __init__(self, words: Words) -> None:
        self._words = words

    @staticmethod
    def sequence(event: Event) -> str:
        """The sequence number, or the first and last of several; empty without one."""
        numbers = event.sequence_numbers
        if not numbers:
            return ""
        return f"seq {numbers[0]}" if len(numbers) == 1 else f"seq {numbers[0]}-{numbers[-1]}"

    def remarks(self, event: Event) -> Iterator[str]:
        """Frames, status, how long it took, and what shows it."""
        if event.frames:
            yield self._words.frames(event.frames)
        if event.kind is EventKind.REFUSED:
            yield f"status {event.status}"
        if event.latency_ns is not None:
            yield f"after {spent(event.latency_ns)}"
        if event.until_ns is not None and event.until_ns > event.time_ns:
            yield f"until {self._words.clock(event.until_ns)}"
        if event.shown_by is not None:
            yield f"no answer seen, shown by frame {self._words.frame(event.shown_by)}"
        if event.kind is EventKind.EXPIRED:
            yield "no packet: the lifetime was over"
        if event.kind is EventKind.BINDING_ERROR:
            yield "it has no binding, as it says"
        if event.kind is EventKind.LOST:
            yield "it has lost its bindings"
        if event.kind is EventKind.REPLACED:
            yield "by an update with a number from before"

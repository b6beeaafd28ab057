"""What became of test traffic: category `traffic`."""

from __future__ import annotations

from mhatool.engine.events import Event


class TrafficInterval(Event, frozen=True, kw_only=True, tag="traffic:interval"):
    """A flow's datagrams that were sent in an interval of `length_ns` from `time_ns` on, and what became of them.

    The node is the sender. `longest_delay_ns` is 0 where nothing came.
    """

    flow: str
    length_ns: int
    sent: int
    received: int
    duplicated: int
    longest_delay_ns: int


__all__ = ["TrafficInterval"]

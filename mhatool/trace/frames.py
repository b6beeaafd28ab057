"""The datagrams that nodes of a trace sent, as the records of a capture."""

from __future__ import annotations

from mhatool.capture import Record, linktype
from mhatool.engine.events import MessageSent
from mhatool.trace.reader import Trace


def records_of(trace: Trace) -> list[Record]:
    """Every message, once, from its IPv6 header on, by the vantage point's clock; numbered from 1, times never go back.

    What became of it a link knows: those that got lost are among them. Traffic isn't traced.
    """
    ahead_ns = trace.header.clock_offsets_ns
    sent = [event for event in trace.events if isinstance(event, MessageSent)]
    timed = sorted(
        ((event.time_ns - ahead_ns.get(event.node, 0), event.frame) for event in sent), key=lambda pair: pair[0]
    )
    return [
        Record(number, time_ns, linktype.RAW, octets, len(octets), 0, 0, None)
        for number, (time_ns, octets) in enumerate(timed, 1)
    ]


__all__ = ["records_of"]

"""The trace: what nodes tell of themselves, as JSON Lines in the shape of qlog, written and read back.

The first line is a header, each other one an event; a class of event is its own schema.
"""

from mhatool.trace.catalogue import event_classes
from mhatool.trace.header import SCHEMA_NAME, Header, NodeNames
from mhatool.trace.reader import Trace, TraceError, is_trace, parse, read
from mhatool.trace.writer import TraceWriter

__all__ = [
    "SCHEMA_NAME",
    "Header",
    "NodeNames",
    "Trace",
    "TraceError",
    "TraceWriter",
    "event_classes",
    "is_trace",
    "parse",
    "read",
]

"""A mobile node's kernel log, as KAME writes it: from the steps that packets tell, or from the events of a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from mhatool.capture.errors import one_line
from mhatool.observe.kame import (
    Acknowledged,
    Created,
    Entered,
    Located,
    PrefixHeard,
    Rejected,
    Returned,
    RouterFound,
    Sent,
    Step,
    Unmatched,
)
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.timeline.kame import templates
from mhatool.timeline.kame.addresses import by_kernel
from mhatool.timeline.names import NamedNode


class Line(NamedTuple):
    """A text that the kernel logs, and when: nanoseconds since 1970."""

    time_ns: int
    text: str


class Writer:
    """What a writer of lines knows of its node."""

    def __init__(self, node: NamedNode) -> None:
        self.node = node

    def text(self, octets: bytes) -> str:
        """An address as this kernel prints it."""
        return by_kernel(octets, self.node.interface_index)


def lines_of(steps: Iterable[Step], node: NamedNode) -> Iterator[Line]:
    """The lines of what packets tell."""
    writer = Writer(node)
    for step in steps:
        for text in _BY_STEP[type(step)](writer, step):
            yield Line(step.time_ns, text)


def as_log(lines: Iterable[Line], node: NamedNode) -> str:
    """The lines as syslog writes them: month, day and time by the node's clock in UTC, its name, `/kernel:`."""
    host = node.host or node.name
    said = ((line.time_ns + node.clock_ahead_ns, one_line(f"{host} /kernel: {line.text}")) for line in lines)
    return "".join(f"{_stamp(time_ns)} {text}\n" for time_ns, text in said)


def _stamp(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // NS_PER_S, UTC)
    return f"{_MONTHS[moment.month - 1]} {moment.day:2} {moment:%H:%M:%S}"


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _prefix_heard(writer: Writer, step: PrefixHeard) -> templates.Lines:
    lines = templates.prefix_received(step.prefix, step.router, writer.text)
    return lines + templates.new_prefix(step.prefix, writer.text) if step.is_new else lines


def _located(writer: Writer, step: Located) -> templates.Lines:
    where = "home" if step.is_home else "foreign"
    return templates.located(step.care_of_address, writer.text) + templates.location(where)


def _created(writer: Writer, step: Created) -> templates.Lines:
    lines = templates.entry_created(step.index)
    if step.is_first:
        lines += templates.timer_started("binding_update")
    return lines + templates.entry_inserted(step.index, step.peer, step.home_address, writer.text)


def _acknowledged(writer: Writer, step: Acknowledged) -> templates.Lines:
    return templates.acknowledged(step.options, step.sequence_number, step.peer, writer.text)


_BY_STEP: Final[dict[type, Callable[[Writer, Any], templates.Lines]]] = {
    PrefixHeard: _prefix_heard,
    RouterFound: lambda writer, step: templates.router_found(step.router, step.prefix, writer.text),
    Located: _located,
    Created: _created,
    Entered: lambda _, step: templates.entered(step.state),
    Sent: lambda writer, step: templates.update_sent(step.peer, step.home_address, writer.text),
    Acknowledged: _acknowledged,
    Unmatched: lambda writer, step: templates.unmatched(step.received, step.sent, step.peer, writer.text),
    Rejected: lambda _, step: templates.rejected(step.status),
    Returned: lambda writer, _: templates.returned(writer.node.interface),
}

__all__ = ["Line", "Writer", "as_log", "lines_of"]

"""What every node does with a datagram before its own parts see it, and with what it can't use (RFC 6275, 9.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dissectors.errors import DecodeError, Reaction
from dissectors.ipv6.address import UNSPECIFIED
from dissectors.profile import Profile
from mhatool.engine.arrival import Arrival, Reader
from mhatool.engine.constants import Constants
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.error_reports import UNKNOWN_TYPE, ErrorReports
from mhatool.engine.events import MessageDropped, MessageReceived
from mhatool.engine.node import Output
from mhatool.engine.sender import Sender
from mhatool.engine.validity import is_unknown_type

_SOURCE, _DESTINATION = slice(8, 24), slice(24, 40)
_TYPE = 2
"""Where a Mobility Header says what it is (RFC 6275, 6.1.1)."""


#: Takes an arrival; answers with why it doesn't.
Handler = Callable[[Arrival], Drop | None]


def told(output: Output, drop: Drop, ends: tuple[bytes, bytes], frame: bytes, now: int) -> MessageDropped:
    """What a node says of a packet that it drops; `ends` are its source and destination."""
    return MessageDropped(
        time_ns=now,
        node=output.node,
        reason=drop.reason,
        detail=drop.detail,
        source=ends[0],
        destination=ends[1],
        frame=frame,
    )


class Unusable:
    """Datagrams whose message can't be read: dropped, and complained of where the sender has to hear of it."""

    def __init__(self, reader: Reader, errors: ErrorReports, output: Output) -> None:
        self._reader = reader
        self._errors = errors
        self._output = output

    def take(
        self, datagram: bytes, error: DecodeError, now: int, is_ours: Callable[[bytes], bool] = lambda address: True
    ) -> None:
        """Checksum first, then what is wrong with its content (RFC 6275, 9.2).

        A complaint leaves from where the datagram was sent to, so only where that `is_ours`.
        """
        found = self._reader.circumstances(datagram)
        ends = (found.source, found.destination) if found is not None else (UNSPECIFIED, UNSPECIFIED)
        reason = DropReason.MALFORMED if found is None or found.checksum_good else DropReason.BAD_CHECKSUM
        drop = Drop(reason, f"{error.code}: {error} {error.rfc}".strip())
        self._output.tell(told(self._output, drop, ends, datagram, now))
        wants = found is not None and found.checksum_good and error.reaction is Reaction.PARAMETER_PROBLEM
        if found is not None and wants and is_ours(found.destination):
            self._errors.complain(0, error.offset - found.at, datagram[found.at :], ends, now)


class Reception:
    """Reads datagrams, hands messages to those who take them, and tells what became of each."""

    def __init__(self, profile: Profile, constants: Constants, sender: Sender, output: Output) -> None:
        self._reader = Reader(profile)
        self._output = output
        self.errors = ErrorReports(constants, sender)
        self._unusable = Unusable(self._reader, self.errors, output)

    def take(
        self, handlers: Mapping[type, Handler], datagram: bytes, interface: str, link_source: bytes, now: int
    ) -> None:
        """Hand the message in a datagram to the handler of its class."""
        try:
            arrival = self._reader.read(datagram, interface, link_source, now)
        except DecodeError as error:
            self._unusable.take(datagram, error, now)
            return
        if arrival is None:
            return
        mark = self._output.mark()
        drop = self._hand(handlers, arrival)
        event: MessageReceived | MessageDropped
        if drop is None:
            event = MessageReceived(
                time_ns=now,
                node=self._output.node,
                message=arrival.message.__declaration__.symbol,
                source=arrival.source,
                destination=arrival.destination,
                frame=datagram,
            )
        else:
            event = told(self._output, drop, (arrival.source, arrival.destination), datagram, now)
        self._output.tell_before(mark, event)

    def _hand(self, handlers: Mapping[type, Handler], arrival: Arrival) -> Drop | None:
        if not arrival.checksum_good:
            return Drop(DropReason.BAD_CHECKSUM)
        handler = handlers.get(arrival.message.__class__)
        if handler is not None:
            return handler(arrival)
        if not is_unknown_type(arrival.message):
            return Drop(DropReason.NOT_OUR_ROLE, arrival.message.__declaration__.title)
        self.errors.report(UNKNOWN_TYPE, arrival.source, arrival.destination, arrival.home_address, arrival.now)
        return Drop(DropReason.UNKNOWN_MESSAGE, f"Mobility Header type {arrival.upper_octets[_TYPE]}")

    def refuse(self, code: int, pointer: int, datagram: bytes, now: int) -> None:
        """Drop a datagram of which a plain IPv6 node doesn't know the octet at `pointer`, and complain about it."""
        ends = (datagram[_SOURCE], datagram[_DESTINATION])
        drop = Drop(DropReason.UNRECOGNISED, f"octet {pointer} says {datagram[pointer]}")
        self._output.tell(told(self._output, drop, ends, datagram, now))
        self.errors.complain(code, pointer, datagram, ends, now)


__all__ = ["Handler", "Reception", "Unusable", "told"]

"""The message at hand."""

from __future__ import annotations

from msgspec import Struct

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Frame, Sighting


class Seen(Struct, frozen=True):
    """One message in one datagram of one frame; `time_ns` since 1970, `interface` the number within its file.

    `left_over` are octets of the payload behind it.
    `message` is what the datagram carries, or where nobody can look into that its last header.
    """

    time_ns: int
    frame: Frame
    interface: int
    datagram: Datagram
    message: View
    left_over: int

    @property
    def sender(self) -> bytes:
        """Who sent it: the home address where an option names one, else the source."""
        return self.datagram.true_source

    @property
    def room(self) -> int:
        """The octets that the IPv6 payload has for it."""
        return self.message.end - self.message.start + self.left_over


def seen_in(sighting: Sighting, datagram: Datagram, message: View) -> Seen:
    """The message of one of a packet's datagrams."""
    is_whole = message.form is not None  # it fills its packet then
    left_over = 0 if is_whole else sighting.packet.left_over(message)
    return Seen(sighting.time_ns, sighting.frame, sighting.interface, datagram, message, left_over)

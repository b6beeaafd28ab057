"""ICMPv6 errors about mobility signalling and its tunnels: who can't reach whom (RFC 4443, 3)."""

from __future__ import annotations

from msgspec import Struct

from dissectors.packet import SIGNALLING, Datagram
from dissectors.view import View
from mhatool.exchange import Latest, Sighting
from mhatool.observe.moment import Moment

TUNNELLED_PACKET = "tunnelled_packet"
ROUTE_OPTIMISED_PACKET = "route_optimised_packet"


class DeliveryError(Struct):
    """One reporter's ICMPv6 errors about one sender's messages of a kind to one destination.

    `quoted` is the type of the message that couldn't be delivered, or `tunnelled_packet`, or `route_optimised_packet`.
    `first` is the first of `count` errors, `last_ns` the latest one's time, nanoseconds since 1970.
    """

    reporter: bytes
    sender: bytes
    destination: bytes
    icmp_type: int
    code: int
    quoted: str
    first: Moment
    last_ns: int
    count: int = 0


#: Reporter, sender, destination, type, code, what is quoted.
_Key = tuple[bytes, bytes, bytes, int, int, str]


class DeliveryErrors:
    """The latest errors, alike ones together."""

    def __init__(self, most: int) -> None:
        self._by_key: Latest[_Key, DeliveryError] = Latest(most)

    @property
    def all(self) -> list[DeliveryError]:
        """Every kind of error, in order of first appearance."""
        return list(self._by_key.values())

    def see(self, moment: Moment, datagram: Datagram, message: View, quoted: list[Datagram]) -> None:
        """An error, and the packets that it quotes, outermost first."""
        what = kind_of(quoted)
        if not what:
            return
        numbers = (message.get("icmp_type") or 0, message.get("code") or 0)
        key = (datagram.source, quoted[0].source, quoted[0].destination, *numbers, what)
        known = self._by_key.get(key)
        if known is None:
            known = self._by_key.note(key, DeliveryError(*key, moment, moment.time_ns))
        known.count += 1
        known.last_ns = moment.time_ns


def quoted_by(sighting: Sighting, datagram: Datagram) -> list[Datagram]:
    """The packets that an ICMPv6 error quotes, outermost first."""
    found: list[Datagram] = []
    for inner in sighting.packet.datagrams:
        if inner.quoted and (inner.outer is datagram or (inner.outer is not None and inner.outer in found)):
            found.append(inner)
    return found


def kind_of(quoted: list[Datagram]) -> str:
    """What was to be delivered; "" for what has nothing to do with Mobile IPv6."""
    if not quoted:
        return ""
    if quoted[0].carries in SIGNALLING:
        return quoted[0].carries
    if len(quoted) > 1:
        return TUNNELLED_PACKET
    is_optimised = quoted[0].home_address is not None or quoted[0].final_destination is not None
    return ROUTE_OPTIMISED_PACKET if is_optimised else ""

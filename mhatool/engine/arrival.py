"""What came, taken apart for the node: who sent it, to whom, which message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from dissectors.errors import DecodeError
from dissectors.ipv6.address import is_multicast
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.packet import Datagram
from dissectors.profile import Profile
from dissectors.walk import Dissector
from mhatool.protocol.value import value

MOST_HEARD: Final = 64
"""Datagrams to groups whose reading is kept."""
_NEXT_HEADER: Final = 6


@value
class Arrival:
    """A message with what surrounds it.

    `source` and `destination` are the IPv6 header's; `true_source` and `true_destination` have the Home Address option
    and the type 2 routing header in their place. `through` is the outer source where it came in a tunnel. `link_source`
    is the link layer's, six octets; `datagram` what was received, whole.
    """

    message: Any
    source: bytes
    destination: bytes
    home_address: bytes | None
    routed_home_address: bytes | None
    through: bytes | None
    hop_limit: int
    checksum_good: bool
    interface: str
    link_source: bytes
    datagram: bytes
    upper_octets: bytes
    now: int

    @property
    def true_source(self) -> bytes:
        """Who says it: the home address where a Home Address option names one."""
        return self.home_address if self.home_address is not None else self.source

    @property
    def true_destination(self) -> bytes:
        """Who is meant: the home address where a type 2 routing header names one."""
        return self.routed_home_address if self.routed_home_address is not None else self.destination


@value
class Circumstances:
    """What is known of a message that can't be used: enough to decide who is told about it."""

    source: bytes
    destination: bytes
    home_address: bytes | None
    checksum_good: bool
    at: int
    """Where its IPv6 header begins in the datagram: further in where it was tunnelled."""


class _Heard:
    """What readers of one profile have made of the latest datagrams to groups.

    Each node of a link gets the same octets; the thousandth needn't read them again. Only datagrams without extension
    headers are kept: what others hold may depend on what came before, as fragments do.
    """

    def __init__(self, profile: Profile) -> None:
        self._icmpv6 = profile.protocol("icmpv6")
        self._arrivals: dict[bytes, Arrival] = {}

    def find(self, octets: bytes) -> Arrival | None:
        """What another reader has made of these octets, if one has."""
        return self._arrivals.get(octets)

    def keep(self, arrival: Arrival) -> None:
        """For other readers, where others may get the same."""
        octets = arrival.datagram
        if is_multicast(arrival.destination) and octets[_NEXT_HEADER] == self._icmpv6:
            if len(self._arrivals) >= MOST_HEARD:
                self._arrivals.clear()
            self._arrivals[octets] = arrival


#: By profile, as long as somebody holds that.
_heard: WeakKeyDictionary[Profile, _Heard] = WeakKeyDictionary()


class Reader:
    """From datagrams to arrivals, by one profile; it keeps fragments, so a node has one of these."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._dissector = Dissector(profile)
        heard = _heard.get(profile)
        if heard is None:
            heard = _heard[profile] = _Heard(profile)
        self._heard = heard

    def read(self, octets: bytes, interface: str, link_source: bytes, now: int) -> Arrival | None:
        """The innermost message in a datagram. None where there is none; DecodeError where it can't be used."""
        known = self._heard.find(octets)
        if known is not None:
            return _again(known, octets, interface, link_source, now)
        packet = self._dissector.look(octets, IPV6_ONLY, len(octets), 0)
        datagram = _innermost(packet.datagrams)
        if datagram is None:
            raise DecodeError("no_ipv6", 0, "no IPv6 header that can be read")
        view = datagram.upper
        if view is None:
            return None
        message = view.value  # quicker than `message()` once the form of such frames is known
        arrival = Arrival(
            message=message if message is not None else view.message(),
            source=datagram.source,
            destination=datagram.destination,
            home_address=datagram.home_address,
            routed_home_address=datagram.routed_home_address,
            through=_through(datagram),
            hop_limit=datagram.hop_limit,
            checksum_good=view.checksum_status != "bad",
            interface=interface,
            link_source=link_source,
            datagram=octets,
            upper_octets=bytes(view.bytes),
            now=now,
        )
        self._heard.keep(arrival)
        return arrival

    def circumstances(self, octets: bytes) -> Circumstances | None:
        """Those of the innermost message, however broken it is; None where not even its IPv6 header can be read."""
        datagram = _innermost(self._dissector.dissect(octets, IPV6_ONLY).datagrams)
        if datagram is None:
            return None
        view = datagram.upper
        return Circumstances(
            source=datagram.source,
            destination=datagram.destination,
            home_address=datagram.home_address,
            checksum_good=view is None or view.checksum_status != "bad",
            at=datagram.ipv6.start,
        )


def _again(known: Arrival, octets: bytes, interface: str, link_source: bytes, now: int) -> Arrival:
    """The same octets at somebody else, or at another time."""
    return Arrival(
        message=known.message,
        source=known.source,
        destination=known.destination,
        home_address=known.home_address,
        routed_home_address=known.routed_home_address,
        through=known.through,
        hop_limit=known.hop_limit,
        checksum_good=known.checksum_good,
        interface=interface,
        link_source=link_source,
        datagram=octets,
        upper_octets=known.upper_octets,
        now=now,
    )


def _innermost(datagrams: Sequence[Datagram]) -> Datagram | None:
    """What a frame carries in all its tunnels; what an error quotes isn't carried."""
    for datagram in reversed(datagrams):
        if not datagram.quoted:
            return datagram
    return None


def _through(datagram: Datagram) -> bytes | None:
    return datagram.outer.source if datagram.outer is not None else None


__all__ = ["Arrival", "Circumstances", "Reader"]

"""The messages of a capture as arrows from node to node: each once, wherever and however often it was captured."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from dissectors.packet import SIGNALLING, Datagram, Packet
from dissectors.view import View
from mhatool.exchange import Copies, Frame, Sighting
from mhatool.exchange.copies import FORGET_NS
from mhatool.exchange.recent import Recent
from mhatool.timeline.flow.labels import listed_by, said_by

_ERROR: Final = "icmpv6_error"
_MOST_RECENT: Final = 65_536
_RHYTHM: Final = "heartbeat"
"""What comes so often that only its beginning is told."""


class Arrow(Struct, frozen=True):
    """A message: `text` says in a few words what, and `listed` are the addresses that go with it.

    `source` and `destination` are a mobile node's home address where the message names it; `care_of` is where that node
    was then: (home address, care-of address). `tunnel`: the ends of the tunnel around it, where one was seen. `count`
    counts the same message again and again, the last of them at `until_ns`.
    """

    time_ns: int
    frame: Frame
    source: bytes
    destination: bytes
    carries: str
    text: str
    listed: tuple[bytes, ...] = ()
    care_of: tuple[bytes, bytes] | None = None
    tunnel: tuple[bytes, bytes] | None = None
    count: int = 1
    until_ns: int = 0


class Arrows:
    """Fed with every packet, in the order of time; memory grows with the messages."""

    def __init__(self) -> None:
        self._copies = Copies()
        self._all: list[Arrow] = []
        self._latest: Recent[tuple[bytes, bytes, bytes], int] = Recent(_MOST_RECENT, FORGET_NS)
        """Where arrows stand, by addresses and octets of the message."""
        self._beating: dict[tuple[bytes, bytes, str], int] = {}
        """Where the latest of such messages stand, as long as nothing else comes."""

    def see(self, sighting: Sighting) -> None:
        """Take in a packet."""
        for datagram in sighting.packet.datagrams:
            message = datagram.upper
            if datagram.quoted or message is None:
                continue
            if datagram.carries not in SIGNALLING and not _is_about_signalling(datagram, sighting.packet):
                continue
            key = (datagram.source, datagram.destination, message.octets[message.start : message.end])
            if not self._copies.is_copy(sighting, datagram, message):
                self._latest.note(key, self._add(_arrow(sighting, datagram, message)), sighting.time_ns)
            elif datagram.outer is not None:
                self._seen_in_a_tunnel(key, datagram, datagram.outer)

    def _seen_in_a_tunnel(self, key: tuple[bytes, bytes, bytes], datagram: Datagram, outer: Datagram) -> None:
        """A copy tells that the message went through a tunnel."""
        at = self._latest.get(key)
        if at is not None and self._all[at].tunnel is None:
            care_of = self._all[at].care_of or _care_of(datagram, outer)
            self._all[at] = replace(self._all[at], tunnel=(outer.source, outer.destination), care_of=care_of)

    def _add(self, arrow: Arrow) -> int:
        """Returns where it stands."""
        if arrow.carries != _RHYTHM:
            self._beating.clear()
            self._all.append(arrow)
            return len(self._all) - 1
        key = (arrow.source, arrow.destination, arrow.text)
        at = self._beating.get(key)
        if at is None:
            at = self._beating[key] = len(self._all)
            self._all.append(arrow)
            return at
        first = self._all[at]
        self._all[at] = replace(first, count=first.count + 1, until_ns=arrow.time_ns)
        return at

    @property
    def all(self) -> list[Arrow]:
        """In the order of time."""
        return self._all


def _is_about_signalling(datagram: Datagram, packet: Packet) -> bool:
    """Whether it is an error message that quotes signalling."""
    if datagram.carries != _ERROR:
        return False
    return any(quoted.quoted and quoted.carries in SIGNALLING for quoted in packet.datagrams)


def _arrow(sighting: Sighting, datagram: Datagram, message: View) -> Arrow:
    outer = datagram.outer
    return Arrow(
        sighting.time_ns,
        sighting.frame,
        datagram.true_source,
        datagram.true_destination,
        datagram.carries,
        said_by(datagram, message, sighting.packet),
        listed_by(message),
        _care_of(datagram, outer),
        (outer.source, outer.destination) if outer is not None else None,
    )


def _care_of(datagram: Datagram, outer: Datagram | None) -> tuple[bytes, bytes] | None:
    """Where a message shows a mobile node: by its Home Address option, routing header or tunnel."""
    home_address, routed = datagram.home_address, datagram.routed_home_address
    if home_address is not None:
        return home_address, datagram.source
    if routed is not None:
        return routed, datagram.destination
    if outer is not None and datagram.carries == "home_test_init":
        return datagram.source, outer.source
    if outer is not None and datagram.carries == "home_test":
        return datagram.destination, outer.destination
    return None


__all__ = ["Arrow", "Arrows"]

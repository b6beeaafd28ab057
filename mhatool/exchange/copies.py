"""The same message seen again is one message: on another link, inside a tunnel, or twice by one interface."""

from __future__ import annotations

from enum import Enum, auto

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange.recent import Recent
from mhatool.exchange.sighting import Sighting
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

ELSEWHERE_NS = 3 * NS_PER_S
"""How long a message may be on its way from one vantage point to another."""
SAME_PLACE_NS = nanoseconds(0.2)
"""Within this, the same octets at the same place are a double capture; retransmissions are a second apart or more."""
TOO_SOON_NS = nanoseconds(0.8)
"""No back-off timer sends a message again within this (RFC 6275, 11.8 and 12: 1 s at first), nor the same octets."""
FORGET_NS = 2 * ELSEWHERE_NS
"""Older than this, no copy of a message is expected any more; times run backwards by less."""
MOST = 65_536
_HEAD = 12
"""So many octets tell two messages of one kind between two nodes apart."""
_HEADS = {"binding_error": 24, "icmpv6_error": 8 + 40 + 64}
"""But for these: a Binding Error's home address, an error's quoted packet. Their checksums may be the same: that of a
quoted message cancels out what it is of."""
_NEVER_ALIKE = frozenset(
    {
        *("binding_update", "binding_acknowledgement", "home_test_init", "care_of_test_init", "home_test"),
        "care_of_test",
    }
)
"""Messages whose number or cookie is another one each time they are sent, or are answers to such ones."""
_STATUS, _REFUSES = 6, 128
"""Where an acknowledgement's status stands; refusals of different updates may all name one number (135)."""
MOST_CHANGES = 16
"""Of one message; a stream of ever new damage says nothing new."""

#: Where a message was seen: file, interface, tunnels around it, hop limit (each router on one link lowers it).
Place = tuple[str, int, int, int]


class Sameness(Enum):
    """What a message is to those seen before."""

    NEW = auto()
    COPY = auto()
    CHANGED = auto()
    """A copy with other octets than any before: damaged on its way, or by a capture."""
    SOUND = auto()
    """The first copy with a right checksum, after damaged ones: it counts as the message, which nobody knew so far."""


class _Seen:
    """A message that was seen before: when first, when last at each place, with which octets, all of them damaged."""

    __slots__ = ("contents", "first_ns", "is_damaged", "places")

    def __init__(self, first_ns: int, place: Place, octets: bytes, is_damaged: bool) -> None:
        self.first_ns = first_ns
        self.places = {place: first_ns}
        self.contents = {octets}
        self.is_damaged = is_damaged


_AGAIN = frozenset({Sameness.COPY, Sameness.CHANGED})


class Copies:
    """Remembers messages for a few seconds; at most `most` of them."""

    def __init__(self, most: int = MOST) -> None:
        # Most messages are seen once: until the second time a tuple of what makes a `_Seen` is enough.
        self._seen: Recent[tuple[object, ...], _Seen | tuple[int, Place, bytes, bool]] = Recent(most, FORGET_NS)
        self._places: dict[Place, Place] = {}

    def is_copy(self, sighting: Sighting, datagram: Datagram, message: View) -> bool:
        """Whether this message was seen before, as the same packet. A retransmission is none: it is sent again.

        Nor is a sound one after copies that were all damaged.
        """
        return self.compare(sighting, datagram, message) in _AGAIN

    def compare(self, sighting: Sighting, datagram: Datagram, message: View) -> Sameness:
        """The same, and whether a copy has the same octets; one that the capture cut counts as unchanged."""
        now, frame, interface, _ = sighting
        octets = message.octets[message.start : message.end]
        key = (
            datagram.source,
            datagram.destination,
            datagram.home_address,
            datagram.final_destination,
            octets[:4],
            octets[6 : _HEADS.get(message.type, _HEAD)],
        )  # what stays the same on the way: not the checksum, a copy may be damaged; not the tail, it may be cut
        place = (frame.file, interface, datagram.depth, datagram.hop_limit)
        place = self._places.setdefault(place, place)  # few are kept by many
        known = self._seen.get(key)
        if known is not None:
            seen = known if isinstance(known, _Seen) else _Seen(*known)
            if self._same(seen, place, now) or self._is_too_soon(seen, now, octets, message):
                if seen is not known:
                    self._seen.note(key, seen, now)
                return self._compared(seen, place, now, octets, message)
        self._seen.note(key, (now, place, octets, message.checksum_status == "bad"), now)
        return Sameness.NEW

    @staticmethod
    def _compared(known: _Seen, place: Place, now: int, octets: bytes, message: View) -> Sameness:
        known.places[place] = now
        if known.is_damaged and message.checksum_status == "good":
            known.is_damaged = False
            known.contents.add(octets)
            return Sameness.SOUND
        if message.truncated or octets in known.contents or len(known.contents) >= MOST_CHANGES:
            return Sameness.COPY
        known.contents.add(octets)
        return Sameness.CHANGED

    @staticmethod
    def _is_too_soon(known: _Seen, now: int, octets: bytes, message: View) -> bool:
        """Whether nobody can have sent the same again since the first: then the network doubled it, or the capture."""
        if message.type not in _NEVER_ALIKE or abs(now - known.first_ns) > TOO_SOON_NS:
            return False
        is_refusal = message.type == "binding_acknowledgement" and octets[_STATUS : _STATUS + 1] >= bytes((_REFUSES,))
        return octets in known.contents and not is_refusal

    @staticmethod
    def _same(known: _Seen, place: Place, now: int) -> bool:
        before = known.places.get(place)
        if before is None:
            return abs(now - known.first_ns) <= ELSEWHERE_NS
        return abs(now - before) <= SAME_PLACE_NS

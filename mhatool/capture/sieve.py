"""A quick pass that leaves out packets of which it is sure that nobody wants them: plain TCP and UDP, IPv4 and so on.

It looks at a handful of octets of each packet and copies none. What it passes on has to be looked at exactly; what it
leaves out is counted, with the first and the last time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, field

from mhatool.capture import linktype
from mhatool.capture.record import Record

_VERSION_6: Final = 6
_IPV6_HEADER: Final = 40
IPV6_NEXT_HEADER: Final = 6
"""Where in an IPv6 header the next header stands."""


class Sieve(Struct, frozen=True):
    """What nobody wants, by next header values of IPv6.

    `plain`: what follows the IPv6 header directly, such as TCP. `tunnelled`: the same inside IPv6 in IPv6, nothing
    where tunnels themselves are wanted. `icmpv6_types` are those types that are wanted, None for all. `tunnel`,
    `icmpv6` and `hop_by_hop` are those protocols' numbers. Packets that aren't IPv6 are never wanted.
    """

    plain: frozenset[int]
    tunnel: int
    tunnelled: frozenset[int]
    icmpv6: int
    icmpv6_types: frozenset[int] | None
    hop_by_hop: int = 0


class Tally(Struct):
    """All packets of a capture, those that a sieve left out too. Times are nanoseconds since 1970, None before any."""

    packets: Counter[int] = field(default_factory=Counter)
    """By link type."""
    first_ns: int | None = None
    """The least time, wherever it stands in the file."""
    last_ns: int | None = None
    """The greatest time."""

    def add(self, other: Tally) -> None:
        """Those of another capture as well."""
        self.packets += other.packets
        if other.first_ns is not None and other.last_ns is not None:
            self.note(other.first_ns, other.last_ns)

    def note(self, first_ns: int, last_ns: int) -> None:
        """These were the least and the greatest time of some packets."""
        self.first_ns = first_ns if self.first_ns is None else min(self.first_ns, first_ns)
        self.last_ns = last_ns if self.last_ns is None else max(self.last_ns, last_ns)


class Place(Struct, frozen=True):
    """Where a link type's frames tell what they hold.

    `kind` is the field's format for `struct`, `kind_at` its offset; `ipv6` its value for IPv6, `others` values for what
    is surely nothing of ours; `network_at`: where the network header begins.
    """

    kind: str
    kind_at: int
    network_at: int
    ipv6: int
    vlans: frozenset[int] = frozenset()
    others: frozenset[int] = frozenset()


def _ether(kind_at: int, network_at: int) -> Place:
    return Place("H", kind_at, network_at, 0x86DD, frozenset({0x8100, 0x88A8, 0x9100}), frozenset({0x0800, 0x0806}))


def _bare(network_at: int) -> Place:
    """Without an ethertype the version says it; a traffic class over 15 changes the octet: look at the frame."""
    return Place("B", network_at, network_at, _VERSION_6 << 4)


PLACES: Final[dict[int, Place]] = {
    linktype.ETHERNET: _ether(12, 14),
    linktype.LINUX_SLL: _ether(14, 16),
    linktype.LINUX_SLL2: _ether(0, 20),
    linktype.NULL: _bare(4),
    linktype.LOOP: _bare(4),
    **dict.fromkeys((linktype.RAW, linktype.RAW_BSD, linktype.RAW_OPENBSD, linktype.IPV6), _bare(0)),
}


class LinkSieve:
    """A sieve for frames of one link type."""

    def __init__(self, sieve: Sieve, place: Place) -> None:
        self.plain = sieve.plain
        self.place = place
        self._sieve = sieve

    @property
    def deeper(self) -> dict[int, tuple[int, frozenset[int]]]:
        """Where it takes one more octet: by next header, its offset from the IPv6 header, values that are left out."""
        found = {}
        if self._sieve.icmpv6_types is not None:
            found[self._sieve.icmpv6] = (_IPV6_HEADER, frozenset(range(256)) - self._sieve.icmpv6_types)
        if self._sieve.tunnelled:
            found[self._sieve.tunnel] = (_IPV6_HEADER + IPV6_NEXT_HEADER, self._sieve.tunnelled)
        return found

    def is_wanted(self, octets: bytes, start: int, end: int) -> bool:
        """Whether the frame at `start` has to be looked at: False only where it surely holds nothing wanted."""
        place = self.place
        at, network = start + place.kind_at, start + place.network_at
        if place.kind == "B":
            is_ipv6 = network < end and octets[network] >> 4 == _VERSION_6
            return is_ipv6 and self._is_wanted_inside(octets, network, end)
        kind = int.from_bytes(octets[at : at + 2])
        while kind in place.vlans:
            kind, network = int.from_bytes(octets[network + 2 : network + 4]), network + 4
        return kind == place.ipv6 and self._is_wanted_inside(octets, network, end)

    def _is_wanted_inside(self, octets: bytes, at: int, end: int) -> bool:
        """The same of the IPv6 packet there. Cut before its payload, it still says what the payload was."""
        start = at + _IPV6_HEADER
        if start > end:
            return False
        sieve, protocol = self._sieve, octets[at + IPV6_NEXT_HEADER]
        if protocol in sieve.plain:
            return False
        if protocol == sieve.hop_by_hop and start < end:
            protocol, start = octets[start], start + (octets[start + 1] + 1) * 8 if start + 1 < end else end
            if start > end or protocol in sieve.plain:
                return False
        if start == end:
            return True
        if protocol == sieve.icmpv6:
            return sieve.icmpv6_types is None or octets[start] in sieve.icmpv6_types
        if protocol == sieve.tunnel and sieve.tunnelled and start + _IPV6_HEADER < end:
            return octets[start + IPV6_NEXT_HEADER] not in sieve.tunnelled
        return True


def for_link(sieve: Sieve, link_type: int) -> LinkSieve | None:
    """The sieve for frames of a link type; None where all are to be looked at."""
    place = PLACES.get(link_type)
    return LinkSieve(sieve, place) if place is not None else None


def sift_records(records: Iterable[Record], sieve: Sieve, tally: Tally) -> Iterator[Record]:
    """Records that were read already: the first one, and those that the sieve doesn't leave out."""
    links: dict[int, LinkSieve | None] = {}
    for record in records:
        tally.note(record.time_ns, record.time_ns)
        tally.packets[record.link_type] += 1
        if record.link_type not in links:
            links[record.link_type] = for_link(sieve, record.link_type)
        link = links[record.link_type]
        if record.frame == 1 or link is None or link.is_wanted(record.captured, 0, len(record.captured)):
            yield record

"""Packets that left late: what waits for its next hop's link-layer address (RFC 4861, 7.2.2)."""

from __future__ import annotations

from collections.abc import Sequence

from dissectors.ipv6.address import is_multicast
from mhatool.exchange import Latest
from mhatool.exchange.history import History
from mhatool.observe.failure.probing import HELD_NS
from mhatool.validate.doubling import Transmission
from mhatool.validate.restart import IDENTIFIER
from mhatool.validate.rule import Case
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import knowledge

MOST = 50_000
KEPT = 8


@knowledge("neighbor_solicitation")
class Resolutions:
    """When an interface looked for a neighbour's link-layer address lately, by its interface identifier."""

    def __init__(self) -> None:
        self._sent: Latest[bytes, History[int]] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Neighbor Solicitation; one to a neighbour whose address is known only asks whether it is there."""
        if is_multicast(seen.datagram.destination):
            identifier = seen.datagram.source[IDENTIFIER:]
            sent = self._sent.get(identifier) or History(KEPT)
            sent.add(seen.time_ns)
            self._sent.note(identifier, sent)

    def just_before(self, source: bytes, time_ns: int) -> bool:
        """Whether it did so no longer ago than a packet waits for that."""
        sent = self._sent.get(source[IDENTIFIER:]) or ()
        return any(0 <= time_ns - at <= HELD_NS for at in sent)


def may_be_held(case: Case, sent: Sequence[Transmission]) -> bool:
    """Whether any of these may have left later than their sender meant, so that waits before and after it are wrong."""
    resolutions = case.surroundings.known(Resolutions)
    return any(resolutions.just_before(case.seen.datagram.source, at) for at, _ in sent)

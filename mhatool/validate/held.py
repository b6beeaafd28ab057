"""Why waits look wrong that aren't: packets wait for their next hop's link-layer address, nodes are started anew."""

from __future__ import annotations

from collections.abc import Sequence

from dissectors.ipv6.address import UNSPECIFIED, is_multicast
from mhatool.exchange import Latest
from mhatool.exchange.history import History
from mhatool.observe.failure.probing import HELD_NS
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.doubling import Transmission
from mhatool.validate.restart import IDENTIFIER, Solicitations
from mhatool.validate.rule import Case
from mhatool.validate.seen import Seen
from mhatool.validate.situation import SEVERAL
from mhatool.validate.surroundings import knowledge

MOST = 50_000
KEPT = 8
AT_ONCE_NS = nanoseconds(0.1)
"""What follows from an answer comes so soon; both may be stamped 50 ms off."""


@knowledge("neighbor_solicitation")
class Resolutions:
    """When an interface looked for a neighbour's link-layer address lately, by its interface identifier.

    And when anybody looked for a node's, as the last router does that has a packet for it. And when somebody last
    checked an address for duplicates, as who forms it does.
    """

    def __init__(self) -> None:
        self._sent: Latest[bytes, History[int]] = Latest(MOST)
        self._sought: Latest[bytes, History[int]] = Latest(MOST)
        self._checked: Latest[bytes, int] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Neighbor Solicitation; one to a neighbour whose address is known only asks whether it is there."""
        target = seen.message.get("target")
        if seen.datagram.source == UNSPECIFIED and target is not None:
            self._checked.note(target, seen.time_ns)
        elif is_multicast(seen.datagram.destination):
            _add(self._sent, seen.datagram.source[IDENTIFIER:], seen.time_ns)
            if target is not None:
                _add(self._sought, target, seen.time_ns)

    def checked(self, address: bytes) -> int:
        """When an address was checked, nanoseconds since 1970; 0: never seen."""
        return self._checked.get(address, 0)

    def just_before(self, source: bytes, destination: bytes, time_ns: int) -> bool:
        """Whether the source did so, or anybody for the destination, no longer ago than a packet waits for that."""
        sent, sought = self._sent.get(source[IDENTIFIER:]) or (), self._sought.get(destination) or ()
        return any(0 <= time_ns - at <= HELD_NS for at in (*sent, *sought))


def _add(times: Latest[bytes, History[int]], key: bytes, time_ns: int) -> None:
    known = times.get(key) or History(KEPT)
    known.add(time_ns)
    times.note(key, known)


@knowledge("dhaad_reply", "binding_acknowledgement", only=SEVERAL)
class Answers:
    """When home agents answered a mobile node lately, by where it is."""

    def __init__(self) -> None:
        self._seen: Latest[bytes, History[int]] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in an answer."""
        seen_ns = self._seen.get(seen.datagram.destination) or History(KEPT)
        seen_ns.add(seen.time_ns)
        self._seen.note(seen.datagram.destination, seen_ns)

    def just_before(self, address: bytes, time_ns: int) -> bool:
        """Whether one came no longer ago than it takes to be taken."""
        return any(0 <= time_ns - at <= AT_ONCE_NS for at in self._seen.get(address) or ())


def may_be_hurried(case: Case, sent: Sequence[Transmission]) -> bool:
    """Whether any of these but the first follows an answer of a home agent: then there is a way again, and no wait."""
    answers = case.surroundings.known(Answers)
    return any(answers.just_before(case.seen.datagram.source, at) for at, _ in sent[1:])


def may_be_held(case: Case, sent: Sequence[Transmission]) -> bool:
    """Whether any of these may have left later than their sender meant, so that waits before and after it are wrong."""
    resolutions, datagram = case.surroundings.known(Resolutions), case.seen.datagram
    return any(resolutions.just_before(datagram.source, datagram.true_destination, at) for at, _ in sent)


def has_come_up(case: Case, sent: Sequence[Transmission]) -> bool:
    """Whether their sender may have been started since the first of them: it looked for routers, or formed its address.

    Then it has forgotten what it asked, and begins anew.
    """
    source, known = case.seen.datagram.source, case.surroundings.known
    return max(known(Solicitations).latest(source), known(Resolutions).checked(source)) > sent[0][0]

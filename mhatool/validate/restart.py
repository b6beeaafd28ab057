"""Whether a mobile node may have been started anew: then it has lost its Binding Update List (RFC 6275, 11.1)."""

from __future__ import annotations

from mhatool.exchange import Latest, Update
from mhatool.exchange.conversation import Previous
from mhatool.validate.overtaken import DISORDER_NS
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings, knowledge

MOST = 100_000
MOST_SEARCHES = 8
"""Of one mobile node."""
IDENTIFIER = 8
"""An address's interface identifier begins here."""
_NOBODY = bytes(8)


@knowledge("router_solicitation")
class Solicitations:
    """When an interface last asked for routers, as it does when it comes up; by its interface identifier."""

    def __init__(self) -> None:
        self._sent: Latest[bytes, int] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Router Solicitation; one from the unspecified address may be anybody's."""
        self._sent.note(seen.datagram.source[IDENTIFIER:], seen.time_ns)

    def latest(self, *addresses: bytes) -> int:
        """When an interface with one of these addresses may last have asked, nanoseconds since 1970; 0: never seen."""
        identifiers = (_NOBODY, *(address[IDENTIFIER:] for address in addresses))
        return max(self._sent.get(identifier, 0) for identifier in identifiers)


@knowledge("dhaad_request")
class Searches:
    """When a mobile node looked for home agents: the latest times, by its care-of address."""

    def __init__(self) -> None:
        self._sent: Latest[bytes, tuple[int, ...]] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a request for home agents' addresses."""
        source = seen.datagram.source
        self._sent.note(source, (*self._sent.get(source, ()), seen.time_ns)[-MOST_SEARCHES:])

    def is_one_beside(self, update: Update) -> bool:
        """Whether one is stamped so close to an update that nobody knows which of them came first."""
        return any(abs(update.time_ns - time_ns) <= DISORDER_NS for time_ns in self._sent.get(update.source, ()))


def has_searched(previous: Previous) -> bool:
    """Whether the mobile node looked for home agents since the update before."""
    return previous.last_search_ns is not None and previous.last_search_ns > previous.update.time_ns


def has_solicited(surroundings: Surroundings, update: Update, previous: Previous) -> bool:
    """Whether the mobile node may have looked for routers since the update before."""
    latest = surroundings.known(Solicitations).latest(update.source, update.home_address)
    return latest > previous.update.time_ns

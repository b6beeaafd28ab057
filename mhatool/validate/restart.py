"""Whether a mobile node may have been started anew: then it has lost its Binding Update List (RFC 6275, 11.1)."""

from __future__ import annotations

from mhatool.exchange import Latest, Update
from mhatool.exchange.conversation import Previous
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings, knowledge

MOST = 100_000
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


def has_searched(previous: Previous) -> bool:
    """Whether the mobile node looked for home agents since the update before."""
    return previous.last_search_ns is not None and previous.last_search_ns > previous.update.time_ns


def has_solicited(surroundings: Surroundings, update: Update, previous: Previous) -> bool:
    """Whether the mobile node may have looked for routers since the update before."""
    latest = surroundings.known(Solicitations).latest(update.source, update.home_address)
    return latest > previous.update.time_ns

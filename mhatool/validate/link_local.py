"""The rule for the L flag of home registrations (RFC 6275, 6.1.7 and 11.7.1)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.ipv6 import address
from mhatool.exchange import Frame, Latest
from mhatool.validate.binding_facts import FLAGS
from mhatool.validate.finding import Severity
from mhatool.validate.once import Said
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import HOME
from mhatool.validate.surroundings import knowledge

MOST = 20_000


@knowledge("router_solicitation", "neighbor_solicitation", "neighbor_advertisement")
class LinkLocalNodes:
    """The interface identifiers made of link-layer addresses (EUI-64) that link-local sources had.

    No two nodes have the same one, so a home address with such an identifier belongs to the node that was seen.
    """

    def __init__(self) -> None:
        self.identifiers: Latest[bytes, Frame] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a message of neighbour discovery."""
        source = seen.datagram.source
        if (
            source[:8] == b"\xfe\x80\0\0\0\0\0\0"
            and source[11:13] == b"\xff\xfe"
            and source[8:] not in self.identifiers
        ):
            self.identifiers.note(source[8:], seen.frame)


@rule(
    "MIP6-BU-006",
    "L is set where home and link-local address have one interface identifier",
    reference="RFC 6275, 11.7.1",
    role="MN",
    scope="exchange",
    needs="A message of neighbour discovery from the mobile node's link-local address, and a home registration",
    on=("binding_update",),
    level="SHOULD",
    severity=Severity.WARNING,
    only=HOME,
)
def sets_link_local_flag(case: Case) -> Iterable[Breach]:
    """A mobile node whose link-local address has the interface identifier of its home address sets the L flag.

    Then the home agent defends the link-local address at home too, and nobody else takes it meanwhile. Only identifiers
    made of link-layer addresses are judged: two nodes don't share them. It is told once for a home address and home
    agent. Whether L is set without reason can't be told, since link-local addresses may be unseen.
    """
    update = case.update
    if update is None or "L" in update.flags or "H" not in update.flags or not update.lifetime_s:
        return ()
    if not update.trusted or update.truncated:
        return ()
    frame = case.surroundings.known(LinkLocalNodes).identifiers.get(update.home_address[8:])
    if frame is None:
        return ()
    said, nodes = case.surroundings.known(Said), (update.home_address, update.peer)
    if said.has("MIP6-BU-006", nodes):
        return ()
    said.note("MIP6-BU-006", nodes)
    link_local = address.text(b"\xfe\x80" + bytes(6) + update.home_address[8:])
    at = case.seen.message.start + FLAGS
    return (Breach(f"the L flag: the mobile node has {link_local} too", "no L", at, (frame,)),)

"""The rule for how messages reach a registered mobile node (RFC 6275, 9.5.4 and 10.6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from dissectors.ipv6 import address
from mhatool.exchange import Exchange, Latest
from mhatool.exchange.conversation import PROMPT_NS
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import ASTRAY
from mhatool.validate.surroundings import Surroundings, knowledge

MOST = 10_000


@knowledge()
class Strangers:
    """What named a home address that had said nothing to the sender yet: its update may be stamped a little later."""

    def __init__(self) -> None:
        #: By the home address in the routing header and the sender, the latest, with what it seems to answer.
        self.named: Latest[tuple[bytes, bytes], tuple[Late, Exchange | None]] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Nothing: the rule says what it found."""


def _still_strange(surroundings: Surroundings) -> Iterator[Late]:
    for (home_address, sender), (late, exchange) in surroundings.known(Strangers).named.items():
        is_answered = exchange is not None and exchange.is_settled
        if not is_answered and surroundings.conversations.get(home_address, sender) is None:
            yield late


@rule(
    "MIP6-RH2-005",
    "What goes to a mobile node away from home carries its home address",
    reference="RFC 6275, 9.5.4",
    role="HA",
    scope="exchange",
    needs="A Binding Update, and the Binding Acknowledgement or Mobile Prefix Advertisement to the same mobile node",
    on=("binding_acknowledgement", "mobile_prefix_advertisement"),
    finish=_still_strange,
    only=ASTRAY,
)
def routed_to_home_address(case: Case) -> Iterable[Breach]:
    """A Binding Acknowledgement to a care-of address carries a type 2 routing header with the home address.

    One to the home address itself (the mobile node is back) carries none. The same goes for Mobile Prefix
    Advertisements (10.6.2). The home address is that of the Binding Update, so without one there is nothing to judge.
    Where the routing header names another address, it is told at the end, and only if that one never sent an update to
    the same node: mobile nodes may have a care-of address one after the other, and one several home addresses. Nor is
    it a breach where the update gets another answer with its own home address: then the first one was for an update
    out of sight. For the same reason such a Mobile Prefix Advertisement is inconclusive.
    """
    home_address = _known_home_address(case)
    datagram = case.seen.datagram
    routed = datagram.routed_home_address
    if home_address is None or (routed == home_address and datagram.destination != home_address):
        return ()
    before = (case.exchange.update.frame,) if case.exchange is not None else ()
    seen = f"one with {address.text(routed)}" if routed is not None else "none"
    if datagram.destination == home_address:
        if routed is None:
            return ()
        return (Breach("no type 2 routing header to the home address", seen, before=before),)
    breach = Breach(f"a type 2 routing header with {address.text(home_address)}", seen, before=before)
    if routed is None:
        return (breach,)
    _defer(case, breach, home_address, routed)
    return ()


def _defer(case: Case, breach: Breach, home_address: bytes, routed: bytes) -> None:
    """Note a breach for the end. It is inconclusive where it rests on what was cut."""
    seen, exchange = case.seen, case.exchange
    cut = seen.message.truncated or (exchange is not None and exchange.update.truncated)
    unsure = cut or exchange is None or seen.time_ns - exchange.update.time_ns > PROMPT_NS
    late = Late(replace(breach, inconclusive=unsure), seen.time_ns, seen.frame, seen.sender, home_address)
    case.surroundings.known(Strangers).named.note((routed, seen.sender), (late, exchange))


def _known_home_address(case: Case) -> bytes | None:
    """The mobile node's home address by what it sent itself."""
    if case.exchange is not None:
        return _home_address_in(case.exchange)
    if case.seen.message.type != "mobile_prefix_advertisement":
        return None
    datagram = case.seen.datagram
    return case.conversations.home_address(datagram.destination, datagram.true_source)


def _home_address_in(exchange: Exchange) -> bytes | None:
    """The home address of an update; None where the update is wrong about it (MIP6-BU-002, or a bad checksum)."""
    update = exchange.update
    if not update.trusted:
        return None
    is_unnamed = not update.has_home_address_option and update.home_address == update.source and update.lifetime_s > 0
    return None if is_unnamed else update.home_address

"""The rule for how messages reach a registered mobile node (RFC 6275, 9.5.4 and 10.6.2)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.ipv6 import address
from mhatool.exchange import Exchange
from mhatool.validate.rule import Breach, Case, rule


@rule(
    "MIP6-RH2-005",
    "What goes to a mobile node away from home carries its home address",
    reference="RFC 6275, 9.5.4",
    role="HA",
    scope="exchange",
    needs="A Binding Update, and the Binding Acknowledgement or Mobile Prefix Advertisement to the same mobile node",
    on=("binding_acknowledgement", "mobile_prefix_advertisement"),
)
def routed_to_home_address(case: Case) -> Iterable[Breach]:
    """A Binding Acknowledgement to a care-of address carries a type 2 routing header with the home address.

    One to the home address itself (the mobile node is back) carries none. The same goes for Mobile Prefix
    Advertisements (10.6.2). The home address is that of the Binding Update, so without one there is nothing to judge.
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
    return (Breach(f"a type 2 routing header with {address.text(home_address)}", seen, before=before),)


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

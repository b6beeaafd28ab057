"""Rules for Binding Updates and their acknowledgements (RFC 6275, 6.1.7, 6.1.8, 9.5.4, 10.3.1 and 11.7.1)."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.ipv6 import address
from mhatool.exchange import Exchange
from mhatool.exchange.registration import routed_home_address
from mhatool.validate.rule import Breach, Case, rule


@rule(
    "MIP6-BU-002",
    "A home registration carries the home address",
    reference="RFC 6275, 11.7.1",
    role="MN",
    scope="packet",
    needs="The Binding Update with the extension headers before it",
    on=("binding_update",),
)
def carries_home_address(case: Case) -> Iterator[Breach]:
    """A Binding Update to a home agent (H flag) names the home address in a Home Address option.

    Except when the mobile node is back home: then it sends from the home address itself, and deletes its binding with
    lifetime 0 (11.5.5). So without the option a lifetime over 0 is always a breach; with lifetime 0 it is one where the
    source is known as this mobile node's care-of address from earlier updates to the same home agent.
    """
    update = case.update
    if update is None or not update.is_home_registration or update.has_home_address_option:
        return
    source = address.text(update.source)
    if update.home_address != update.source:
        home = address.text(update.home_address)
        yield Breach(f"a Home Address option with {home}", f"none, from the care-of address {source}")
    elif update.lifetime_s > 0:
        yield Breach("a Home Address option, or a lifetime of 0", f"none, from {source} for {update.lifetime_s} s")


@rule(
    "MIP6-BA-004",
    "No longer lifetime than was asked for",
    reference="RFC 6275, 10.3.1",
    role="HA",
    scope="exchange",
    needs="A Binding Update and its acknowledgement",
    on=("binding_acknowledgement",),
)
def lifetime_within_request(case: Case) -> Iterator[Breach]:
    """The lifetime that an acknowledgement grants is at most the one in the Binding Update that it answers."""
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if acknowledgement is None or exchange is None or not acknowledgement.accepts or not exchange.update.trusted:
        return
    asked, granted = exchange.update.lifetime_s, acknowledgement.lifetime_s
    if granted > asked:
        at = case.seen.message.start + 10
        yield Breach(f"a lifetime of {asked} s or less", f"{granted} s", at, before=(exchange.update.frame,))


@rule(
    "MIP6-RH2-005",
    "What goes to a mobile node away from home carries its home address",
    reference="RFC 6275, 9.5.4",
    role="HA",
    scope="exchange",
    needs="A Binding Update, and the Binding Acknowledgement or Mobile Prefix Advertisement to the same mobile node",
    on=("binding_acknowledgement", "mobile_prefix_advertisement"),
)
def routed_to_home_address(case: Case) -> Iterator[Breach]:
    """A Binding Acknowledgement to a care-of address carries a type 2 routing header with the home address.

    One to the home address itself (the mobile node is back) carries none. The same goes for Mobile Prefix
    Advertisements (10.6.2). The home address is that of the Binding Update, so without one there is nothing to judge.
    """
    home_address = _known_home_address(case)
    if home_address is None:
        return
    datagram = case.seen.datagram
    routed = routed_home_address(datagram)
    before = (case.exchange.update.frame,) if case.exchange is not None else ()
    seen = f"one with {address.text(routed)}" if routed is not None else "none"
    if datagram.destination == home_address:
        if routed is not None:
            yield Breach("no type 2 routing header to the home address", seen, before=before)
    elif routed != home_address:
        yield Breach(f"a type 2 routing header with {address.text(home_address)}", seen, before=before)


def _known_home_address(case: Case) -> bytes | None:
    """The mobile node's home address by what it sent itself."""
    if case.seen.message.type == "mobile_prefix_advertisement":
        datagram = case.seen.datagram
        return case.conversations.home_address(datagram.destination, datagram.true_source)
    return _home_address_in(case.exchange) if case.exchange is not None else None


def _home_address_in(exchange: Exchange) -> bytes | None:
    """The home address of an update; None where the update is wrong about it (MIP6-BU-002, or a bad checksum)."""
    update = exchange.update
    unnamed = not update.has_home_address_option and update.home_address == update.source and update.lifetime_s > 0
    return None if unnamed or not update.trusted else update.home_address

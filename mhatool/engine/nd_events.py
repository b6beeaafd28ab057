"""What a node tells about its links: prefixes, routers, addresses, and where it finds itself.

Each docstring names the line that KAME's kernel of 2003 logs for it, where there is one. Events come in the order of
those lines.
"""

from __future__ import annotations

from mhatool.engine.events import Event


class PrefixReceived(Event, frozen=True, kw_only=True, tag="nd:prefix_received"):
    """A router advertisement brought a prefix: KAME's `prefix %s from %s`.

    `prefix` stands as in the option: the router's whole address where the R flag is set (RFC 6275, 7.2). `router` is
    the advertisement's source, a link-local address of `interface`.
    """

    interface: str
    prefix: bytes
    prefix_length: int
    router: bytes


class NewPrefix(Event, frozen=True, kw_only=True, tag="nd:new_prefix"):
    """The prefix was none of those known: KAME's `receive a new prefix %s`."""

    interface: str
    prefix: bytes
    prefix_length: int


class RouterFound(Event, frozen=True, kw_only=True, tag="nd:router_found"):
    """The router was none of those known: KAME's `found a new router %s(%s)`; `prefix` as in `PrefixReceived`."""

    interface: str
    router: bytes
    prefix: bytes
    home_agent: bool


class RouterLost(Event, frozen=True, kw_only=True, tag="nd:router_lost"):
    """A router isn't used any more; `cause` says why."""

    interface: str
    router: bytes
    cause: str


class CareOfAddressChanged(Event, frozen=True, kw_only=True, tag="nd:care_of_address_changed"):
    """Where the node is reached from now on, the home address at home: KAME's `CoA has changed to %s`."""

    care_of_address: bytes


class LocationChanged(Event, frozen=True, kw_only=True, tag="nd:location_changed"):
    """Where the node finds itself, `unknown`, `home` or `foreign`: KAME's `location = %d` with 0, 1, 2."""

    location: str


class AddressTentative(Event, frozen=True, kw_only=True, tag="nd:address_tentative"):
    """Duplicate address detection of an address began (RFC 4862, 5.4)."""

    interface: str
    address: bytes


class AddressAssigned(Event, frozen=True, kw_only=True, tag="nd:address_assigned"):
    """Nobody objected: the address is the node's."""

    interface: str
    address: bytes


class AddressDuplicate(Event, frozen=True, kw_only=True, tag="nd:address_duplicate"):
    """Somebody has the address already: it isn't used."""

    interface: str
    address: bytes


class AddressGivenUp(Event, frozen=True, kw_only=True, tag="nd:address_given_up"):
    """The last of `trials` addresses under one prefix was a duplicate too: the node does without one there."""

    interface: str
    address: bytes
    trials: int


class AddressRemoved(Event, frozen=True, kw_only=True, tag="nd:address_removed"):
    """The address isn't the node's any more."""

    interface: str
    address: bytes


class Announced(Event, frozen=True, kw_only=True, tag="nd:announced"):
    """An unsolicited advertisement with Override left for an address: KAME's `send a unsolicited na to %s`."""

    interface: str
    address: bytes


__all__ = [
    "AddressAssigned",
    "AddressDuplicate",
    "AddressGivenUp",
    "AddressRemoved",
    "AddressTentative",
    "Announced",
    "CareOfAddressChanged",
    "LocationChanged",
    "NewPrefix",
    "PrefixReceived",
    "RouterFound",
    "RouterLost",
]

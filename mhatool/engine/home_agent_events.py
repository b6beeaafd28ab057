"""What a home agent tells about the addresses that it checks and defends, and about whom it doesn't serve."""

from __future__ import annotations

from mhatool.engine.events import Event


class HomeAddressChecked(Event, frozen=True, kw_only=True, tag="nd:home_address_checked"):
    """Duplicate address detection for a home address, or its link-local one, is over; `link_source` met it."""

    address: bytes
    duplicate: bool
    link_source: bytes | None = None


class DefenceStarted(Event, frozen=True, kw_only=True, tag="nd:defence_started"):
    """The home agent answers for this address on the home link from now on.

    `cause` is `accepted` where the binding is new, `taken_over` where the agent that answered is unreachable or gone.
    """

    address: bytes
    cause: str = "accepted"


class DefenceEnded(Event, frozen=True, kw_only=True, tag="nd:defence_ended"):
    """It answers no longer; `cause` is `released`, `expired`, or `yielded` to an agent that the mobile node prefers."""

    address: bytes
    cause: str


class AddressConflict(Event, frozen=True, kw_only=True, tag="nd:address_conflict"):
    """Somebody who is none of the binding's agents says that a home address is its own; the binding stands."""

    address: bytes
    link_source: bytes


class UnknownAgentListed(Event, frozen=True, kw_only=True, tag="agent:unknown_listed"):
    """A mobile node registered with an agent that this one doesn't know; it is left out of all that agents do."""

    home_address: bytes
    address: bytes


__all__ = [
    "AddressConflict",
    "DefenceEnded",
    "DefenceStarted",
    "HomeAddressChecked",
    "UnknownAgentListed",
]

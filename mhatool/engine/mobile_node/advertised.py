"""What a router advertisement says, in the words of a mobile node (RFC 4861, 4.2; RFC 6275, 7)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from dissectors.icmpv6.options import AdvertisementInterval, PrefixInformation
from dissectors.ipv6.address import is_link_local, is_routable_unicast
from mhatool.engine.arrival import Arrival
from mhatool.protocol.home_agent_offer import offer
from mhatool.protocol.neighbourhood import first_of

INFINITE_S = 0xFFFFFFFF
Subnet = tuple[bytes, int]
"""A prefix, 16 octets of which the rest is zero, and its length in bits: a /48 is another one than its first /64."""


class AdvertisedPrefix(Struct, frozen=True):
    """A prefix option. `address` stands as it was sent: the router's whole address where the R flag is set."""

    address: bytes
    length: int
    on_link: bool
    autonomous: bool
    is_router_address: bool
    valid_s: int
    preferred_s: int

    @property
    def prefix(self) -> bytes:
        """The bits that count, the rest zero."""
        return first_of(self.address, self.length)

    @property
    def subnet(self) -> Subnet:
        """The prefix with its length."""
        return self.prefix, self.length


class AdvertisedRouter(Struct, frozen=True):
    """An advertisement: who sent it, from which link-layer address, and what it offers.

    `interval_s` is the longest time until its next one; None: it doesn't say (RFC 6275, 7.3). `home_agent_lifetime_s`
    is the router lifetime where no option says otherwise (7.4).
    """

    address: bytes
    link_source: bytes
    router_lifetime_s: int
    is_home_agent: bool
    preference: int
    home_agent_lifetime_s: int
    prefixes: tuple[AdvertisedPrefix, ...]
    interval_s: float | None = None

    @property
    def subnets(self) -> set[Subnet]:
        """The prefixes that it doesn't withdraw: they tell one link from another."""
        return {prefix.subnet for prefix in self.prefixes if prefix.valid_s > 0}

    def has_on_link(self, subnet: Subnet) -> bool:
        """Whether it says that this prefix is on the link (RFC 4861, 4.6.2): L set, and valid."""
        return any(prefix.subnet == subnet and prefix.on_link and prefix.valid_s > 0 for prefix in self.prefixes)

    def agent_address(self, home_prefix: bytes) -> bytes | None:
        """The home agent's own global address, where it tells one (RFC 6275, 7.2); of several that of this prefix."""
        if not self.is_home_agent:
            return None
        told = [prefix for prefix in self.prefixes if prefix.is_router_address]
        told.sort(key=lambda prefix: prefix.prefix != home_prefix)
        return told[0].address if told else None


def advertised(arrival: Arrival) -> AdvertisedRouter:
    """The advertisement in an arrival."""
    message = arrival.message
    offered = offer(message)
    return AdvertisedRouter(
        address=arrival.source,
        link_source=arrival.link_source,
        router_lifetime_s=message.router_lifetime_s,
        is_home_agent="H" in message.flags,
        preference=offered.preference,
        home_agent_lifetime_s=offered.lifetime_s,
        prefixes=tuple(_prefix(option) for option in message.options if _is_usable(option)),
        interval_s=_interval_s(message.options),
    )


def _interval_s(options: Iterable[object]) -> float | None:
    told = (option.advertisement_interval_ms for option in options if isinstance(option, AdvertisementInterval))
    milliseconds = next(told, 0)
    return milliseconds / 1000 if milliseconds else None


def _is_usable(option: object) -> bool:
    return (
        isinstance(option, PrefixInformation)
        and not is_link_local(option.prefix)
        and is_routable_unicast(option.prefix)
        and option.preferred_lifetime_s <= option.valid_lifetime_s
    )


def _prefix(option: PrefixInformation) -> AdvertisedPrefix:
    return AdvertisedPrefix(
        address=option.prefix,
        length=option.prefix_length,
        on_link="L" in option.flags,
        autonomous="A" in option.flags and option.prefix_length == 64,
        is_router_address="R" in option.flags,
        valid_s=option.valid_lifetime_s,
        preferred_s=option.preferred_lifetime_s,
    )


__all__ = ["INFINITE_S", "AdvertisedPrefix", "AdvertisedRouter", "Subnet", "advertised"]

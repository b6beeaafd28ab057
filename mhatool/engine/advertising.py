"""Router advertisements: what they say, and when they leave (RFC 4861, 6.2; RFC 6275, 7 and 8.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement
from dissectors.icmpv6.options import (
    AdvertisementInterval,
    HomeAgentInformation,
    PrefixInformation,
    SourceLinkLayerAddress,
)
from dissectors.ipv6.address import text
from dissectors.spec import Flags, Option
from mhatool.engine.node import Randomness
from mhatool.engine.sender import Sender
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import ALL_NODES

MAX_INITIAL_INTERVAL_S = 16.0
MAX_INITIAL_ADVERTISEMENTS = 3
LONGEST_OF_SUBNETS: Final = 126
"""Bits of a prefix whose first address is its routers'; a longer one has no room for it (RFC 6164, 6)."""
MAX_DELAY_S = 0.5
"""Until a solicitation is answered (RFC 4861, 10: MAX_RA_DELAY_TIME)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisedPrefix:
    """A prefix as a router advertises it.

    `router_address` is the router's own address in it, whole: it stands in the prefix's place, with the R flag
    (RFC 6275, 7.2).
    """

    prefix: bytes
    prefix_length: int = 64
    valid_lifetime_s: int = 2_592_000
    preferred_lifetime_s: int = 604_800
    on_link: bool = True
    autonomous: bool = True
    router_address: bytes | None = None

    def __post_init__(self) -> None:
        """ValueError where the prefix is longer than it says, or the address isn't in it."""
        if _first(self.prefix, self.prefix_length) != self.prefix:
            raise ValueError(f"prefix = {text(self.prefix)}: only its first {self.prefix_length} bits may be set")
        if self.router_address is not None and _first(self.router_address, self.prefix_length) != self.prefix:
            own = f"{text(self.prefix)}/{self.prefix_length}"
            raise ValueError(f"router_address = {text(self.router_address)}: give one of {own}")
        if self.router_address == self.prefix and self.prefix_length <= LONGEST_OF_SUBNETS:
            what = f"router_address = {text(self.prefix)}: that is every router's of the prefix (RFC 4291, 2.6.1)"
            raise ValueError(f"{what}; give one of its own")

    def option(self) -> PrefixInformation:
        """The option that says so."""
        letters = [("L", self.on_link), ("A", self.autonomous), ("R", self.router_address is not None)]
        return PrefixInformation(
            prefix_length=self.prefix_length,
            flags=Flags(letter for letter, is_set in letters if is_set),
            valid_lifetime_s=self.valid_lifetime_s,
            preferred_lifetime_s=self.preferred_lifetime_s,
            prefix=self.router_address or self.prefix,
        )


def _first(address: bytes, bits: int) -> bytes:
    """The first bits of an address, the rest zero."""
    beyond = 128 - bits
    return (int.from_bytes(address) >> beyond << beyond).to_bytes(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisedHomeAgent:
    """What a home agent says of itself (RFC 6275, 7.4): higher preference is taken first."""

    preference: int = 0
    lifetime_s: int = 1800

    def option(self) -> HomeAgentInformation:
        """The option that says so."""
        return HomeAgentInformation(
            flags=Flags(), home_agent_preference=self.preference, home_agent_lifetime_s=self.lifetime_s
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisingConfiguration:
    """What a router says on one of its links, and how often.

    Unsolicited advertisements leave at random between `min_interval_s` and `max_interval_s`, the first ones sooner; or
    exactly at the instants `at_ns`, where there are any. A `router_lifetime_s` of 0 says that it is no default router,
    and nothing else (RFC 4861, 4.2): it may be a home agent, with a lifetime of its own. `min_delay_s` lies between two
    multicast ones, answers to solicitations among them (RFC 6275, 7.5, allows 0.03).
    """

    interface: str
    prefixes: tuple[AdvertisedPrefix, ...]
    router_lifetime_s: int = 1800
    min_interval_s: float = 200.0
    max_interval_s: float = 600.0
    min_delay_s: float = 3.0
    at_ns: tuple[int, ...] = ()
    answers_solicitations: bool = True
    tells_interval: bool = False
    home_agent: AdvertisedHomeAgent | None = None

    def __post_init__(self) -> None:
        """ValueError where there is no time between the least and the longest interval."""
        if self.min_interval_s > self.max_interval_s:
            raise ValueError(f"min_interval_s = {self.min_interval_s:g}: that is more than max_interval_s")
        subnets = [(each.prefix, each.prefix_length) for each in self.prefixes]
        for index, (prefix, length) in enumerate(subnets):
            if (prefix, length) in subnets[:index]:
                raise ValueError(f"prefixes = {text(prefix)}/{length}: it is there twice; give each prefix once")


class Advertising:
    """Advertises a router on one link, from `start` on."""

    def __init__(self, configuration: AdvertisingConfiguration, sender: Sender, randomness: Randomness) -> None:
        self.configuration = configuration
        self._sender = sender
        self._randomness = randomness
        self._source = b""
        self._link_address = b""
        self._due: int | None = None
        self._last: int | None = None
        self._sent = 0
        self._planned = sorted(configuration.at_ns)

    def start(self, source: bytes, link_address: bytes, now: int) -> None:
        """Begin; `source` is the link-local address on the link, `link_address` that of the link layer."""
        self._source, self._link_address = source, link_address
        self._sent = 0
        self._last = None
        self._due = now if not self.configuration.at_ns else self._next_planned(now)

    def stop(self, now: int) -> None:
        """No router any more: the last advertisement says so (RFC 4861, 6.2.5)."""
        if self._source:
            self._send(now, leaves=True)
        self._source, self._due = b"", None

    def solicit(self, now: int) -> None:
        """A router solicitation came: one answer for all that come until it leaves (RFC 4861, 6.2.6)."""
        if not self._source or not self.configuration.answers_solicitations:
            return
        answer = now + nanoseconds(self._randomness.uniform(0.0, MAX_DELAY_S))
        if self._last is not None:
            answer = max(answer, self._last + nanoseconds(self.configuration.min_delay_s))
        if self._due is None or answer < self._due:
            self._due = answer

    def next_timer(self) -> int | None:
        """When `handle_timer` wants to be called."""
        return self._due

    def handle_timer(self, now: int) -> None:
        """Advertise, if it is time to."""
        if self._due is None or self._due > now:
            return
        self._send(now)
        self._last = now
        self._sent += 1
        self._due = self._next_planned(now + 1) if self.configuration.at_ns else now + self._interval()

    def _next_planned(self, since: int) -> int | None:
        return next((at for at in self._planned if at >= since), None)

    def _interval(self) -> int:
        configuration = self.configuration
        interval = self._randomness.uniform(configuration.min_interval_s, configuration.max_interval_s)
        if self._sent < MAX_INITIAL_ADVERTISEMENTS:
            interval = min(interval, MAX_INITIAL_INTERVAL_S)
        return nanoseconds(interval)

    def _send(self, now: int, *, leaves: bool = False) -> None:
        configuration = self.configuration
        agent = configuration.home_agent if not leaves else None
        options: list[Option] = [SourceLinkLayerAddress(link_layer_address=self._link_address)]
        options += [prefix.option() for prefix in configuration.prefixes]
        if configuration.tells_interval:
            interval = round(configuration.max_interval_s * 1000)
            options.append(AdvertisementInterval(advertisement_interval_ms=interval))
        if agent is not None:
            options.append(agent.option())
        message = RouterAdvertisement(
            flags=Flags("H" if agent is not None else ""),
            router_lifetime_s=configuration.router_lifetime_s if not leaves else 0,
            options=tuple(options),
        )
        self._sender.on_link(message, self._source, ALL_NODES, now, configuration.interface)


__all__ = ["AdvertisedHomeAgent", "AdvertisedPrefix", "Advertising", "AdvertisingConfiguration"]

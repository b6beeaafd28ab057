"""The prefixes of the home link, and how mobile nodes abroad hear that they have changed (RFC 6275, 10.6)."""

from __future__ import annotations

from dataclasses import replace

from dissectors.icmpv6.home_agents import MobilePrefixAdvertisement
from dissectors.spec import Flags
from mhatool.engine.advertising import AdvertisedPrefix
from mhatool.engine.commands import ChangePrefix
from mhatool.engine.constants import Constants
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.node import Randomness
from mhatool.engine.sender import Sender
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import in_prefix

UNASKED = 0
"""The identifier of an advertisement that nobody asked for."""


class HomePrefixes:
    """The prefixes of the home link as they are now; their lifetimes may change while the agent runs."""

    def __init__(self, prefixes: tuple[AdvertisedPrefix, ...]) -> None:
        self.all = prefixes

    def of(self, address: bytes) -> AdvertisedPrefix | None:
        """The prefix that an address begins with; None: it isn't of the home link."""
        for prefix in self.all:
            if in_prefix(address, prefix.prefix, prefix.prefix_length):
                return prefix
        return None

    def change(self, command: ChangePrefix) -> None:
        """Other lifetimes from now on; nothing where the link doesn't have the prefix."""
        valid, preferred = command.valid_lifetime_s, command.preferred_lifetime_s
        self.all = tuple(
            replace(prefix, valid_lifetime_s=valid, preferred_lifetime_s=preferred)
            if prefix.prefix == command.prefix
            else prefix
            for prefix in self.all
        )


class PrefixAdvertising:
    """Tells mobile nodes the prefixes: who asks at once, all who are registered when they change.

    These are told one after another at random, within what the constants allow, and again until they answer by a
    solicitation (10.6.2 and 10.6.3).
    """

    def __init__(
        self,
        constants: Constants,
        prefixes: HomePrefixes,
        cache: BindingCache,
        sender: Sender,
        randomness: Randomness,
    ) -> None:
        self._constants = constants
        self._prefixes = prefixes
        self._cache = cache
        self._sender = sender
        self._randomness = randomness
        self._timers: Timers[tuple[bytes, bytes]] = Timers()
        self._sent: dict[tuple[bytes, bytes], int] = {}

    def answer(self, binding: Binding, identifier: int, now: int) -> None:
        """A registered mobile node asks; that also answers what it was told unasked."""
        key = binding.home_address, binding.agent
        self._timers.cancel(key)
        self._sent.pop(key, None)
        self._advertise(binding, identifier, now)

    def schedule(self, now: int) -> None:
        """The prefixes have changed: each mobile node is told at an instant of its own (10.6.3)."""
        for binding in self._cache:
            if not binding.cloned:
                key = binding.home_address, binding.agent
                self._sent[key] = 0
                self._timers.set(key, now + self._delay(binding))

    def next_timer(self) -> int | None:
        """When the next mobile node is to be told."""
        return self._timers.next()

    def handle_timer(self, now: int) -> None:
        """Tell those whose time it is, as long as they are registered."""
        for key in self._timers.due(now):
            binding = self._cache.get(*key)
            sent = self._sent.pop(key)
            if binding is None or not binding.holds:
                continue
            self._advertise(binding, UNASKED, now)
            if sent < self._constants.prefix_advertisement_retries:
                self._sent[key] = sent + 1
                self._timers.set(key, now + nanoseconds(self._constants.prefix_advertisement_timeout_s * 2**sent))

    def _delay(self, binding: Binding) -> int:
        least = self._constants.min_mobile_prefix_advertisement_interval_s
        most = self._constants.max_mobile_prefix_advertisement_interval_s
        prefix = self._prefixes.of(binding.home_address)
        if prefix is not None:
            most = min(most, float(prefix.preferred_lifetime_s))
        return nanoseconds(self._randomness.uniform(min(least, most), max(least, most)))

    def _advertise(self, binding: Binding, identifier: int, now: int) -> None:
        message = MobilePrefixAdvertisement(
            identifier=identifier,
            flags=Flags(),
            options=tuple(prefix.option() for prefix in self._prefixes.all),
        )
        home, care_of = binding.home_address, binding.care_of_address
        self._sender.send(message, binding.agent, care_of, now, routed_to=home)


__all__ = ["UNASKED", "HomePrefixes", "PrefixAdvertising"]

"""The prefixes of the home link, and how mobile nodes abroad hear that they have changed (RFC 6275, 10.6)."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto

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


class Stage(Enum):
    """How far it is with what one mobile node is told unasked."""

    RESTING = auto()
    """Nothing is to be told before a day without an advertisement is over."""
    SCHEDULED = auto()
    SENT = auto()
    """It was, and hasn't been answered yet by a solicitation: it is repeated."""


class Telling:
    """What one mobile node is told unasked: `repeated` counts how often it was since the first time."""

    __slots__ = ("repeated", "stage")

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.repeated = 0


class PrefixAdvertising:
    """Tells mobile nodes the prefixes: who asks at once, all who are registered when they change, and once a day.

    These are told one after another at random, within what the constants allow, and again until they answer by a
    solicitation (10.6.2 and 10.6.3). What is scheduled stays so: the prefixes that leave are those of the instant.
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
        self._timers: Timers[Binding] = Timers()
        self._tellings: dict[Binding, Telling] = {}
        """Of those whose timer was set for more than to draw a delay when the least one is over."""
        self._least_ns = nanoseconds(constants.min_mobile_prefix_advertisement_interval_s)
        self._most_ns = nanoseconds(constants.max_mobile_prefix_advertisement_interval_s)
        cache.watch(self._bound, self._gone)

    def answer(self, binding: Binding, identifier: int, now: int) -> None:
        """A registered mobile node asks; that also answers what it was told unasked."""
        self._advertise(binding, identifier, now)
        self._rest(binding, now)

    def schedule(self, now: int) -> None:
        """The prefixes have changed: each mobile node is told at an instant of its own (10.6.2)."""
        for binding in self._cache:
            telling = self._tellings.get(binding)
            is_scheduled = telling.stage is Stage.SCHEDULED if telling is not None else self._is_new(binding)
            if not binding.cloned and not is_scheduled:
                self._schedule(binding, now + self._least_ns)

    def next_timer(self) -> int | None:
        """When the next mobile node is to be told, or it is seen whether it has to be."""
        return self._timers.next()

    def handle_timer(self, now: int) -> None:
        """Tell those whose time it is, as long as they are registered."""
        for binding in self._timers.due(now):
            telling = self._tellings.get(binding)
            if telling is None:
                self._schedule(binding, now)
            elif telling.stage is Stage.RESTING:
                self._schedule(binding, now + self._least_ns)
            elif binding.holds:
                self._tell(binding, telling, now)
            else:
                self._rest(binding, now)

    def _is_new(self, binding: Binding) -> bool:
        """Whether the least delay of a new one isn't over yet."""
        return self._timers.deadline(binding) is not None

    def _bound(self, binding: Binding, since: int) -> None:
        """Whoever hasn't been told for a day is told, and so is a new one; the delay is drawn when it is needed."""
        if not self._constants.advertises_prefixes_daily or binding in self._tellings or self._is_new(binding):
            return
        self._timers.set(binding, since + self._least_ns)

    def _gone(self, binding: Binding) -> None:
        """Nothing is told any more to who isn't registered (10.6.2)."""
        self._tellings.pop(binding, None)
        self._timers.cancel(binding)

    def _schedule(self, binding: Binding, least: int) -> None:
        """At random, from this instant on: RAND_ADV_DELAY of 10.6.2, which is never under the least delay."""
        most_ns = self._most_ns
        prefix = self._prefixes.of(binding.home_address)
        if prefix is not None:
            most_ns = min(most_ns, nanoseconds(prefix.preferred_lifetime_s))
        self._tellings[binding] = Telling(Stage.SCHEDULED)
        self._timers.set(binding, least + round(self._randomness.uniform(0, abs(most_ns - self._least_ns))))

    def _tell(self, binding: Binding, telling: Telling, now: int) -> None:
        self._advertise(binding, UNASKED, now)
        telling.repeated = telling.repeated + 1 if telling.stage is Stage.SENT else 0
        telling.stage = Stage.SENT
        if telling.repeated < self._constants.prefix_advertisement_retries:
            wait_s = self._constants.prefix_advertisement_timeout_s * 2**telling.repeated
            self._timers.set(binding, now + nanoseconds(wait_s))
        else:
            self._rest(binding, now)

    def _rest(self, binding: Binding, now: int) -> None:
        if self._constants.advertises_prefixes_daily:
            self._tellings[binding] = Telling(Stage.RESTING)
            self._timers.set(binding, now + self._most_ns)
        else:
            self._gone(binding)

    def _advertise(self, binding: Binding, identifier: int, now: int) -> None:
        message = MobilePrefixAdvertisement(
            identifier=identifier,
            flags=Flags(),
            options=tuple(prefix.option() for prefix in self._prefixes.all),
        )
        home, care_of = binding.home_address, binding.care_of_address
        self._sender.send(message, binding.agent, care_of, now, routed_to=home)


__all__ = ["UNASKED", "HomePrefixes", "PrefixAdvertising"]

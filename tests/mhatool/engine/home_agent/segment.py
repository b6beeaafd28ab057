"""A home link with several home agents and a mobile node that refreshes its bindings: frames take a millisecond.

Agents may crash, come back without their bindings, hang, or be cut off from each other. What isn't between agents isn't
modelled: the mobile node's updates and what it is told go their own way, always.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.ipv6.address import is_multicast
from dissectors.profile import RFC6275
from mhatool.engine.actions import Send
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.arrival import Reader
from mhatool.engine.commands import Start, Stop
from mhatool.engine.constants import Constants
from mhatool.engine.departure import Writer
from mhatool.engine.events import Event
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration
from tests.mhatool.engine.home_agent.stage import CARE_OF, HOME, PREFIX, update
from tests.mhatool.engine.playbook import BEGIN, S

DELAY_NS = 1_000_000
REFRESH_S, LIFETIME_S = 10, 40
LATER = BEGIN + 1_000_000 * S
"""When nobody is there to do anything."""
ROUTER_LINK = bytes.fromhex("0200000000f0")


def address_of(number: int) -> bytes:
    """The address of the agent with this number, from 1 on."""
    return PREFIX[:15] + bytes([number])


class Place:
    """One agent's machine."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.address = address_of(number)
        self.link_address = bytes.fromhex("0200000000") + bytes([number])
        self.restarts = -1
        self.node: HomeAgent | None = None
        self.runs = False


class Segment:
    """The link; `groups` says who hears whom, `loss` how many frames of a hundred nobody hears."""

    def __init__(self, size: int, seed: int, constants: Constants, order: tuple[int, ...] | None = None) -> None:
        self.now = BEGIN
        self.random = Random(seed)
        self.constants = constants
        self.places = [Place(number) for number in range(1, size + 1)]
        self.agents = tuple(address_of(number) for number in order or range(1, size + 1))
        self.groups = {place.number: 0 for place in self.places}
        self.loss = 0
        self.events: list[Event] = []
        self.told: list[tuple[int, int, HomeAgentUnreachable]] = []
        """When which agent told the mobile node what."""
        self._numbers = count(1)
        self._order = count()
        self._frames: list[tuple[int, int, Callable[[], None]]] = []
        self._writer, self._reader = Writer(RFC6275), Reader(RFC6275)
        for place in self.places:
            self.restart(place.number)

    # --- what happens to agents ---

    def restart(self, number: int) -> None:
        """It comes up with nothing; its restart counter counts on."""
        place = self.places[number - 1]
        place.restarts += 1
        advertising = AdvertisingConfiguration(
            interface="home",
            prefixes=(AdvertisedPrefix(prefix=PREFIX, router_address=place.address),),
            home_agent=AdvertisedHomeAgent(),
            min_interval_s=3,
            max_interval_s=4,
            min_delay_s=0.03,
        )
        configuration = HomeAgentConfiguration(
            name=f"ha{number}",
            advertising=advertising,
            constants=self.constants,
            restart_counter=place.restarts,
        )
        place.node = HomeAgent(configuration, Random(self.random.getrandbits(32)))
        place.runs = True
        place.node.command(Start((("home", place.link_address),)), self.now)
        self._collect(place)

    def crash(self, number: int) -> None:
        """It does nothing any more."""
        self.places[number - 1].runs = False

    def leaves(self, number: int) -> None:
        """It is told to leave."""
        place = self.places[number - 1]
        assert place.node is not None
        place.node.command(Stop(), self.now)
        self._collect(place)

    def refresh(self, agents: tuple[bytes, ...] | None = None) -> None:
        """The mobile node says the same to all of its agents."""
        listed = self.agents if agents is None else agents
        message = update(next(self._numbers), LIFETIME_S, "AHLM" if listed else "AHL", listed)
        for place in self.places:
            if place.address in listed:
                datagram = self._writer.write(message, CARE_OF, place.address, home_address=HOME)
                self._deliver(place, datagram, ROUTER_LINK)

    # --- time ---

    def waits(self, seconds: float, refreshing: bool = True) -> None:
        """Time goes on; the mobile node refreshes its bindings every ten seconds."""
        until = self.now + round(seconds * S)
        while (at := self._next()) <= until:
            if refreshing and (at - BEGIN) // (REFRESH_S * S) > (self.now - BEGIN) // (REFRESH_S * S):
                self.now = (at - BEGIN) // (REFRESH_S * S) * REFRESH_S * S + BEGIN
                self.refresh()
                continue
            self.now = max(self.now, at)
            self._step()
        self.now = until

    def _next(self) -> int:
        timers = [place.node.next_timer() for place in self.places if place.runs and place.node is not None]
        times = [at for at in timers if at is not None] + [frame[0] for frame in self._frames[:1]]
        return min(times, default=LATER)

    def _step(self) -> None:
        while self._frames and self._frames[0][0] <= self.now:
            heapq.heappop(self._frames)[2]()
        for place in self.places:
            if place.runs and place.node is not None:
                at = place.node.next_timer()
                if at is not None and at <= self.now:
                    place.node.handle_timer(self.now)
                    self._collect(place)

    # --- frames ---

    def _collect(self, place: Place) -> None:
        assert place.node is not None
        self.events += place.node.poll_events()
        for action in place.node.poll_actions():
            if isinstance(action, Send):
                self._carry(place, action)

    def _carry(self, place: Place, action: Send) -> None:
        arrival = self._reader.read(action.datagram, "home", place.link_address, self.now)
        assert arrival is not None
        if isinstance(arrival.message, HomeAgentUnreachable):
            self.told.append((self.now, place.number, arrival.message))
        for other in self.places:
            is_for = is_multicast(arrival.destination) or arrival.destination == other.address
            if other is not place and is_for and self.random.randrange(100) >= self.loss:
                self._later(place, other, action.datagram)

    def _later(self, place: Place, other: Place, datagram: bytes) -> None:
        if self.groups[place.number] == self.groups[other.number]:
            arrives = self.now + DELAY_NS
            frame: Any = (arrives, next(self._order), lambda: self._deliver(other, datagram, place.link_address))
            heapq.heappush(self._frames, frame)

    def _deliver(self, place: Place, datagram: bytes, link_source: bytes) -> None:
        if place.runs and place.node is not None:
            place.node.receive(datagram, "home", link_source, self.now)
            self._collect(place)

    # --- what is so ---

    def defenders(self, address: bytes = HOME) -> list[int]:
        """Who answers for the home address, or for its link-local one."""
        found = []
        for place in self.places:
            binding = place.node.binding(address) if place.node is not None and place.runs else None
            if binding is not None and binding.defends:
                found.append(place.number)
        return found

    def holders(self) -> list[int]:
        """Who has the binding."""
        found = []
        for place in self.places:
            binding = place.node.binding(HOME) if place.node is not None and place.runs else None
            if binding is not None and binding.holds:
                found.append(place.number)
        return found

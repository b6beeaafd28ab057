"""A mobile node and two home agents, with keys, and everything between them in the hands of a test.

What a node sends stays under way until the test carries it, loses it or keeps it for later. What was really asked and
answered is kept too, so that a test can tell what was believed wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from dissectors.ipv6.address import is_multicast
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.profile import RFC6275
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.commands import LinkChanged
from mhatool.engine.departure import Writer
from mhatool.engine.events import Event
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration
from mhatool.engine.home_agent import SecurityAssociation as AgentsAssociation
from mhatool.engine.mobile_node import SecurityAssociation
from mhatool.engine.mobile_node_events import UpdateSent
from tests.mhatool.engine.mobile_node.journey import AGENT1, AGENT2, ANYCAST, HOME, HOME_PREFIX, LINK, Journey
from tests.mhatool.engine.playbook import Playbook, S

AGENTS = (AGENT1, AGENT2)
AGENT_LINKS = {AGENT1: bytes.fromhex("0200000000a1"), AGENT2: bytes.fromhex("0200000000a2")}
KEYS = {AGENT1: bytes(range(16)), AGENT2: bytes(range(16, 32))}
SPI = 1000
MOBILE = "mn"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A datagram that left: who sent it, and what it is."""

    sender: str
    octets: bytes
    message: Any
    source: bytes
    destination: bytes
    routed_to: bytes | None
    home_address: bytes | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A Binding Update that the mobile node sent."""

    agent: bytes
    sequence_number: int
    care_of_address: bytes
    is_deletion: bool


class SmallWorld:
    """Nodes by name, their clocks in step."""

    def __init__(self) -> None:
        self.writer = Writer(RFC6275)
        self.mobile = Journey(
            security_associations=tuple(
                SecurityAssociation(home_agent=agent, spi=SPI, key=key) for agent, key in KEYS.items()
            ),
        )
        self.agents = {address: _home_agent(f"ha{number}", address) for number, address in enumerate(AGENTS, 1)}
        self.link: bytes | None = None
        """The prefix of the mobile node's link; None: it has none."""
        self.cut: set[bytes] = set()
        """Agents that nothing reaches and that reach nothing."""
        self.under_way: list[UnderWay] = []
        self.sent: list[UnderWay] = []
        self.asked: set[Asked] = set()
        self.answered: set[tuple[bytes, int, int]] = set()
        """Agent, number and status of every acknowledgement that an agent really sent."""
        self.told: list[Event] = []
        for address, play in self.agents.items():
            play.starts(home=AGENT_LINKS[address])
        self.mobile.starts(eth0=LINK)
        self.waits(4)

    # --- time and place ---

    def waits(self, seconds: float) -> None:
        """Time goes on at all nodes; what they send then is carried at once."""
        until = self.mobile.now + round(seconds * S)
        self.carries()
        while True:
            due = [at for play in self._plays() if (at := play.node.next_timer()) is not None and at <= until]
            if not due:
                break
            self._all_wait_until(max(min(due), self.mobile.now))
            self.carries()
        self._all_wait_until(until)

    def moves(self, prefix: bytes | None) -> None:
        """The mobile node is attached to another link, or to none."""
        self.link = prefix
        self.mobile.is_told(LinkChanged("eth0", up=prefix is not None))
        if prefix is not None:
            self.mobile.hears_router(prefix)
        self.collects()

    def _all_wait_until(self, at: int) -> None:
        for play in self._plays():
            play.waits((at - play.now) / S)
            play.now = at
        self.collects()

    def _plays(self) -> tuple[Playbook, ...]:
        return (self.mobile, *self.agents.values())

    # --- what is sent ---

    def collects(self) -> None:
        """What nodes sent is under way, and what they told is kept."""
        for play in self._plays():
            sent, play._sent = play._sent, []
            for each in sent:
                arrival = each.arrival
                self.under_way.append(
                    UnderWay(
                        play.node.name,
                        each.action.datagram,
                        each.message,
                        arrival.source,
                        arrival.destination,
                        arrival.routed_home_address,
                        arrival.home_address,
                    )
                )
            events, play.events = play.events, []
            self.told += events
            self._remember(events)
        del self.sent[:-40]
        self.sent += self.under_way[-40:]

    def _remember(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, UpdateSent):
                self.asked.add(Asked(event.peer, event.sequence_number, event.care_of_address, event.lifetime_s == 0))
        for each in self.under_way:
            if each.sender != MOBILE and isinstance(each.message, BindingAcknowledgement):
                self.answered.add((each.source, each.message.sequence_number, each.message.status))

    def carries(self) -> None:
        """All that is under way arrives, and what it leads to, in this instant."""
        self.collects()
        for _ in range(50):
            if not self.under_way:
                return
            batch, self.under_way = self.under_way, []
            for each in batch:
                self.delivers(each)
            self.collects()
        raise AssertionError("they answer each other without end")

    def delivers(self, each: UnderWay) -> None:
        """To whoever has the destination's address now."""
        if is_multicast(each.destination):
            for play in self._on_link_of(each.sender):
                play.hears_octets(each.octets, link_source=self._link_address(each.sender))
            return
        self.reaches(each.octets, each.destination, self._link_address(each.sender))

    def reaches(self, octets: bytes, destination: bytes, link_source: bytes) -> None:
        """Any octets come to whoever has this address."""
        agents = [agent for agent in AGENTS if agent not in self.cut]
        if destination == ANYCAST and agents:
            destination = agents[0]
        if destination in agents:
            self.agents[destination].hears_octets(octets, link_source=link_source)
        elif destination in self._mobile_addresses():
            self.mobile.hears_octets(octets, link_source=link_source)

    def _mobile_addresses(self) -> tuple[bytes, ...]:
        if self.link is None:
            return ()
        return (HOME,) if self.link == HOME_PREFIX else (self.care_of,)

    @property
    def care_of(self) -> bytes:
        """The address that the mobile node forms on the link where it is."""
        return (self.link or HOME)[:8] + HOME[8:]

    def _on_link_of(self, sender: str) -> list[Playbook]:
        """Who hears what a node says to a group."""
        at_home = [play for agent, play in self.agents.items() if agent not in self.cut]
        if self.link == HOME_PREFIX:
            at_home.append(self.mobile)
        names = [play.node.name for play in at_home]
        return [play for play in at_home if play.node.name != sender] if sender in names else []

    def _link_address(self, sender: str) -> bytes:
        names = {play.node.name: AGENT_LINKS[agent] for agent, play in self.agents.items()}
        return names.get(sender, LINK)


def _home_agent(name: str, address: bytes) -> Playbook:
    prefix = AdvertisedPrefix(prefix=HOME_PREFIX, router_address=address)
    advertising = AdvertisingConfiguration(interface="home", prefixes=(prefix,), home_agent=AdvertisedHomeAgent())
    key = AgentsAssociation(home_address=HOME, home_agent=address, spi=SPI, key=KEYS[address])
    configuration = HomeAgentConfiguration(
        name=name, advertising=advertising, associations=(key,), requires_authentication=True
    )
    return Playbook(HomeAgent(configuration, Random(name)))


__all__ = ["AGENTS", "AGENT_LINKS", "MOBILE", "Asked", "SmallWorld", "UnderWay"]

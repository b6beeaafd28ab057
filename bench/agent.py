"""A home agent with many bindings, driven from wire to wire; run as `python -m bench.agent BINDINGS... [--proven]`.

It registers them all, then takes Binding Updates of nodes drawn by lot, half of which have moved, and prints how many
it answered a second of its own time. Making the updates isn't counted. With several numbers of bindings there are as
many agents, which take turns, so that a drifting machine is the same for all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from random import Random
from time import process_time

from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.profile import RFC6275
from dissectors.spec import Flags, Option
from mhatool.engine.actions import Send
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.commands import Start
from mhatool.engine.departure import Writer
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration, SecurityAssociation
from mhatool.protocol import ntp
from mhatool.protocol.collector import few_collections
from mhatool.protocol.mobility_authentication import AUTHENTICATOR_SIZE, MN_HA, authenticator

S = 1_000_000_000
PREFIX, AGENT = parse("2001:db8:1::"), parse("2001:db8:1::1")
LINK, ROUTER_LINK = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
LIFETIME_S = 40_000
SPI = 1_000
REGISTERED_A_SECOND = 500
ROUNDS, UPDATES_A_ROUND = 5, 5_000
APART_NS = S // 20_000


class WrongAnswerError(Exception):
    """The agent didn't answer each update once."""


class MobileNode:
    """One of them; its addresses and key follow from its number."""

    def __init__(self, number: int) -> None:
        octets = number.to_bytes(7, "big")
        self.home = PREFIX[:8] + b"\x02" + octets
        self.key = b"key of " + octets + bytes(6)
        self._octets = octets

    def care_of(self, link: int) -> bytes:
        """Its address on a foreign link."""
        return bytes.fromhex("20010db80002") + link.to_bytes(2, "big") + b"\x02" + self._octets

    def update(self, writer: Writer, number: int, link: int, stamp: int | None) -> bytes:
        """A Binding Update, with a proof where there is a time stamp."""
        care_of = self.care_of(link)
        options: list[Option] = [AlternateCareOfAddress(care_of_address=care_of)]
        if stamp is not None:
            options.append(MessageIdentification(timestamp=stamp))
            empty = bytes(AUTHENTICATOR_SIZE)
            options.append(MobilityMessageAuthentication(subtype=MN_HA, spi=SPI, authenticator=empty))
        message = BindingUpdate(
            sequence_number=number, flags=Flags("AH"), lifetime_s=LIFETIME_S, options=tuple(options)
        )
        return writer.write(
            message,
            care_of,
            AGENT,
            home_address=self.home,
            seal=None if stamp is None else lambda header: authenticator(self.key, care_of, self.home, header),
        )


class Agent:
    """The agent, with all of them registered."""

    def __init__(self, bindings: int, *, proven: bool) -> None:
        self.proven = proven
        self.now = 1_700_000_000 * S
        self.bindings = bindings
        self._writer = Writer(RFC6275)
        self.node = self._node()
        self._register()

    def _node(self) -> HomeAgent:
        nodes = map(MobileNode, range(self.bindings if self.proven else 0))
        keys = (SecurityAssociation(home_address=node.home, home_agent=AGENT, spi=SPI, key=node.key) for node in nodes)
        advertising = AdvertisingConfiguration(
            interface="home",
            prefixes=(AdvertisedPrefix(prefix=PREFIX, router_address=AGENT),),
            home_agent=AdvertisedHomeAgent(),
        )
        configuration = HomeAgentConfiguration(
            name="agent",
            advertising=advertising,
            advertises=False,
            associations=tuple(keys),
            requires_authentication=self.proven,
        )
        node = HomeAgent(configuration, Random(1))
        node.command(Start((("home", LINK),)), self.now)
        return node

    def _register(self) -> None:
        """Each with duplicate address detection: so many a second, as a link of this size would have it."""
        for number in range(self.bindings):
            self._hear(self._update(number, 1, 0))
            if number % REGISTERED_A_SECOND == 0 or number == self.bindings - 1:
                self.now += S
                self.node.handle_timer(self.now)
                self.node.poll_actions()
                self.node.poll_events()
        if len(self.node.cache) != self.bindings:
            raise WrongAnswerError(f"{len(self.node.cache)} of {self.bindings} bindings")

    def _update(self, number: int, sequence_number: int, link: int) -> bytes:
        stamp = ntp.timestamp(self.now) if self.proven else None
        return MobileNode(number).update(self._writer, sequence_number, link, stamp)

    def _hear(self, datagram: bytes) -> int:
        """How many datagrams it sends for one. By its clock they come apart: so many in an instant would be a flood."""
        self.now += APART_NS
        self.node.receive(datagram, "home", ROUTER_LINK, self.now)
        self.node.poll_events()
        return sum(action.__class__ is Send for action in self.node.poll_actions())

    def rates(self) -> Iterator[float]:
        """Answers a second, round by round."""
        random = Random(2)
        count = min(UPDATES_A_ROUND, self.bindings)
        for turn in range(2, 2 + ROUNDS):
            self.now += 10 * S
            numbers = random.sample(range(self.bindings), count)
            updates = [self._update(number, turn, index % 2) for index, number in enumerate(numbers)]
            with few_collections():
                begin = process_time()
                answers = sum(map(self._hear, updates))
                took = process_time() - begin
            if answers != count:
                raise WrongAnswerError(f"{answers} answers to {count} updates")
            yield count / took


def main() -> None:
    """Print the rates as JSON: a list for each round, with an entry for each agent."""
    proven = "--proven" in sys.argv
    agents = [Agent(int(bindings), proven=proven) for bindings in sys.argv[1:] if bindings.isdigit()]
    print(json.dumps(list(zip(*(agent.rates() for agent in agents), strict=True))))


if __name__ == "__main__":
    main()

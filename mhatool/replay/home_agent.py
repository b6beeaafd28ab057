"""Our home agent in the place of a captured one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from dissectors.profile import Profile
from dissectors.view import View
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.commands import Start
from mhatool.engine.constants import constants_of
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration
from mhatool.engine.node import Node
from mhatool.exchange.copies import ELSEWHERE_NS
from mhatool.protocol.neighbourhood import home_agents_anycast, in_prefix
from mhatool.replay.driver import Input, Reception, Reply, Told
from mhatool.replay.questions import Questions
from mhatool.replay.traffic import NEIGHBOUR_DISCOVERY, NO_LINK, Carried, Traffic

HOME: Final = "home"
ELSEWHERE: Final = "elsewhere"
"""Its two interfaces: on the home link, and all others."""
_PREFIX_LENGTH: Final = 64
_UNKNOWN_LINK_ADDRESS: Final = bytes.fromhex("020000000001")
"""Where no frame shows the agent's own."""
_WITHOUT_ECHO: Final = frozenset({"echo"})


class HomeAgentPart:
    """A home agent by its address on the home link.

    What it says of prefixes and of itself (lifetimes, preference) is taken from the replaced one's advertisements.
    Of neighbour discovery it hears what concerns the home prefix: captures may hold other links too.
    """

    def __init__(self, address: bytes, profile: Profile) -> None:
        self._address = address
        self._profile = profile
        self._anycast = home_agents_anycast(address)
        self.addresses = {address, self._anycast}
        self._link_address = NO_LINK
        self._own: View | None = None
        """Its latest Prefix Information with its address, and what it says of itself beside it."""
        self._information: View | None = None
        self._questions: Questions | None = None
        """What it asks of other home agents, and was answered."""
        self._answered_by_others: set[tuple[bytes, int]] = set()
        """Anycast requests that another agent answered: who asked, and the identifier."""
        self._asked: defaultdict[tuple[bytes, int], list[tuple[int, bytes]]] = defaultdict(list)
        """Each anycast request's frames: when one was seen, and for which link-layer address."""
        self._others: set[bytes] = set()
        """Link-layer addresses of other home agents of the home link."""

    def learn(self, seen: Carried) -> None:
        """Its own advertisements tell its prefix, and its link-layer address."""
        message = seen.message
        if message is None:
            return
        if message.type == "dhaad_reply" and seen.inner.source != self._address:
            self._answered_by_others.add((seen.inner.destination, message.get("identifier")))
        if message.type == "dhaad_request" and seen.inner.destination == self._anycast:
            self._asked[seen.inner.source, message.get("identifier")].append((seen.time_ns, seen.link_destination))
        if message.type not in ("router_advertisement", "mobile_prefix_advertisement"):
            return
        own = next((option for option in message.options if option.get("prefix") == self._address), None)
        if own is None:
            self._note_other(seen, message)
            return
        self._own = own
        if message.type == "router_advertisement":
            self._link_address = seen.link_source
            self.addresses.add(seen.inner.source)
            found = (option for option in message.options if option.type == "home_agent_information")
            self._information = next(found, None)

    def _note_other(self, seen: Carried, message: View) -> None:
        """Another agent's advertisement, on the home link (RFC 6275, 7.1 and 7.2)."""
        is_agent = message.type == "router_advertisement" and "H" in (message.get("flags") or ())
        if is_agent and self._is_of_home_link(message):
            self._others.add(seen.link_source)

    def sent(self, seen: Carried) -> bool:
        """What comes from its address or its own interface."""
        if seen.inner.source in self.addresses:
            return True
        is_on_link = seen.is_told and seen.inner.hop_limit == 255 and self._link_address != NO_LINK
        return is_on_link and seen.link_source == self._link_address

    def received(self, seen: Carried) -> bool:
        """Messages for its addresses, and neighbour discovery of the home link."""
        message = seen.message
        if message is None or message.type in _WITHOUT_ECHO:
            return False
        if message.type in NEIGHBOUR_DISCOVERY:
            return self._is_of_home_link(message)
        return seen.inner.destination in self.addresses and not self._reached_another(seen)

    def _is_of_home_link(self, message: View) -> bool:
        named = [message.get("target"), *(option.get("prefix") for option in message.options)]
        return any(each is not None and in_prefix(each, self._address, _PREFIX_LENGTH) for each in named)

    # --- the node ---

    def node(self, traffic: Traffic) -> Node:
        """A home agent with that prefix and address, which leaves advertising to the replaced one.

        It probes other home agents where that one did: the capture holds nobody's answers otherwise.
        """
        constants = constants_of(self._profile.name)
        probes = any(seen.inner.carries == "heartbeat" for seen in traffic.sent)
        advertising = AdvertisingConfiguration(
            interface=HOME, prefixes=(self._prefix(),), home_agent=self._home_agent()
        )
        configuration = HomeAgentConfiguration(
            name="replayed",
            advertising=advertising,
            profile=self._profile,
            constants=constants if probes else replace(constants, probe_failures=0),
            advertises=False,
        )
        return HomeAgent(configuration, random.Random(0))

    def _prefix(self) -> AdvertisedPrefix:
        prefix = self._address[: _PREFIX_LENGTH // 8] + bytes(8)
        if self._own is None:
            return AdvertisedPrefix(prefix=prefix, prefix_length=_PREFIX_LENGTH, router_address=self._address)
        flags = self._own.get("flags") or ()
        return AdvertisedPrefix(
            prefix=prefix,
            prefix_length=self._own.get("prefix_length"),
            valid_lifetime_s=self._own.get("valid_lifetime_s"),
            preferred_lifetime_s=self._own.get("preferred_lifetime_s"),
            on_link="L" in flags,
            autonomous="A" in flags,
            router_address=self._address,
        )

    def _home_agent(self) -> AdvertisedHomeAgent:
        if self._information is None:
            return AdvertisedHomeAgent()
        return AdvertisedHomeAgent(
            preference=self._information.get("home_agent_preference"),
            lifetime_s=self._information.get("home_agent_lifetime_s"),
        )

    def inputs(self, traffic: Traffic) -> Iterator[Input]:
        """Its start, then what it received."""
        link_address = self._link_address if self._link_address != NO_LINK else _UNKNOWN_LINK_ADDRESS
        yield Told(traffic.first_ns, Start(((HOME, link_address),)))
        self._questions = Questions(traffic.received, traffic.sent, HOME, self._profile)
        answers = self._questions.answers
        yield from self._receptions(seen for seen in traffic.received if seen.frame not in answers)

    def before(self, given: Input) -> Input:
        """As it was captured."""
        return given

    def answers(self, reply: Reply) -> Iterable[Reception]:
        """Another home agent's to a Heartbeat; all else that it sends asks for nothing."""
        return self._questions.answer(reply) if self._questions is not None else ()

    def _receptions(self, received: Iterable[Carried]) -> Iterator[Reception]:
        for seen in received:
            on_link = seen.inner.hop_limit == 255 or in_prefix(seen.inner.source, self._address, _PREFIX_LENGTH)
            interface = HOME if on_link else ELSEWHERE
            yield Reception(seen.time_ns, seen.octets, interface, seen.link_source, seen.frame.number)

    def _reached_another(self, seen: Carried) -> bool:
        """What is sent to the anycast address reaches one agent: the one that answered, or for which its frame was.

        An agent that is dead doesn't answer, and routers go on sending to it for a while.
        """
        if seen.message is None or seen.inner.destination != self._anycast:
            return False
        key = seen.inner.source, seen.message.get("identifier")
        if key in self._answered_by_others:
            return True
        on_its_way = [to for time_ns, to in self._asked[key] if 0 <= time_ns - seen.time_ns < ELSEWHERE_NS]
        return on_its_way[-1] in self._others


__all__ = ["HomeAgentPart"]

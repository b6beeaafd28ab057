"""Dynamic home agent address discovery (RFC 6275, 11.4.1): who are the agents of the home link?"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from dissectors.icmpv6.home_agents import DhaadRequest
from dissectors.ipv6.address import is_routable_unicast
from dissectors.spec import Flags
from mhatool.engine.arrival import Arrival
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node_events import DiscoveryAnswered, DiscoveryFailed, DiscoveryStarted
from mhatool.engine.states import Row, Table
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import in_prefix


class Search(Enum):
    """Whether a request is out."""

    RESTING = "RESTING"
    ASKING = "ASKING"


class Clue(Enum):
    """What happens to a search."""

    START = "START"
    REPLY = "REPLY"
    TIMEOUT = "TIMEOUT"
    STOP = "STOP"


_CLAUSE = "RFC 6275, 11.4.1"

DISCOVERY: Table[Search, Clue] = Table(
    "discovery",
    Search.RESTING,
    [
        Row(Search.RESTING, Clue.START, "ask_first", (Search.ASKING,), _CLAUSE),
        Row(Search.RESTING, Clue.STOP, "", (Search.RESTING,), _CLAUSE),
        Row(Search.ASKING, Clue.START, "ask_first", (Search.ASKING,), "RFC 6275, 11.5.3"),
        Row(Search.ASKING, Clue.TIMEOUT, "ask_again", (Search.ASKING, Search.RESTING), "RFC 6275, 11.8 and 12"),
        Row(Search.ASKING, Clue.REPLY, "take", (Search.RESTING,), _CLAUSE),
        Row(Search.ASKING, Clue.STOP, "rest", (Search.RESTING,), _CLAUSE),
    ],
)


class Discovery:
    """One search at a time; `found` gets who replied, and the agents in the reply's order.

    None of both after DHAAD_RETRIES in vain.
    """

    def __init__(self, context: Context, found: Callable[[bytes | None, tuple[bytes, ...]], None]) -> None:
        self._context = context
        self._found = found
        self._state = DISCOVERY.start
        self._care_of_address = b""
        self._identifier = 0
        self._retries = 0
        context.ring_for(Alarm.DISCOVERY, lambda _: self._feed(Clue.TIMEOUT))

    @property
    def is_asking(self) -> bool:
        """Whether a request is out."""
        return self._state is Search.ASKING

    @property
    def asked_ns(self) -> int:
        """When the request that is out was sent last; 0 where none is."""
        due_ns = self._context.timers.deadline((Alarm.DISCOVERY, b""))
        return due_ns - nanoseconds(self._wait_s) if due_ns is not None else 0

    def asks_from(self, care_of_address: bytes) -> bool:
        """Whether a request from this care-of address is out."""
        return self.is_asking and self._care_of_address == care_of_address

    def start(self, care_of_address: bytes) -> None:
        """Ask from this care-of address, with an identifier of its own."""
        self._care_of_address = care_of_address
        self._feed(Clue.START)

    def stop(self) -> None:
        """Nobody needs to know any more."""
        self._feed(Clue.STOP)

    def answers(self, arrival: Arrival) -> bool:
        """Whether a reply is to the request that is out."""
        return self.is_asking and (
            arrival.message.identifier == self._identifier and arrival.destination == self._care_of_address
        )

    def take_reply(self, arrival: Arrival) -> None:
        """The reply to the request that is out; an empty one means its sender (RFC 6275, 11.4.1).

        The node itself is no home agent of its own, whatever the reply says. Where agents of the home address's prefix
        are listed, other addresses are taken for theirs: of another prefix of the link, under which they fail together.
        """
        own = (self._context.home_address, self._care_of_address)
        listed = tuple(dict.fromkeys(arrival.message.home_agents)) or (arrival.source,)
        agents = tuple(agent for agent in listed if is_routable_unicast(agent) and agent not in own)
        home_prefix = self._context.configuration.home_prefix
        agents = tuple(agent for agent in agents if in_prefix(agent, home_prefix, 64)) or agents
        self._context.tell(DiscoveryAnswered, identifier=self._identifier, home_agents=agents)
        self._feed(Clue.REPLY)
        self._found(arrival.source, agents)

    def _feed(self, clue: Clue) -> None:
        asked = self.is_asking
        self._state = DISCOVERY.feed(self._state, clue, self)
        if asked and clue is Clue.TIMEOUT and not self.is_asking:
            self._found(None, ())

    # --- handlers ---

    def ask_first(self) -> None:
        """A new search."""
        context = self._context
        self._retries = 0
        self._identifier = context.randomness.getrandbits(16)
        context.tell(DiscoveryStarted, prefix=context.configuration.home_prefix, identifier=self._identifier)
        self._ask()

    def ask_again(self) -> Search | None:
        """The same question after twice the wait, DHAAD_RETRIES times at most."""
        context = self._context
        if self._retries == context.constants.dhaad_retries:
            context.tell(DiscoveryFailed, prefix=context.configuration.home_prefix, cause="nobody answered")
            return Search.RESTING
        context.unanswered(context.now - nanoseconds(self._wait_s))
        self._retries += 1
        self._ask()
        return None

    def take(self) -> None:
        """It was answered."""
        self._context.cancel(Alarm.DISCOVERY)

    def rest(self) -> None:
        """It is given up."""
        self._context.cancel(Alarm.DISCOVERY)

    def _ask(self) -> None:
        context = self._context
        request = DhaadRequest(identifier=self._identifier, flags=Flags())
        context.send(request, self._care_of_address, context.configuration.anycast_address)
        context.set_alarm(Alarm.DISCOVERY, self._wait_s)

    @property
    def _wait_s(self) -> float:
        """RFC 6275, 11.8 and 12."""
        wait: float = self._context.constants.initial_dhaad_timeout_s * 2**self._retries
        return wait


__all__ = ["DISCOVERY", "Clue", "Discovery", "Search"]

"""How home agents become known: by DHAAD (RFC 6275, 6.5, 6.6, 11.4.1) and by router advertisements (7.1, 7.4)."""

from __future__ import annotations

from collections import deque

from msgspec import Struct, field

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.exchange.conversation import JITTER_NS
from mhatool.observe.inquiry import MOST_REPEATS, Asked, is_repeated
from mhatool.observe.moment import Moment, Seen

MOST_REPLIES = 16
"""Kept of one discovery."""
MOST_READ = 1_000
"""Router advertisements that needn't be read again."""


class DiscoveryReply(Struct, frozen=True):
    """A Home Agent Address Discovery Reply: `home_agents` in the order of the list.

    `truncated`: the capture cut it, so that there may be more of them.
    """

    moment: Moment
    identifier: int
    source: bytes
    home_agents: tuple[bytes, ...]
    truncated: bool


class Discovery(Struct):
    """A mobile node's search for home agents: its requests, repeated ones included, and what answered.

    `asked_address` is the home agents' anycast address, None where no request was seen.
    """

    care_of_address: bytes
    asked_address: bytes | None
    asked: list[Asked] = field(default_factory=list)
    replies: list[DiscoveryReply] = field(default_factory=list)

    @property
    def start_ns(self) -> int:
        """Its first message, nanoseconds since 1970."""
        return self.asked[0].moment.time_ns if self.asked else self.replies[0].moment.time_ns

    @property
    def latency_ns(self) -> int | None:
        """From the first request to the first reply, 0 where that is stamped before it; None where one wasn't seen."""
        return self.latency_of(self.replies[0]) if self.replies else None

    def latency_of(self, reply: DiscoveryReply) -> int | None:
        """From the first request to this reply, nanoseconds; None where no request was seen."""
        return max(0, reply.moment.time_ns - self.asked[0].moment.time_ns) if self.asked else None


#: Who asks, and the identifier of request and reply.
_Question = tuple[bytes, int]


class Discoveries:
    """The latest discoveries."""

    def __init__(self, most: int) -> None:
        self.made = 0
        """How many there were, those that aren't kept any more too."""
        self._all: deque[Discovery] = deque(maxlen=most)
        self._newest: Latest[bytes, Discovery] = Latest(most)
        self._asked: Latest[_Question, Discovery] = Latest(most)

    def request(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """A Home Agent Address Discovery Request; its reply may be stamped before it."""
        identifier = message.get("identifier")
        if identifier is None:
            return
        discovery = self._newest.get(datagram.source)
        if discovery is not None and _was_answered(discovery, identifier, moment.time_ns):
            discovery.asked_address = datagram.destination
        elif discovery is None or not is_repeated(discovery.asked, bool(discovery.replies), moment.time_ns):
            discovery = self._keep(Discovery(datagram.source, datagram.destination))
        if len(discovery.asked) < MOST_REPEATS:
            discovery.asked.append(Asked(moment, identifier))
        self._asked.note((datagram.source, identifier), discovery)

    def reply(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """A Home Agent Address Discovery Reply: it answers the latest request with its identifier, if that was seen."""
        identifier = message.get("identifier")
        if identifier is None:
            return
        discovery = self._asked.get((datagram.destination, identifier))
        if discovery is None:
            discovery = self._keep(Discovery(datagram.destination, None))
        if len(discovery.replies) < MOST_REPLIES:
            agents = tuple(message.get("home_agents") or ())
            reply = DiscoveryReply(moment, identifier, datagram.source, agents, message.truncated)
            discovery.replies.append(reply)

    def _keep(self, discovery: Discovery) -> Discovery:
        self._newest.note(discovery.care_of_address, discovery)
        self._all.append(discovery)
        self.made += 1
        return discovery

    @property
    def all(self) -> list[Discovery]:
        """Every discovery, in order of first appearance; at most the latest of many."""
        return list(self._all)


def _was_answered(discovery: Discovery, identifier: int, now_ns: int) -> bool:
    """Whether a reply to this request came shortly before it."""
    reply = discovery.replies[0] if discovery.replies and not discovery.asked else None
    return reply is not None and reply.identifier == identifier and now_ns - reply.moment.time_ns <= JITTER_NS


class AdvertisedAgent(Struct):
    """A home agent as its router advertisements tell (H flag).

    `address` is the global one of a prefix with the R flag, or the link-local source where there is none.
    `preference` and `lifetime_s` are the latest: of the Home Agent Information option, or without one 0 and the router
    lifetime (RFC 6275, 7.4). `ceased_ns`: when it said that it is no home agent any more (lifetime 0).
    `truncated`: the capture cut the latest. What may have stood in the rest is then unknown: `preference` and
    `lifetime_s` are None, `address` the link-local source.
    """

    address: bytes
    link_local_address: bytes
    first: Moment
    last_ns: int
    preference: int | None
    lifetime_s: int | None
    truncated: bool = False
    ceased_ns: int | None = None


class RouterSays(Struct, frozen=True):
    """What a router advertisement tells: the address by which its sender is known, and its offer as a home agent.

    `truncated`: the capture cut it; what may have been in the rest is None.
    """

    address: bytes
    is_home_agent: bool | None
    preference: int | None
    lifetime_s: int | None
    truncated: bool


class AdvertisedAgents:
    """The home agents that advertise themselves; at most the `most` latest."""

    def __init__(self, most: int) -> None:
        self._by_address: Latest[bytes, AdvertisedAgent] = Latest(most)
        self._read: Latest[tuple[bytes, bytes, bool], RouterSays] = Latest(MOST_READ)

    def see(self, seen: Seen, datagram: Datagram, message: View) -> RouterSays:
        """A router advertisement; what it tells."""
        octets = (datagram.source, message.bytes, message.truncated)  # a router says the same again and again
        said = self._read.get(octets) or self._read.note(octets, _read(datagram, message))
        known = self._by_address.get(said.address)
        if said.is_home_agent:
            if known is None:
                first = Moment(seen.time_ns, seen.frame)
                agent = AdvertisedAgent(said.address, datagram.source, first, 0, 0, 0)
                known = self._by_address.note(said.address, agent)
            known.last_ns, known.truncated = seen.time_ns, said.truncated
            known.preference, known.lifetime_s = said.preference, said.lifetime_s
            known.ceased_ns = (known.ceased_ns or seen.time_ns) if said.lifetime_s == 0 else None
        elif known is not None and said.is_home_agent is not None:
            known.ceased_ns = known.ceased_ns or seen.time_ns
        return said

    @property
    def all(self) -> list[AdvertisedAgent]:
        """Every one, in order of first appearance."""
        return list(self._by_address.values())


def _read(datagram: Datagram, message: View) -> RouterSays:
    options = message.options
    information = next((option for option in options if option.type == "home_agent_information"), None)
    unknown = None if message.truncated else 0
    if information is not None:
        offer = information.get("home_agent_preference", unknown), information.get("home_agent_lifetime_s", unknown)
    else:  # in what was cut there may be one
        offer = unknown, None if message.truncated else message.get("router_lifetime_s", 0)
    flags = message.get("flags")
    is_home_agent = "H" in flags if flags is not None else None
    return RouterSays(_router_address(options) or datagram.source, is_home_agent, *offer, message.truncated)


def _router_address(options: list[View]) -> bytes | None:
    """The whole address that stands in a Prefix Information with the R flag (RFC 6275, 7.2)."""
    for option in options:
        if option.type == "prefix_information" and "R" in (option.get("flags") or ()):
            address: bytes | None = option.get("prefix")
            return address
    return None

"""Requests and what answers them, matched by what both carry: identifiers, cookies, sequence numbers.

Sources: RFC 6275, 6.5 and 6.6 (home agent discovery), 6.7 and 6.8 (prefixes), 5.2.5 (return routability); RFC 5847, 3.2
(Heartbeat).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from msgspec import Struct

from dissectors.icmpv6.home_agents import DhaadRequest, MobilePrefixSolicitation
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from dissectors.packet import Datagram
from dissectors.spec import Message
from dissectors.view import View
from mhatool.exchange.latest import Latest
from mhatool.exchange.recent import Recent
from mhatool.exchange.sighting import Frame
from mhatool.protocol.lifetime import nanoseconds

MOST_REQUESTS = 20_000
MOST_ANSWERS = 8
"""Frames that are kept of one request's answers."""
MOST_STRAYS = 2_000
"""Answers that are kept for requests that never came."""
JITTER_NS = nanoseconds(1)
"""How much later than its answer a request may be stamped, by interfaces whose clocks differ."""
WAITING_NS = nanoseconds(10)
"""A request older than this isn't waiting any more: it was sent again long ago, or given up."""
KEPT_NS = nanoseconds(60)
"""What was answered and is older than this is forgotten: its answer doesn't come again."""
_ASKER = 16
"""Octets of a key that are the asker's address."""

#: The asker's address, the answerer's (unless any may answer), and what both messages carry: one table entry.
Key = bytes


class Kind(NamedTuple):
    """A kind of request: its message, the type of the answer, and the field that both have at one place.

    `by_home_address`: options and routing headers count for who is meant. `is_open`: any node may answer. `is_plenty`:
    they come by the thousand, and that they were answered is forgotten with them.
    """

    name: str
    request: type[Message]
    answer: str
    repeated: str
    by_home_address: bool = False
    is_open: bool = False
    is_plenty: bool = False


KINDS = (
    Kind("dhaad", DhaadRequest, "dhaad_reply", "identifier", is_open=True),
    Kind("prefixes", MobilePrefixSolicitation, "mobile_prefix_advertisement", "identifier"),
    Kind("home test", HomeTestInit, "home_test", "home_init_cookie", by_home_address=True, is_plenty=True),
    Kind("care-of test", CareOfTestInit, "care_of_test", "care_of_init_cookie", by_home_address=True, is_plenty=True),
    Kind("heartbeat", Heartbeat, "heartbeat", "sequence_number", by_home_address=True),
)
REQUESTS_AND_ANSWERS = frozenset(
    {kind.request.__declaration__.symbol for kind in KINDS} | {kind.answer for kind in KINDS}
)
"""The messages that `Requests` wants to see, as records name them."""


class Request:
    """A request as it was last sent; `answers` are the frames of what answered it, the first ones.

    `kind` as in `KINDS`; `source`, `destination` and `home_address` (None without option) are the packet's; `carried`
    is the cookie, identifier or number that the answer repeats, as it stands there.
    """

    __slots__ = (
        *("time_ns", "frame", "kind", "key", "carried", "source", "destination", "home_address"),
        *("answers", "answered_ns"),
    )

    def __init__(self, time_ns: int, frame: Frame, kind: str, key: Key, carried: bytes, datagram: Datagram) -> None:
        self.time_ns = time_ns
        self.frame = frame
        self.kind = kind
        self.key = key
        """What its answer is known by, among those of its kind."""
        self.carried = carried
        self.source = datagram.source
        self.destination = datagram.destination
        self.home_address = datagram.home_address
        self.answers: tuple[Frame, ...] = ()
        self.answered_ns: int | None = None

    @property
    def asker(self) -> bytes:
        """Who is meant by its source: the home address where an option counts."""
        return self.key[:_ASKER]

    def answer(self, time_ns: int, frame: Frame) -> None:
        """Take in an answer."""
        if self.answered_ns is None:
            self.answered_ns = time_ns
        if len(self.answers) < MOST_ANSWERS:
            self.answers += (frame,)


class Stray(Struct, frozen=True):
    """An answer to nothing that was asked. `waiting`: the request of the same two nodes that had no answer then."""

    time_ns: int
    frame: Frame
    datagram: Datagram
    message: View
    waiting: Request | None


class _Index:
    """Requests of one kind by less than their keys: by who asked whom, by who asked, and by all but who asked."""

    def __init__(self, most: int, requests: Iterable[Request]) -> None:
        self.newest: Recent[bytes, Request] = Recent(most)
        """By one address or both."""
        self.by_content: Recent[bytes, Request] = Recent(most)
        for request in requests:
            self.add(request)

    def add(self, request: Request) -> None:
        """One more."""
        key, now_ns = request.key, request.time_ns
        nodes = key[: len(key) - len(request.carried)]
        for some in (nodes, nodes[:_ASKER]):
            self.newest.note(some, request, now_ns)
        self.by_content.note(key[_ASKER:], request, now_ns)


class _Asked:
    """The latest requests of one kind."""

    __slots__ = ("by_home_address", "first", "index", "is_open", "is_plenty", "is_twofold", "last", "name", "recent")

    def __init__(self, kind: Kind) -> None:
        self.name = kind.name
        self.by_home_address = kind.by_home_address
        self.is_open = kind.is_open
        self.is_plenty = kind.is_plenty
        self.is_twofold = kind.request.__declaration__.symbol == kind.answer
        """Requests and answers are of one type."""
        place = kind.request.__declaration__.fixed_by_name[kind.repeated]
        self.first, self.last = place.first, place.last
        self.recent: dict[Key, Request] = {}
        self.index: _Index | None = None
        """Made when the first answer comes that nobody asked for; most captures have none."""

    def asking(self, datagram: Datagram) -> bytes:
        """The nodes in a request's key."""
        if self.by_home_address:
            return datagram.true_source + datagram.true_destination
        return datagram.source if self.is_open else datagram.source + datagram.destination

    def asked(self, datagram: Datagram) -> bytes:
        """The same from an answer."""
        if self.by_home_address:
            return datagram.true_destination + datagram.true_source
        return datagram.destination if self.is_open else datagram.destination + datagram.source

    def carried(self, message: View) -> bytes | None:
        """What a request and its answer both carry; None where that is cut off."""
        start, last = message.start, message.start + self.last
        return message.octets[start + self.first : last] if last <= message.end else None


class Requests:
    """The latest requests; an answer is given the newest request that it fits."""

    def __init__(self, most: int = MOST_REQUESTS) -> None:
        self._most = most
        self._of_kind = {kind.name: _Asked(kind) for kind in KINDS}
        self._asks = {kind.request.__declaration__.symbol: self._of_kind[kind.name] for kind in KINDS}
        self._answers = {kind.answer: self._of_kind[kind.name] for kind in KINDS}
        self._order: deque[Request] = deque()
        """The recent ones, the oldest first; one that was sent again stands there twice."""
        self._in_vain: Latest[tuple[str, Key], Request] = Latest(most)
        """Those that are older than `KEPT_NS` and have no answer."""
        self._reached: Latest[tuple[bytes, bytes], None] = Latest(most)
        self._strays: Latest[tuple[str, Key], Stray] = Latest(MOST_STRAYS)

    def __iter__(self) -> Iterator[Request]:
        """The latest of each, the oldest first; of those that were answered only recent ones."""
        newest = (request for request in self._order if self._of_kind[request.kind].recent.get(request.key) is request)
        return chain(self._in_vain.values(), newest)

    def see(self, time_ns: int, frame: Frame, datagram: Datagram) -> Request | None:
        """Take in a message. For an answer: the request that it answers, None where none was seen."""
        carries, message = datagram.carries, datagram.upper
        if message is None or message.checksum_status == "bad":
            return None
        kind = self._asks.get(carries)
        if kind is not None and not (kind.is_twofold and _is_response(message)):
            carried = kind.carried(message)
            if carried is not None:
                self._ask(kind, Request(time_ns, frame, kind.name, kind.asking(datagram) + carried, carried, datagram))
            return None
        kind = self._answers.get(carries)
        carried = kind.carried(message) if kind is not None else None
        if kind is None or carried is None:
            return None
        nodes = kind.asked(datagram)
        key = nodes + carried
        request = kind.recent.get(key) or self._in_vain.get((kind.name, key))
        if request is None:
            waiting = _waiting(self._index(kind).newest.get(nodes), time_ns)
            self._strays.note((kind.name, key), Stray(time_ns, frame, datagram, message, waiting))
            return None
        request.answer(time_ns, frame)
        return request

    def _ask(self, kind: _Asked, request: Request) -> None:
        key, now_ns = request.key, request.time_ns
        if self._strays:
            early = self._strays.get((kind.name, key))
            if early is not None and now_ns - early.time_ns <= JITTER_NS:
                del self._strays[kind.name, key]
                request.answer(early.time_ns, early.frame)
        if self._in_vain:
            self._in_vain.pop((kind.name, key), None)
        if kind.index is not None:
            kind.index.add(request)
        kind.recent[key] = request
        order = self._order
        order.append(request)
        if now_ns - order[0].time_ns > KEPT_NS or len(order) > self._most:
            self._forget(now_ns)

    def _index(self, kind: _Asked) -> _Index:
        if kind.index is None:
            kind.index = _Index(self._most, (request for request in self if request.kind == kind.name))
        return kind.index

    def _forget(self, now_ns: int) -> None:
        """What is old and was answered, and the oldest of too many; what has no answer is kept apart."""
        order = self._order
        while True:
            oldest = order[0]
            is_old = now_ns - oldest.time_ns > KEPT_NS
            if not is_old and len(order) <= self._most:
                return
            order.popleft()
            kind = self._of_kind[oldest.kind]
            if kind.recent.get(oldest.key) is not oldest:
                continue  # it was sent again since
            del kind.recent[oldest.key]
            if oldest.answers and not kind.is_plenty:
                self._reached.note((oldest.source, oldest.destination), None)
            elif is_old and not oldest.answers:
                self._in_vain.note((kind.name, oldest.key), oldest)

    def unanswered(self) -> Iterator[Request]:
        """Those that nothing has answered yet, the oldest first."""
        return (request for request in self if not request.answers)

    def reached(self) -> Iterator[tuple[bytes, bytes]]:
        """Sources of requests that were answered, with their destinations."""
        answered = ((request.source, request.destination) for request in self if request.answers)
        return chain(self._reached, answered)

    def strays(self, answer: str) -> Iterator[Stray]:
        """Answers of a type that carry what nobody asked with, though their receiver waits for another to this day."""
        for stray in self._strays.values():
            if stray.message.type == answer and stray.waiting is not None and not stray.waiting.answers:
                yield stray

    def asked_by_another(self, datagram: Datagram, message: View) -> Request | None:
        """For an answer: the request with the same content to its sender, whoever sent that."""
        kind = self._answers.get(message.type)
        carried = kind.carried(message) if kind is not None else None
        if kind is None or carried is None:
            return None
        return self._index(kind).by_content.get(kind.asked(datagram)[_ASKER:] + carried)

    def newest(self, answer: Datagram, message: View) -> Request | None:
        """For an answer: what its receiver asked last of that kind, whomever it asked."""
        kind = self._answers.get(message.type)
        if kind is None or kind.carried(message) is None:
            return None
        return self._index(kind).newest.get(kind.asked(answer)[:_ASKER])


def _waiting(newest: Request | None, now_ns: int) -> Request | None:
    """What a node asked last, where it waits for the answer now."""
    if newest is None or newest.answers or now_ns - newest.time_ns > WAITING_NS:
        return None
    return newest


def _is_response(heartbeat: View) -> bool:
    return "R" in heartbeat.get("flags", ())

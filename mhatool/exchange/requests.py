"""Requests and what answers them, matched by what both carry: identifiers, cookies, sequence numbers.

Sources: RFC 6275, 6.5 and 6.6 (home agent discovery), 6.7 and 6.8 (prefixes), 5.2.5 (return routability); RFC 5847, 3.2
(Heartbeat).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from dissectors.packet import Datagram
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
_TESTS = frozenset({"home test", "care-of test"})
"""Kinds of requests by the thousand: that they were answered is forgotten with them."""
MOST_PEERS = 64
"""Of one asker, whose newest requests are known."""
JITTER_NS = nanoseconds(1)
"""How much later than its answer a request may be stamped, by interfaces whose clocks differ."""
WAITING_NS = nanoseconds(10)
"""A request older than this isn't waiting any more: it was sent again long ago, or given up."""
KEPT_NS = nanoseconds(60)
"""What was answered and is older than this is forgotten: its answer doesn't come again."""

#: The kind of exchange, the asker's address, the answerer's (None: any may answer), and what both messages carry.
Key = tuple[str, bytes, bytes | None, object]
#: The same without what they carry: who asks whom.
Parties = tuple[str, bytes, bytes | None]


class Request:
    """A request as it was last sent; `answers` are the frames of what answered it, the first ones.

    `kind` as in `REQUESTS`; `source`, `destination` and `home_address` (None without option) are the packet's, `asker`
    who is meant by them; `carried` is the cookie, identifier or number that the answer repeats.
    """

    __slots__ = (
        *("time_ns", "frame", "kind", "asker", "answerer", "source", "destination", "home_address", "carried"),
        *("answers", "answered_ns"),
    )

    def __init__(self, time_ns: int, frame: Frame, key: Key, datagram: Datagram) -> None:
        self.time_ns = time_ns
        self.frame = frame
        self.kind, self.asker, self.answerer, self.carried = key
        self.source = datagram.source
        self.destination = datagram.destination
        self.home_address = datagram.home_address
        self.answers: tuple[Frame, ...] = ()
        self.answered_ns: int | None = None

    @property
    def key(self) -> Key:
        """What its answer is known by."""
        return self.kind, self.asker, self.answerer, self.carried

    def answer(self, time_ns: int, frame: Frame) -> None:
        """Take in an answer."""
        if self.answered_ns is None:
            self.answered_ns = time_ns
        if len(self.answers) < MOST_ANSWERS:
            self.answers += (frame,)


@dataclass(frozen=True, slots=True)
class Stray:
    """An answer to nothing that was asked. `waiting`: the request of the same two nodes that had no answer then."""

    time_ns: int
    frame: Frame
    datagram: Datagram
    message: View
    waiting: Request | None


class Requests:
    """The latest requests; an answer is given the newest request that it fits."""

    def __init__(self, most: int = MOST_REQUESTS) -> None:
        self._most = most
        self._recent: OrderedDict[Key, Request] = OrderedDict()
        self._in_vain: Latest[Key, Request] = Latest(most)
        """Those that are older than `KEPT_NS` and have no answer."""
        self._newest: Recent[tuple[str, bytes], dict[bytes | None, Request]] = Recent(most)
        """What a node asked last of a kind, by whom it asked; None: of anybody."""
        self._by_content: dict[tuple[str, bytes | None, object], Request] = {}
        self._reached: Latest[tuple[bytes, bytes], None] = Latest(most)
        self._strays: Latest[Key, Stray] = Latest(MOST_STRAYS)

    def __iter__(self) -> Iterator[Request]:
        """The latest of each, the oldest first; of those that were answered only recent ones."""
        return chain(self._in_vain.values(), self._recent.values())

    def see(self, time_ns: int, frame: Frame, datagram: Datagram) -> Request | None:
        """Take in a message. For an answer: the request that it answers, None where none was seen."""
        carries, message = datagram.carries, datagram.upper
        if message is None or message.checksum_status == "bad":
            return None
        asked = _ASKS.get(carries)
        key = asked(datagram, message) if asked is not None else None
        if key is not None:
            self._ask(key, Request(time_ns, frame, key, datagram))
            return None
        answers = _ANSWERS.get(carries)
        key = answers(datagram, message) if answers is not None else None
        return self._answered(key, time_ns, frame, datagram, message) if key is not None else None

    def _ask(self, key: Key, request: Request) -> None:
        if self._strays:
            early = self._strays.get(key)
            if early is not None and request.time_ns - early.time_ns <= JITTER_NS:
                del self._strays[key]
                request.answer(early.time_ns, early.frame)
        kind, asker, answerer, carried = key
        if key in self._recent:
            self._recent.move_to_end(key)
        self._recent[key] = request
        if self._in_vain:
            self._in_vain.pop(key, None)
        asked = self._newest.renew((kind, asker), request.time_ns)
        if asked is None or len(asked) > MOST_PEERS:
            asked = self._newest.note((kind, asker), {}, request.time_ns)
        asked[answerer] = asked[None] = request
        self._by_content[kind, answerer, carried] = request
        self._forget(request.time_ns)

    def _forget(self, now_ns: int) -> None:
        """What is old and was answered, and the oldest of too many; what has no answer is kept apart."""
        recent = self._recent
        while True:
            key, oldest = next(iter(recent.items()))
            is_old = now_ns - oldest.time_ns > KEPT_NS
            if not is_old and len(recent) <= self._most:
                return
            del recent[key]
            if oldest.answers and oldest.kind not in _TESTS:
                self._reached.note((oldest.source, oldest.destination), None)
            elif is_old and not oldest.answers:
                self._in_vain.note(key, oldest)
                continue
            content = oldest.kind, oldest.answerer, oldest.carried
            if self._by_content.get(content) is oldest:
                del self._by_content[content]

    def _answered(self, key: Key, time_ns: int, frame: Frame, datagram: Datagram, message: View) -> Request | None:
        request = self._recent.get(key) or self._in_vain.get(key)
        if request is not None:
            request.answer(time_ns, frame)
            return request
        asked = self._newest.get(key[:2])
        waiting = asked.get(key[2]) if asked is not None else None
        if waiting is not None and (waiting.answers or time_ns - waiting.time_ns > WAITING_NS):
            waiting = None
        self._strays.note(key, Stray(time_ns, frame, datagram, message, waiting))
        return None

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
        answers = _ANSWERS.get(message.type)
        key = answers(datagram, message) if answers is not None else None
        return self._by_content.get((key[0], key[2], key[3])) if key is not None else None

    def newest(self, answer: Datagram, message: View) -> Request | None:
        """For an answer: what its receiver asked last of that kind, whomever it asked."""
        answers = _ANSWERS.get(message.type)
        key = answers(answer, message) if answers is not None else None
        asked = self._newest.get(key[:2]) if key is not None else None
        return asked.get(None) if asked is not None else None


# --- what makes a pair ---


def _dhaad_request(datagram: Datagram, message: View) -> Key | None:
    return _key("dhaad", datagram.source, None, message.get("identifier"))


def _dhaad_reply(datagram: Datagram, message: View) -> Key | None:
    return _key("dhaad", datagram.destination, None, message.get("identifier"))


def _solicitation(datagram: Datagram, message: View) -> Key | None:
    return _key("prefixes", datagram.source, datagram.destination, message.get("identifier"))


def _advertisement(datagram: Datagram, message: View) -> Key | None:
    return _key("prefixes", datagram.destination, datagram.source, message.get("identifier"))


def _init(kind: str, cookie: str) -> Callable[[Datagram, View], Key | None]:
    def asked(datagram: Datagram, message: View) -> Key | None:
        return _key(kind, datagram.true_source, datagram.true_destination, message.get(cookie))

    return asked


def _test(kind: str, cookie: str) -> Callable[[Datagram, View], Key | None]:
    def answered(datagram: Datagram, message: View) -> Key | None:
        return _key(kind, datagram.true_destination, datagram.true_source, message.get(cookie))

    return answered


def _heartbeat(datagram: Datagram, message: View) -> Key | None:
    flags = message.get("flags")
    if flags is None or "R" in flags:
        return None
    return _key("heartbeat", datagram.true_source, datagram.true_destination, message.get("sequence_number"))


def _heartbeat_response(datagram: Datagram, message: View) -> Key | None:
    return _key("heartbeat", datagram.true_destination, datagram.true_source, message.get("sequence_number"))


def _key(kind: str, asker: bytes, answerer: bytes | None, carried: object) -> Key | None:
    return None if carried is None else (kind, asker, answerer, carried)


_ASKS: dict[str, Callable[[Datagram, View], Key | None]] = {
    "dhaad_request": _dhaad_request,
    "mobile_prefix_solicitation": _solicitation,
    "home_test_init": _init("home test", "home_init_cookie"),
    "care_of_test_init": _init("care-of test", "care_of_init_cookie"),
    "heartbeat": _heartbeat,
}
_ANSWERS: dict[str, Callable[[Datagram, View], Key | None]] = {
    "dhaad_reply": _dhaad_reply,
    "mobile_prefix_advertisement": _advertisement,
    "home_test": _test("home test", "home_init_cookie"),
    "care_of_test": _test("care-of test", "care_of_init_cookie"),
    "heartbeat": _heartbeat_response,
}

REQUESTS_AND_ANSWERS = frozenset(_ASKS) | frozenset(_ANSWERS)
"""The messages that `Requests` wants to see, as records name them."""

"""Mobile prefix discovery: what a home agent tells of the home link's prefixes (RFC 6275, 6.7, 6.8 and 11.4.2)."""

from __future__ import annotations

from collections import deque

from msgspec import Struct, field

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.exchange.conversation import JITTER_NS
from mhatool.observe.inquiry import MOST_REPEATS, Asked, is_repeated
from mhatool.observe.moment import Moment

MOST_ADVERTISEMENTS = 16
"""Kept of one exchange."""


class AdvertisedPrefix(Struct, frozen=True):
    """A Prefix Information option: with the R flag `prefix` is the whole address of a router there."""

    prefix: bytes
    prefix_length: int
    flags: tuple[str, ...]
    valid_lifetime_s: int
    preferred_lifetime_s: int


class PrefixAdvertisement(Struct, frozen=True):
    """A Mobile Prefix Advertisement; `truncated`: the capture cut it, so that there may be more prefixes."""

    moment: Moment
    identifier: int
    flags: tuple[str, ...]
    prefixes: tuple[AdvertisedPrefix, ...]
    truncated: bool


class PrefixExchange(Struct):
    """Mobile Prefix Solicitations, repeated ones included, and what answered; without them it came unsolicited."""

    home_address: bytes
    home_agent: bytes
    asked: list[Asked] = field(default_factory=list)
    advertisements: list[PrefixAdvertisement] = field(default_factory=list)

    @property
    def is_solicited(self) -> bool:
        """Whether a solicitation for it was seen."""
        return bool(self.asked)

    @property
    def start_ns(self) -> int:
        """Its first message, nanoseconds since 1970."""
        return self.asked[0].moment.time_ns if self.asked else self.advertisements[0].moment.time_ns


#: Who asks whom, and the identifier of question and answer.
_Question = tuple[bytes, bytes, int]


class PrefixExchanges:
    """The latest exchanges about prefixes."""

    def __init__(self, most: int) -> None:
        self._all: deque[PrefixExchange] = deque(maxlen=most)
        self._newest: Latest[tuple[bytes, bytes], PrefixExchange] = Latest(most)
        self._asked: Latest[_Question, PrefixExchange] = Latest(most)

    @property
    def all(self) -> list[PrefixExchange]:
        """Every exchange, in order of first appearance; at most the latest of many."""
        return list(self._all)

    def solicitation(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """A Mobile Prefix Solicitation; its answer may be stamped before it."""
        identifier = message.get("identifier")
        if identifier is None:
            return
        pair = (datagram.true_source, datagram.true_destination)
        exchange = self._newest.get(pair)
        is_known = exchange is not None and (
            _was_answered(exchange, identifier, moment.time_ns)
            or is_repeated(exchange.asked, bool(exchange.advertisements), moment.time_ns)
        )
        if exchange is None or not is_known:
            exchange = self._keep(PrefixExchange(*pair))
        if len(exchange.asked) < MOST_REPEATS:
            exchange.asked.append(Asked(moment, identifier))
        self._asked.note((datagram.source, datagram.destination, identifier), exchange)

    def advertisement(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """A Mobile Prefix Advertisement: it answers the latest solicitation with its identifier, if that was seen."""
        identifier = message.get("identifier")
        if identifier is None:
            return
        exchange = self._asked.get((datagram.destination, datagram.source, identifier))
        if exchange is None:
            exchange = self._keep(PrefixExchange(datagram.true_destination, datagram.true_source))
        if len(exchange.advertisements) < MOST_ADVERTISEMENTS:
            prefixes = tuple(_prefix(o) for o in message.options if o.type == "prefix_information" and not o.problems)
            flags = tuple(sorted(message.get("flags") or ()))
            advertisement = PrefixAdvertisement(moment, identifier, flags, prefixes, message.truncated)
            exchange.advertisements.append(advertisement)

    def _keep(self, exchange: PrefixExchange) -> PrefixExchange:
        self._newest.note((exchange.home_address, exchange.home_agent), exchange)
        self._all.append(exchange)
        return exchange


def _was_answered(exchange: PrefixExchange, identifier: int, now_ns: int) -> bool:
    """Whether an advertisement in answer to this solicitation came shortly before it."""
    answer = exchange.advertisements[0] if exchange.advertisements and not exchange.asked else None
    return answer is not None and answer.identifier == identifier and now_ns - answer.moment.time_ns <= JITTER_NS


def _prefix(option: View) -> AdvertisedPrefix:
    return AdvertisedPrefix(
        option.get("prefix"),
        option.get("prefix_length"),
        tuple(sorted(option.get("flags"))),
        option.get("valid_lifetime_s"),
        option.get("preferred_lifetime_s"),
    )

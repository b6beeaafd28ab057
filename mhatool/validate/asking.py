"""Rules for asking again: tests, home agents, prefixes; and for announcing again (RFC 6275, 10.6.3, 11.4 and 11.8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from dissectors.view import View
from mhatool.exchange import Latest, Recent
from mhatool.exchange.history import History
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.doubling import (
    TOLERANCE,
    TRANSMISSIONS,
    Transmission,
    is_steady,
    not_doubled,
    stays_the_same,
    waits_between,
)
from mhatool.validate.held import has_come_up, may_be_held
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import LONGEST_WAIT_NS
from mhatool.validate.surroundings import Surroundings, knowledge
from mhatool.validate.until_answered import at_the_end, once_answered

INITIAL_DHAAD_TIMEOUT_S = 3.0
PREFIX_ADV_TIMEOUT_S = 3.0
INITIAL_SOLICIT_TIMER_S = 3.0
DHAAD_RETRIES = 4
LONGEST_SEARCH_WAIT_NS = nanoseconds(INITIAL_DHAAD_TIMEOUT_S * 2**DHAAD_RETRIES * 1.1)
"""The wait after the last retransmission that a search may have, 48 s; with a tenth more for what timers are late."""
PREFIX_ADV_RETRIES = 3
MOST = 25_000
"""Pairs of nodes, of each kind of request."""

_ASKS = {
    "home_test_init": ("home_test", "home_init_cookie"),
    "care_of_test_init": ("care_of_test", "care_of_init_cookie"),
    "dhaad_request": ("dhaad_reply", "identifier"),
    "mobile_prefix_solicitation": ("mobile_prefix_advertisement", "identifier"),
}
_ANSWERS = {answer: ask for ask, (answer, _) in _ASKS.items()}
_COOKIE, _END = 8, 16
"""Where the cookie of a test stands, and the octet behind it, counted from the start of the Mobility Header."""
_COOKIES = {"home_test_init", "care_of_test_init"}
_make = tuple.__new__  # a third of the time of Asked(...)


class Series:
    """What one node lately asked another one, newest last.

    The last `count` are one request and its retransmissions, sent until something answers; it may be more than are
    kept. `marks` are the cookies or identifiers of the latest, `source` the newest one's source address.
    `answers_seen`: at any time, so the capture shows them. After `longest_ns` of silence a request begins anew.
    `origin`: where the last one came from, the care-of address of who asks through a tunnel.
    """

    __slots__ = ("answered", "answers_seen", "count", "last_ns", "longest_ns", "marks", "origin", "sent", "source")

    def __init__(self, longest_ns: int = LONGEST_WAIT_NS) -> None:
        self.longest_ns = longest_ns
        self.source = self.origin = b""
        self.sent: History[Transmission] = History(TRANSMISSIONS)
        self.marks: History[object] = History(TRANSMISSIONS)
        self.count = self.last_ns = 0
        self.answered = self.answers_seen = False

    def goes_on(self, time_ns: int) -> bool:
        """Whether a request at this time repeats the one before."""
        return not self.answered and self.count > 0 and time_ns - self.last_ns <= self.longest_ns

    def add(self, seen: Seen) -> None:
        """Take in the next one, which may begin a new series."""
        datagram, time_ns = seen.datagram, seen.time_ns
        origin = (datagram.outer or datagram).source
        if self.answered or origin != self.origin or not self.goes_on(time_ns):
            self.count = 0
        self.answered = False
        self.origin = origin
        self.source = datagram.source
        self.count += 1
        self.last_ns = time_ns
        self.sent.add((time_ns, seen.frame))

    def shows_answers(self, surroundings: Surroundings) -> bool:
        """Whether the capture shows any so far."""
        return self.answers_seen

    def not_doubled(self, sent: Sequence[Transmission], *, inconclusive: bool = False) -> Breach:
        """The breach of these, the last ones; before an answer it is certain of equal waits alone.

        Else some may have been lost before the place of capture, or held by a router that looked for the next one.
        """
        unsure = inconclusive or not (self.answers_seen or is_steady(waits_between(sent)))
        return not_doubled(sent, inconclusive=unsure)

    def current_marks(self) -> set[object]:
        """Those of the request with its retransmissions."""
        return set(islice(self.marks, max(len(self.marks) - self.count, 0), None))

    def with_next(self, seen: Seen) -> list[Transmission]:
        """The request with its retransmissions, and the message at hand."""
        return [*islice(self.sent, max(len(self.sent) - self.count, 0), None), (seen.time_ns, seen.frame)]


def _origin(seen: Seen) -> bytes:
    return (seen.datagram.outer or seen.datagram).source


class Asked(NamedTuple):
    """A request, its cookie or identifier (None where it is cut); and what was asked before it.

    `nodes`: who asks, and who is asked (where anyone may answer: his prefix).
    """

    nodes: bytes
    series: Series | None
    mark: object


@knowledge(*_ASKS, *_ANSWERS)
class Askings:
    """What was asked lately, of each kind between two nodes."""

    def __init__(self) -> None:
        self._series: dict[str, Recent[bytes, Series]] = {kind: Recent(MOST) for kind in _ASKS}
        self._seen: Seen | None = None
        self._asked: Asked | None = None

    def see(self, seen: Seen) -> None:
        """Take in a request or an answer."""
        message = seen.message
        if message.checksum_status == "bad":
            return
        kind = message.type
        ask = _ANSWERS.get(kind)
        if ask is not None:
            self._answer(ask, seen)
            return
        nodes, series, mark = self.asked(seen)
        if series is None:
            series = Series(LONGEST_SEARCH_WAIT_NS if kind == "dhaad_request" else LONGEST_WAIT_NS)
            self._series[kind].note(nodes, series, seen.time_ns)
        series.add(seen)
        series.marks.add(mark)

    def _answer(self, ask: str, seen: Seen) -> None:
        datagram = seen.datagram
        answerer = datagram.true_source if ask != "dhaad_request" else datagram.source[:8]
        series = self._series[ask].renew(datagram.true_destination + answerer, seen.time_ns)
        if series is not None:
            series.answered = series.answers_seen = True

    def asked(self, seen: Seen) -> Asked:
        """A request and what was asked before it; looked up once, though several rules want to know."""
        if self._asked is None or self._seen is not seen:
            self._seen, self._asked = seen, self._look_up(seen)
        return self._asked

    def _look_up(self, seen: Seen) -> Asked:
        message, datagram = seen.message, seen.datagram
        kind, to = message.type, datagram.true_destination
        nodes = datagram.true_source + (to[:8] if kind == "dhaad_request" else to)
        return _make(Asked, (nodes, self._series[kind].renew(nodes, seen.time_ns), _mark(kind, message)))

    def last_ns(self, kind: str, asker: bytes, answerer: bytes) -> int:
        """When a node last asked another one, nanoseconds since 1970; 0 where it wasn't seen."""
        series = self._series[kind].get(asker + answerer)
        return series.last_ns if series is not None else 0


def _mark(kind: str, message: View) -> object:
    if kind in _COOKIES and message.end - message.start >= _END:
        return message.octets[message.start + _COOKIE : message.start + _END]
    return message.get(_ASKS[kind][1])


def _repeated(case: Case) -> Series | None:
    """The series that a request goes on with."""
    series = case.surroundings.known(Askings).asked(case.seen).series
    if series is None or not series.goes_on(case.seen.time_ns) or case.seen.message.checksum_status == "bad":
        return None
    return series if series.origin == _origin(case.seen) else None  # else it has moved, and begins anew


@rule(
    "MIP6-RTX-005",
    "Home and care-of tests are asked for again with new cookies and doubled waits",
    reference="RFC 6275, 11.8",
    role="MN",
    scope="timeline",
    needs="A Home Test Init or Care-of Test Init and its retransmissions",
    on=("home_test_init", "care_of_test_init"),
    finish=at_the_end("MIP6-RTX-005"),
    profiles=("rfc6275",),
)
def asks_with_new_cookies(case: Case) -> Iterable[Breach]:
    """A Home Test Init or Care-of Test Init that is sent again has a new cookie, after twice the wait before.

    The cookie proves that the answer comes from a node that saw the request; the longer one is in use, the more have
    seen it, and with the old one nobody can tell which request was answered. Waits begin with 1 s, double, and may
    stay at 32 s. An old cookie and three equal waits are breaches, inconclusive where the capture shows no answer to
    this mobile node at all, or none so far and the waits differ. A cookie that an earlier, answered test had is
    MIP6-RR-005's.
    """
    _, series, cookie = case.surroundings.known(Askings).asked(case.seen)
    if series is None or series.answered or _repeated(case) is None:
        return ()
    if isinstance(cookie, bytes) and cookie in series.marks:
        at = case.seen.message.start + 8
        before = (series.sent[-1][1],)
        breach = Breach("a new cookie", f"{cookie.hex()} again", at, before)
        return once_answered(case, "MIP6-RTX-005", breach, series.shows_answers)
    sent = series.with_next(case.seen)
    if stays_the_same(waits_between(sent)):
        return once_answered(case, "MIP6-RTX-005", series.not_doubled(sent), series.shows_answers)
    return ()


@rule(
    "MIP6-RTX-006",
    "The search for home agents backs off and ends",
    reference="RFC 6275, 11.4.1 and 12",
    role="MN",
    scope="timeline",
    needs="A Home Agent Address Discovery Request and its retransmissions",
    on=("dhaad_request",),
    finish=at_the_end("MIP6-RTX-006"),
    profiles=("rfc6275",),
)
def search_backs_off(case: Case) -> Iterable[Breach]:
    """An unanswered request is sent again after 3 s, then after twice the wait before, and four times at most.

    Requests go to an anycast address that all home agents of the link share, and where none answers, mobile nodes
    of a whole network ask. Found are: a retransmission with the same identifier before 2.4 s, three equal waits,
    and a fifth retransmission. One mobile node may look for the agents of several home addresses at once, with an
    identifier for each, so other identifiers make it inconclusive. So it is where the capture shows no reply to
    this mobile node at all, or none so far and the waits aren't equal, that it looked for a neighbour's link-layer
    address up to 3 s before a request, which may have waited for that, or that it looked for routers or formed its
    address since the first one: then it may have been started anew. A search more than 53 s after the request
    before begins anew.
    """
    series = _repeated(case)
    if series is None:
        return ()
    sent = series.with_next(case.seen)
    unsure = may_be_held(case, sent) or has_come_up(case, sent)
    other = unsure or series.current_marks() != {case.seen.message.get("identifier")}
    before = (series.sent[-1][1],)
    waited = sent[-1][0] - sent[-2][0]
    if stays_the_same(waits_between(sent)):
        breach = series.not_doubled(sent, inconclusive=other)
    elif series.count == DHAAD_RETRIES + 1:
        breach = Breach("four retransmissions at most", "a fifth one", before=before, inconclusive=other)
    elif len(sent) == 2 and waited < nanoseconds(INITIAL_DHAAD_TIMEOUT_S * TOLERANCE):
        seen = f"{in_seconds(waited):.3f} s"
        unsure = other or not series.answers_seen
        breach = Breach(f"a wait of {INITIAL_DHAAD_TIMEOUT_S:g} s", seen, before=before, inconclusive=unsure)
    else:
        return ()
    return once_answered(case, "MIP6-RTX-006", breach, series.shows_answers)


@rule(
    "MIP6-RTX-007",
    "The wait for prefixes doubles",
    reference="RFC 6275, 11.4.2 and 11.8",
    role="MN",
    scope="timeline",
    needs="A Mobile Prefix Solicitation and its retransmissions",
    on=("mobile_prefix_solicitation",),
    finish=at_the_end("MIP6-RTX-007"),
    profiles=("rfc6275",),
)
def solicits_with_doubled_waits(case: Case) -> Iterable[Breach]:
    """Without answer a Mobile Prefix Solicitation is sent again after 3 s, then after twice the wait before.

    The same back-off as for Binding Updates, so a home agent that is down isn't flooded when it comes back. Found
    are a first wait under 2.4 s and three equal waits under 31 s; inconclusive where the capture shows no Mobile
    Prefix Advertisement to this mobile node at all, or none so far and the waits differ, and the first wait where
    the care-of address or the identifier is another: that may be a solicitation for a reason of its own.
    """
    series = _repeated(case)
    if series is None:
        return ()
    sent = series.with_next(case.seen)
    if stays_the_same(waits_between(sent)):
        return once_answered(case, "MIP6-RTX-007", series.not_doubled(sent), series.shows_answers)
    waited = sent[-1][0] - sent[-2][0]
    if len(sent) != 2 or waited >= nanoseconds(INITIAL_SOLICIT_TIMER_S * TOLERANCE):
        return ()
    is_same = series.source == case.seen.datagram.source and series.marks[-1] == case.seen.message.get("identifier")
    expected, seen = f"a wait of {INITIAL_SOLICIT_TIMER_S:g} s", f"{in_seconds(waited):.3f} s"
    unsure = not (series.answers_seen and is_same)
    return (Breach(expected, seen, before=(series.sent[-1][1],), inconclusive=unsure),)


# --- advertisements that nobody asked for ---


@knowledge("mobile_prefix_advertisement", "mobile_prefix_solicitation", "binding_update")
class Announcements:
    """Series of unsolicited Mobile Prefix Advertisements, by home agent and mobile node."""

    def __init__(self) -> None:
        self._series: Latest[tuple[bytes, bytes], Series] = Latest(MOST)
        self._identifiers: Latest[tuple[bytes, bytes], object] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in an advertisement, or what acknowledges it: a solicitation or a Binding Update."""
        datagram = seen.datagram
        if seen.message.type == "binding_update":
            if not self._series:
                return
            known = self._series.get((datagram.true_destination, datagram.true_source))
            if known is not None:
                known.answered = True
            return
        identifier = seen.message.get("identifier")
        if seen.message.type == "mobile_prefix_solicitation":
            series = self._of(datagram.true_destination, datagram.true_source)
            series.answered = True
            if identifier is not None:
                series.marks.add(identifier)
            return
        series = self._of(datagram.true_source, datagram.true_destination)
        if identifier not in series.marks:
            series.add(seen)
            self._identifiers.note((datagram.true_source, datagram.true_destination), identifier)

    def _of(self, agent: bytes, mobile_node: bytes) -> Series:
        series = self._series.get((agent, mobile_node))
        return series if series is not None else self._series.note((agent, mobile_node), Series())

    def repeated(self, seen: Seen) -> Series | None:
        """The series that an advertisement goes on with."""
        series = self._series.get((seen.datagram.true_source, seen.datagram.true_destination))
        return series if series is not None and series.goes_on(seen.time_ns) else None

    def is_the_same(self, seen: Seen) -> bool:
        """Whether an advertisement has the identifier of the one before it."""
        before = self._identifiers.get((seen.datagram.true_source, seen.datagram.true_destination))
        return bool(before == seen.message.get("identifier"))


@rule(
    "MIP6-RTX-008",
    "Unsolicited prefix advertisements back off and end",
    reference="RFC 6275, 10.6.3 and 12",
    role="HA",
    scope="timeline",
    needs="Mobile Prefix Advertisements that nobody asked for, and a Binding Update to the same home agent",
    on=("mobile_prefix_advertisement",),
    profiles=("rfc6275",),
)
def announces_with_doubled_waits(case: Case) -> Iterable[Breach]:
    """Unsolicited Mobile Prefix Advertisements are repeated after 3 s, then after twice the wait, three times at most.

    A Binding Update or a Mobile Prefix Solicitation of the mobile node acknowledges it. A mobile node that is asleep
    or out of reach would else be sent advertisements for as long as its binding lasts. Advertisements that answer a
    solicitation aren't counted. Inconclusive where no Binding Update of this mobile node to the agent was seen, or the
    identifier isn't that of the one before: then the capture may not show what it answers.
    """
    if case.request is not None or case.seen.message.checksum_status == "bad":
        return ()
    known = case.surroundings.known(Announcements)
    series = known.repeated(case.seen)
    if series is None:
        return ()
    datagram = case.seen.datagram
    is_known = case.conversations.get(datagram.true_destination, datagram.true_source) is not None
    unsure = not (is_known and known.is_the_same(case.seen))
    sent = series.with_next(case.seen)
    before = (series.sent[-1][1],)
    if series.count == PREFIX_ADV_RETRIES + 1:
        return (Breach("three retransmissions at most", "a fourth one", before=before, inconclusive=unsure),)
    if stays_the_same(waits_between(sent)):
        return (not_doubled(sent, inconclusive=unsure),)
    waited = sent[-1][0] - sent[-2][0]
    if len(sent) == 2 and waited < nanoseconds(PREFIX_ADV_TIMEOUT_S * TOLERANCE):
        expected = f"a wait of {PREFIX_ADV_TIMEOUT_S:g} s"
        return (Breach(expected, f"{in_seconds(waited):.3f} s", before=before, inconclusive=unsure),)
    return ()

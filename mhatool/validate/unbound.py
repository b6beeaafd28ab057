"""Home Address options without binding, and what may be said to them (RFC 6275, 9.3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from dissectors.view import View
from mhatool.exchange import Frame, Latest
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import DENIED
from mhatool.validate.surroundings import Surroundings, knowledge

NO_BINDING = 1
"""The Binding Error status for a Home Address option without binding (RFC 6275, 6.1.9)."""
JITTER_NS = nanoseconds(0.05)
"""How far the time stamps of two interfaces may be apart."""
UNDER_WAY_NS = nanoseconds(4)
"""A Binding Error this long after a Binding Update can't be about a packet that was sent before the update."""
DENIED_NS = nanoseconds(10)
"""For so long a Binding Error tells that there is no binding, where no update is seen."""
MOST = 10_000
_ECHO_REQUEST, _ECHO_REPLY = 128, 129

#: A home address, and the node that was to know a binding for it.
Pair = tuple[bytes, bytes]


class Denial(Struct, frozen=True):
    """A node said that it has no binding for a home address at a care-of address."""

    time_ns: int
    frame: Frame
    care_of_address: bytes


class Question(Struct, frozen=True):
    """An echo request with a Home Address option that its receiver had denied before."""

    time_ns: int
    frame: Frame
    denial: Denial


class Reply(Struct, frozen=True):
    """The reply to such a request."""

    time_ns: int
    frame: Frame
    question: Question


@knowledge("binding_update", "destination_options", "echo", only=DENIED)
class Denials:
    """Which nodes said lately that they have no binding, and how they answered nevertheless."""

    def __init__(self) -> None:
        self._hidden: Latest[Pair, int] = Latest(MOST)
        self._denied: Latest[Pair, Denial] = Latest(MOST)
        self._asked: Latest[tuple[Pair, bytes], Question] = Latest(MOST)
        self._asked_plainly: Latest[tuple[Pair, bytes], int] = Latest(MOST)
        #: The last reply to a denied home address that no update explains.
        self.replies: Latest[Pair, Reply] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a message."""
        kind = seen.message.type
        if kind == "echo":
            if self._denied:
                self._echo(seen)
        elif kind in ("destination_options", "esp"):
            self._hidden.note(self._explained(seen), seen.time_ns)
        elif self._denied and kind == "binding_update":
            self._explained(seen)

    @property
    def alarm(self) -> int:
        """An update makes an end of it."""
        return DENIED if self._denied else 0

    def deny(self, pair: Pair, denial: Denial) -> None:
        """Take in a Binding Error, where no update was seen shortly before."""
        hidden = self._hidden.get(pair)
        if hidden is None or denial.time_ns - hidden > UNDER_WAY_NS:
            self._denied.note(pair, denial)

    def _explained(self, seen: Seen) -> Pair:
        """An update, or what may hide one: now there may be a binding, perhaps for a moment already."""
        pair = (seen.datagram.true_source, seen.datagram.true_destination)
        self._denied.pop(pair, None)
        reply = self.replies.get(pair)
        if reply is not None and seen.time_ns - reply.question.time_ns <= JITTER_NS:
            del self.replies[pair]
        return pair

    def _echo(self, seen: Seen) -> None:
        icmp_type, datagram = seen.message.get("icmp_type"), seen.datagram
        if icmp_type == _ECHO_REQUEST and datagram.home_address is not None:
            self._request(seen, (datagram.home_address, datagram.true_destination))
        elif icmp_type == _ECHO_REQUEST:
            self._plain_request(seen, (datagram.source, datagram.true_destination))
        elif icmp_type == _ECHO_REPLY and datagram.routed_home_address is None:
            pair = (datagram.destination, datagram.true_source)
            identity = _identity(seen.message)
            question = self._asked.get((pair, identity))
            plainly_ns = self._asked_plainly.get((pair, identity))
            if question is None or (plainly_ns is not None and seen.time_ns - plainly_ns < DENIED_NS):
                return
            if self._denied.get(pair) is question.denial:
                self.replies.note(pair, Reply(seen.time_ns, seen.frame, question))

    def _request(self, seen: Seen, pair: Pair) -> None:
        denial = self._denied.get(pair)
        if denial is None or denial.care_of_address != seen.datagram.source:
            return
        if JITTER_NS < seen.time_ns - denial.time_ns < DENIED_NS:
            self._asked.note((pair, _identity(seen.message)), Question(seen.time_ns, seen.frame, denial))

    def _plain_request(self, seen: Seen, pair: Pair) -> None:
        """The same may be asked without option, by the tunnel to the home agent: that may be answered."""
        self._asked_plainly.note((pair, _identity(seen.message)), seen.time_ns)
        reply = self.replies.get(pair)
        if reply is not None and seen.time_ns - reply.time_ns <= JITTER_NS:
            del self.replies[pair]


def _identity(echo: View) -> bytes:
    """Identifier and sequence number of an echo message."""
    return echo.octets[echo.start + 4 : echo.start + 8]


def _answered(surroundings: Surroundings) -> Iterator[Late]:
    for (home_address, node), reply in surroundings.known(Denials).replies.items():
        question = reply.question
        before = (question.denial.frame, question.frame)
        early = question.denial.time_ns - surroundings.first_ns < UNDER_WAY_NS
        expected = "no answer: the node had no binding for this home address"
        breach = Breach(expected, "an echo reply", None, before, inconclusive=early)
        yield Late(breach, reply.time_ns, reply.frame, node, home_address)


@rule(
    "MIP6-HAO-006",
    "A packet whose home address has no binding gets a Binding Error at most",
    reference="RFC 6275, 9.3.1",
    role="CN",
    scope="exchange",
    needs="A Binding Error, an echo request with the same home address behind it, and its reply",
    on=("binding_error",),
    level="MUST NOT",
    finish=_answered,
)
def nothing_but_an_error(case: Case) -> Iterable[Breach]:
    """Without a binding nobody vouches for the home address: who answers there can be used to flood a third node.

    So a node that has no binding drops the packet and says so with a Binding Error to the packet's source (where to, is
    MIP6-BE-002's). The reply to an echo request, sent to the home address itself, is a breach where the node had just
    denied the binding and no update came since; the last one to a home address is reported. Where the same was asked
    through the tunnel to the home agent too, the reply is to that. A reply with a type 2 routing header shows a binding
    that came out of sight, and one to the care-of address floods nobody; neither is judged. Where the capture begins so
    late that it may have missed an update on its way, that is inconclusive.
    """
    message, datagram = case.seen.message, case.seen.datagram
    if message.get("status") == NO_BINDING and message.checksum_status == "good":
        pair = (message.get("home_address"), datagram.true_source)
        conversation = case.conversations.get(*pair)
        updated_ns = conversation.recent[-1].update.time_ns if conversation is not None else None
        if updated_ns is None or case.seen.time_ns - updated_ns > UNDER_WAY_NS:
            denial = Denial(case.seen.time_ns, case.seen.frame, datagram.destination)
            case.surroundings.known(Denials).deny(pair, denial)
    return ()

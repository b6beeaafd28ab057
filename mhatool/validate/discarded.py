"""A Mobility Header with a wrong checksum is discarded in silence (RFC 6275, 9.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from dissectors import registry
from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Frame, Latest
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import DAMAGE
from mhatool.validate.surroundings import Surroundings, knowledge

UNKNOWN_TYPE = 2
"""The Binding Error status for an unrecognized Mobility Header type (RFC 6275, 6.1.9)."""
LONGEST_NS = 10 * NS_PER_S
"""An answer later than this answers something else."""
MOST = 10_000

#: The type of the request, who asked whom, and what the answer repeats of it.
Key = tuple[str, bytes, bytes, Any]


class Damaged(Struct, frozen=True):
    """A request with a wrong checksum."""

    time_ns: int
    frame: Frame


class Answered(Struct, frozen=True):
    """What came for it nevertheless."""

    damaged: Damaged
    time_ns: int
    frame: Frame
    title: str


def _update_key(datagram: Datagram, message: View) -> Key:
    return "binding_update", datagram.true_source, datagram.true_destination, message.get("sequence_number")


def _init_key(cookie: str) -> Callable[[Datagram, View], Key]:
    def key(datagram: Datagram, message: View) -> Key:
        return message.type, datagram.true_source, datagram.true_destination, message.get(cookie)

    return key


def _unknown_key(datagram: Datagram, message: View) -> Key | None:
    number = message.get("mh_type")
    if number is None or number in registry.MOBILITY_HEADER_TYPE:
        return None
    return "mobility", datagram.source, datagram.true_destination, None


def _acknowledgement_key(datagram: Datagram, message: View) -> Key | None:
    if message.get("status") == SEQUENCE_NUMBER_OUT_OF_WINDOW:
        return None  # its number is another one
    return "binding_update", datagram.true_destination, datagram.true_source, message.get("sequence_number")


def _test_key(request: str, cookie: str) -> Callable[[Datagram, View], Key]:
    def key(datagram: Datagram, message: View) -> Key:
        return request, datagram.true_destination, datagram.true_source, message.get(cookie)

    return key


def _error_key(datagram: Datagram, message: View) -> Key | None:
    if message.get("status") != UNKNOWN_TYPE:
        return None
    return "mobility", datagram.destination, datagram.true_source, None


_REQUESTS: dict[str, Callable[[Datagram, View], Key | None]] = {
    "binding_update": _update_key,
    "home_test_init": _init_key("home_init_cookie"),
    "care_of_test_init": _init_key("care_of_init_cookie"),
    "mobility": _unknown_key,
}
_ANSWERS: dict[str, Callable[[Datagram, View], Key | None]] = {
    "binding_acknowledgement": _acknowledgement_key,
    "home_test": _test_key("home_test_init", "home_init_cookie"),
    "care_of_test": _test_key("care_of_test_init", "care_of_init_cookie"),
    "binding_error": _error_key,
}


@knowledge(*_REQUESTS, only=DAMAGE)
class Discarded:
    """Requests that nobody should have answered, and those that got an answer."""

    def __init__(self) -> None:
        self.damaged: Latest[Key, Damaged] = Latest(MOST)
        self.answered: Latest[Key, Answered] = Latest(MOST)
        #: Whose messages of an unknown type had a right checksum: a Binding Error doesn't say which one it means.
        self.unknown: Latest[Key, bool] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a request. One with a right checksum explains any answer to the same."""
        kind, is_damaged = seen.message.type, seen.message.checksum_status == "bad"
        if not is_damaged and not self.damaged and kind != "mobility":
            return
        key = _REQUESTS[kind](seen.datagram, seen.message)
        if key is None or key in self.unknown:
            return
        if is_damaged:
            self.damaged.note(key, Damaged(seen.time_ns, seen.frame))
            return
        self.damaged.pop(key, None)
        self.answered.pop(key, None)
        if kind == "mobility":
            self.unknown.note(key, True)

    @property
    def alarm(self) -> int:
        """What may be answered now shouldn't be."""
        return DAMAGE if self.damaged else 0

    def see_copy(self, seen: Seen) -> None:
        """A copy with other octets: where it is right, the receiver may have got that one."""
        if seen.message.checksum_status != "bad":
            self.see(seen)


def _answered(surroundings: Surroundings) -> Iterator[Late]:
    answered = surroundings.known(Discarded).answered
    times = Counter((asker, answerer) for _, asker, answerer, _ in answered)
    for (request, asker, answerer, _), found in answered.items():
        expected, once = "no answer to a message with a wrong checksum", times[asker, answerer] == 1
        breach = Breach(expected, found.title, None, (found.damaged.frame,), inconclusive=once)
        home_address = asker if request in ("binding_update", "home_test_init") else None
        yield Late(breach, found.time_ns, found.frame, answerer, home_address)


@rule(
    "MIP6-MH-008",
    "A message with a wrong checksum isn't answered",
    reference="RFC 6275, 9.2",
    role="receiver",
    scope="exchange",
    needs="Two messages of a node with wrong checksums, whole, and what came back for each",
    on=tuple(_ANSWERS),
    level="MUST NOT",
    finish=_answered,
    only=DAMAGE,
)
def stays_silent(case: Case) -> Iterable[Breach]:
    """What has a wrong checksum may say anything, so its receiver is silent: no acknowledgement, test or Binding Error.

    (ICMPv6 errors aren't looked for: routers on the way send them too, without reading so far.) Who answers doesn't
    check, or sums over the wrong addresses as the sender did. An answer is known by what it repeats: a sequence number,
    a cookie; a Binding Error by its status 2. Where the same message was seen with a right checksum as well, as a copy
    or sent again, that one was answered. A single answer is inconclusive: perhaps the capture alone damaged the
    message.
    """
    known = case.surroundings.known(Discarded)
    message, datagram = case.seen.message, case.seen.datagram
    if not known.damaged or message.checksum_status == "bad":
        return ()
    key = _ANSWERS[message.type](datagram, message)
    damaged = known.damaged.get(key) if key is not None else None
    if key is None or damaged is None or not 0 <= case.seen.time_ns - damaged.time_ns < LONGEST_NS:
        return ()
    if case.request is None and not _was_asked_well(case):
        title = f"a {message.declaration.title}"
        known.answered.note(key, Answered(damaged, case.seen.time_ns, case.seen.frame, title))
    return ()


def _was_asked_well(case: Case) -> bool:
    """Whether an update with the same number and a right checksum was seen before."""
    conversation, acknowledgement = case.conversation, case.acknowledgement
    if conversation is None or acknowledgement is None:
        return False
    return any(
        exchange.update.trusted and exchange.update.sequence_number == acknowledgement.sequence_number
        for exchange in conversation.recent
    )

"""Rules for what a receiver says to a Mobility Header that it can't use (RFC 6275, 9.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from dissectors import registry
from dissectors.ipv6 import address
from dissectors.packet import Datagram
from dissectors.view import View
from dissectors.walk import dissect
from mhatool.exchange import Frame, Latest
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.validate.finding import Severity
from mhatool.validate.mobility_header import NO_NEXT_HEADER, is_too_short
from mhatool.validate.occasion import EVERY_MOBILITY_MESSAGE
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import STRANGE
from mhatool.validate.surroundings import Surroundings, knowledge

UNKNOWN_TYPE = 2
"""The Binding Error status for an unrecognized Mobility Header type (RFC 6275, 6.1.9)."""
PARAMETER_PROBLEM = 4
"""The ICMPv6 type (RFC 4443, 3.4)."""
PATIENCE_NS = NS_PER_S
"""An answer later than this is none; rate limits let one a second through."""
MOST = 10_000
MOST_FRAMES = 8

_UNKNOWN, _MISSHAPEN = "unknown type", "misshapen"
#: What is wrong, who sent it (the source as it stands), to whom.
Key = tuple[str, bytes, bytes]


class Unusable(Struct):
    """Messages of one kind that a receiver couldn't use, the first ones; and what it said since.

    `heard_ns`: when the receiver last sent something to the sender that passed here, after the first of them;
    nanoseconds since 1970. `spaced`: whether two of them came so far apart that a rate limit lets both be answered.
    """

    first_ns: int
    what: str
    offset: int
    home_address: bytes | None
    frames: list[Frame] = field(default_factory=list)
    last_ns: int = 0
    spaced: bool = False
    heard_ns: int | None = None


@knowledge(EVERY_MOBILITY_MESSAGE, "icmpv6_error", "echo", only=STRANGE)
class Unanswered:
    """Messages that should have been answered with an error, and haven't been yet."""

    def __init__(self) -> None:
        self.waiting: Latest[Key, Unusable] = Latest(MOST)
        self._answered: Latest[Key, bool] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a message."""
        message = seen.message
        if not _is_usual(message) and message.declaration.family == "mobility":
            wrong = _unusable(seen)
            if wrong is not None:
                self._note(seen, *wrong)
        if self.waiting or message.type in ("binding_error", "icmpv6_error"):
            self._heard(seen)

    @property
    def alarm(self) -> int:
        """Whatever the receiver says now counts."""
        return STRANGE if self.waiting else 0

    def _note(self, seen: Seen, kind: str, what: str, offset: int) -> None:
        datagram = seen.datagram
        key = (kind, datagram.source, datagram.true_destination)
        if key in self._answered:
            return
        known = self.waiting.get(key)
        if known is None:
            known = Unusable(seen.time_ns, what, offset, datagram.home_address)
        elif seen.time_ns - known.first_ns >= PATIENCE_NS:
            known.spaced = True
        known.last_ns = seen.time_ns
        known.what, known.offset = what, offset
        if len(known.frames) < MOST_FRAMES:
            known.frames.append(seen.frame)
        else:
            known.frames[-1] = seen.frame
        self.waiting.note(key, known)

    def _heard(self, seen: Seen) -> None:
        """An error answers; anything else shows that an answer would have passed here."""
        source, destination = seen.datagram.true_source, seen.datagram.destination
        if seen.message.type == "icmpv6_error":
            quoted = _quoted_addresses(seen.message)
            if quoted is not None:
                self._answer(*quoted)
        elif seen.message.type == "binding_error" and seen.message.get("status") == UNKNOWN_TYPE:
            self._answer(destination, source)
        for kind in (_UNKNOWN, _MISSHAPEN):
            known = self.waiting.get((kind, destination, source))
            if known is not None and seen.time_ns > known.first_ns:
                known.heard_ns = seen.time_ns

    def _answer(self, asker: bytes, answerer: bytes) -> None:
        for kind in (_UNKNOWN, _MISSHAPEN):
            self._answered.note((kind, asker, answerer), True)
            self.waiting.pop((kind, asker, answerer), None)

    def silent(self, kind: str) -> Iterator[tuple[Key, Unusable]]:
        """Those whose receiver was heard since, but not with an error."""
        for key, unusable in self.waiting.items():
            if key[0] == kind and unusable.heard_ns is not None and unusable.heard_ns > unusable.last_ns + PATIENCE_NS:
                yield key, unusable


def _is_usual(message: View) -> bool:
    """Whether a message surely is usable, as nearly all are: a known type, no next header, and room for its fields."""
    octets, start, declaration = message.octets, message.start, message.declaration
    if message.end - start < declaration.fixed_size or declaration.symbol == "ha_switch":
        return False
    return octets[start] == NO_NEXT_HEADER and octets[start + 2] in registry.MOBILITY_HEADER_TYPE


def _unusable(seen: Seen) -> tuple[str, str, int] | None:
    """What of a message its receiver can't use, in words, and where that shows; None for a usable one.

    A wrong checksum comes first and asks for silence; what the capture cut, or a group was sent, asks for nothing.
    """
    message = seen.message
    if message.checksum_status != "good" or address.is_multicast(seen.datagram.destination):
        return None
    number = message.octets[message.start + 2]
    if number not in registry.MOBILITY_HEADER_TYPE:
        return _UNKNOWN, f"type {number}", message.start + 2
    protocol = message.octets[message.start]
    if protocol != NO_NEXT_HEADER:
        return _MISSHAPEN, f"payload protocol {protocol}", message.start
    if not _is_usual(message) and is_too_short(message):
        return _MISSHAPEN, f"Header Len {message.octets[message.start + 1]}", message.start + 1
    return None


def _quoted_addresses(error: View) -> tuple[bytes, bytes] | None:
    """Source and destination of the packet that an ICMPv6 error quotes."""
    at = error.start + 8
    if at + 40 > error.end:
        return None
    return error.octets[at + 8 : at + 24], error.octets[at + 24 : at + 40]


def _silence(surroundings: Surroundings, kind: str, expected: str) -> Iterator[Late]:
    for (_, _, receiver), unusable in surroundings.known(Unanswered).silent(kind):
        *before, last = unusable.frames
        seen = f"none, for {unusable.what}"
        breach = Breach(expected, seen, unusable.offset, tuple(before), inconclusive=not unusable.spaced)
        yield Late(breach, unusable.last_ns, last, receiver, unusable.home_address)


def _no_binding_error(surroundings: Surroundings) -> Iterator[Late]:
    return _silence(surroundings, _UNKNOWN, f"a Binding Error with status {UNKNOWN_TYPE} from the receiver")


def _no_parameter_problem(surroundings: Surroundings) -> Iterator[Late]:
    return _silence(surroundings, _MISSHAPEN, "an ICMPv6 Parameter Problem, code 0, from the receiver")


@rule(
    "MIP6-MH-006",
    "An unknown Mobility Header type is answered by a Binding Error",
    reference="RFC 6275, 9.2 and 9.3.3",
    role="receiver",
    scope="exchange",
    needs="Two messages of an unassigned type, a second or more apart, and other messages from their receiver",
    on=(),
    severity=Severity.WARNING,
    finish=_no_binding_error,
)
def says_that_it_is_unknown(case: Case) -> Iterable[Breach]:
    """A node that gets a type that it doesn't know drops the message and sends a Binding Error with status 2.

    So the sender learns that it needn't try again. It must, but for the rate limit (9.3.3): hence a warning. Only types
    that no standard assigns are unknown to everybody, so only those are judged. Errors are rate limited, and the
    message may be lost behind the capture: it is reported once for a sender and receiver, where no message of several
    was answered, by no ICMPv6 error either, and other messages from the receiver show that an answer would have passed
    here. For one single message that is inconclusive.
    """
    return ()


@rule(
    "MIP6-MH-007",
    "A misshapen Mobility Header is answered by an ICMPv6 Parameter Problem",
    reference="RFC 6275, 9.2",
    role="receiver",
    scope="exchange",
    needs="The error; or two such messages, a second or more apart, and other messages from their receiver",
    on=("icmpv6_error",),
    level="SHOULD",
    severity=Severity.WARNING,
    finish=_no_parameter_problem,
)
def points_at_the_octet(case: Case) -> Iterable[Breach]:
    """A payload protocol other than 59 or a Header Len under the minimum: dropped, and a Parameter Problem tells why.

    Its code is 0 and its pointer names the octet: 0 or 1 of the Mobility Header. An error that points elsewhere in the
    Mobility Header is a breach. Where no error comes, it is reported once for a sender and receiver, as in MIP6-MH-006.
    """
    error = case.seen.message
    if error.get("icmp_type") != PARAMETER_PROBLEM:
        return ()
    quoted = _quoted(error)
    if quoted is None or quoted.upper is None:
        return ()
    pointers = _faults(quoted.upper)
    code, pointer = error.get("code"), error.get("parameter")
    if not pointers or not quoted.upper.start <= pointer < quoted.upper.end:
        return ()
    if code != 0:
        return (Breach("code 0", f"code {code}", error.start + 1),)
    if pointer not in pointers:
        expected = " or ".join(f"pointer {right}" for right in pointers)
        return (Breach(expected, f"pointer {pointer}", error.start + 4),)
    return ()


def _quoted(error: View) -> Datagram | None:
    """The datagram that an error quotes, its offsets counted from its own start; None where there is too little."""
    datagrams = dissect(error.octets[error.start + 8 : error.end], profile=error.profile).datagrams
    return datagrams[0] if datagrams else None


def _faults(message: View) -> list[int]:
    """The octets of a quoted Mobility Header that an error may point at."""
    if message.declaration.family != "mobility" or message.end - message.start < 2:
        return []
    wrong = []
    if message.octets[message.start] != NO_NEXT_HEADER:
        wrong.append(message.start)
    if is_too_short(message):
        wrong.append(message.start + 1)
    return wrong

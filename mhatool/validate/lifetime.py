"""Rules for the end of a binding: what goes to a care-of address must stop with it (RFC 6275, 9.3.2, 9.5 and 10.3)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from dissectors.options.extensions import BindingIdentifier
from mhatool.exchange import Conversation, Exchange, Frame, Latest, Recent, Update
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import expiry, nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.binding_facts import has_option
from mhatool.validate.occasion import OPTIMISED_DATA, PLAINLY_TUNNELLED, TUNNELLED
from mhatool.validate.once import Said
from mhatool.validate.overdue import Overdue
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import UNUSUAL
from mhatool.validate.surroundings import Surroundings, knowledge

IN_FLIGHT_NS = nanoseconds(3)
"""What was sent before the end may arrive so much after it; timers of some nodes tick only every second."""
DRIFT = 1000
"""Clocks may differ by one part in so many."""
LONGEST_LIFETIME_S = 65535 * 4
"""Of a binding (RFC 6275, 6.1.7): for so long nobody has to say anything."""
MOST = 100_000

_NEEDS = "A Binding Update with its acknowledgement, and packets to the care-of address"


@knowledge("binding_update", only=UNUSUAL)
class SeveralCareOfAddresses:
    """Home addresses whose updates carried a Binding Identifier: they have several bindings at one peer."""

    def __init__(self) -> None:
        self.home_addresses: Latest[bytes, bool] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Binding Update."""
        if has_option(seen.message, BindingIdentifier):
            self.home_addresses.note(seen.sender, True)


@knowledge("binding_acknowledgement")
class Answers:
    """When each peer last sent a Binding Acknowledgement to an address, whether or not its update was seen."""

    def __init__(self) -> None:
        self._sent: Recent[bytes, int] = Recent(MOST, nanoseconds(LONGEST_LIFETIME_S))
        """By receiver and peer."""

    def see(self, seen: Seen) -> None:
        """Take in an acknowledgement, for the home address that it names, or else for the address that it goes to."""
        datagram = seen.datagram
        self._sent.note(datagram.true_destination + datagram.true_source, seen.time_ns, seen.time_ns)

    def latest(self, addresses: Iterable[bytes], peer: bytes) -> int:
        """When, in nanoseconds since 1970, to any of these addresses; 0 where none was seen."""
        return max(self._sent.get(to + peer) or 0 for to in addresses)


@knowledge(TUNNELLED, OPTIMISED_DATA)
class OwnUse:
    """When a mobile node last sent a packet of its home address from a care-of address: it relied on its binding."""

    def __init__(self) -> None:
        self._latest: Recent[bytes, int] = Recent(MOST)
        """By home and care-of address."""

    def see(self, seen: Seen) -> None:
        """Take in a tunnelled packet, or one with a Home Address option that is no signalling."""
        datagram = seen.datagram
        outer = datagram.outer
        if outer is not None:
            self._latest.note(datagram.source + outer.source, seen.time_ns, seen.time_ns)
        elif datagram.home_address is not None and not datagram.is_signalling:
            self._latest.note(datagram.home_address + datagram.source, seen.time_ns, seen.time_ns)

    def latest(self, home_address: bytes, care_of_address: bytes) -> int:
        """When, in nanoseconds since 1970; 0: never."""
        return self._latest.get(home_address + care_of_address) or 0


def is_first_time(case: Case, rule_id: str, update: Update) -> bool:
    """Whether this is said for the first time of an update, however many packets show it."""
    said = case.surroundings.known(Said)
    if said.has(rule_id, update.frame):
        return False
    said.note(rule_id, update.frame)
    return True


class Delivery(Struct, frozen=True):
    """A packet to a mobile node's care-of address, and what its sender and that mobile node said of their binding."""

    care_of_address: bytes
    conversation: Conversation


def delivery_of(case: Case) -> Delivery | None:
    """Who sends to whom by a binding: through a tunnel, or with a type 2 routing header; None for signalling."""
    datagram = case.seen.datagram
    outer = datagram.outer
    home_address: bytes | None
    if outer is not None and not datagram.headers:
        home_address, care_of_address, peer = datagram.destination, outer.destination, outer.source
    else:
        if datagram.is_signalling:
            return None
        home_address = datagram.routed_home_address
        care_of_address, peer = datagram.destination, datagram.true_source
        if home_address is None:
            return None
    conversation = case.surroundings.conversations.get(home_address, peer)
    if conversation is None or not conversation.recent:
        return None
    return Delivery(care_of_address, conversation)


def has_several(case: Case, delivery: Delivery) -> bool:
    """Whether the mobile node has several care-of addresses at once: then one update ends no other's binding."""
    return delivery.conversation.home_address in case.surroundings.known(SeveralCareOfAddresses).home_addresses


class _End(Struct, frozen=True):
    """When a binding surely was over, by its latest update that counts; `longer_ns`: by an earlier one, 0 without."""

    time_ns: int
    exchange: Exchange
    longer_ns: int
    certain: bool

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The update and its answer."""
        return frames_of(self.exchange)


def frames_of(exchange: Exchange) -> tuple[Frame, ...]:
    """Those of an update and its answer."""
    answer = exchange.acknowledgement
    return (exchange.update.frame,) if answer is None else (exchange.update.frame, answer.frame)


def is_refused(exchange: Exchange) -> bool:
    """Whether the answer refuses."""
    return exchange.acknowledgement is not None and not exchange.acknowledgement.accepts


def _is_accepted(exchange: Exchange) -> bool:
    answer = exchange.acknowledgement
    return answer is not None and answer.accepts and answer.trusted and exchange.update.trusted


def _latest_end(exchange: Exchange) -> int:
    """The latest instant at which what an update asked for may be over, with time for flight and drift."""
    update, answer = exchange.update, exchange.acknowledgement
    lifetime_s, since_ns = update.lifetime_s, update.time_ns
    if answer is not None:
        lifetime_s, since_ns = (0 if update.deletes else answer.lifetime_s), max(answer.time_ns, since_ns)
    return expiry(since_ns, lifetime_s) + IN_FLIGHT_NS + nanoseconds(lifetime_s / DRIFT)


def _end(conversation: Conversation, now_ns: int) -> _End | None:
    """The end of the binding, where it is over now and nothing may have prolonged it."""
    newest = conversation.recent[-1]
    if newest.acknowledgement is None and _latest_end(newest) >= now_ns:
        return None
    counting = [e for e in conversation.recent if not is_refused(e)]
    accepted = [e for e in counting if _is_accepted(e)]
    last = accepted[-1] if accepted else next((e for e in reversed(counting) if e.update.trusted), None)
    if last is None or is_doubtful(conversation, last):
        return None
    after = counting[counting.index(last) + 1 :]
    ends_ns = max([_latest_end(last), *(_latest_end(e) for e in after if not e.update.deletes)])
    if now_ns <= ends_ns:
        return None
    earlier = counting[: counting.index(last)]
    longer_ns = max((_latest_end(e) for e in earlier), default=0)
    return _End(ends_ns, last, longer_ns, certain=bool(accepted))


def is_doubtful(conversation: Conversation, last: Exchange) -> bool:
    """Whether updates crossed, or the last one doesn't say whose binding it is about."""
    number = last.update.sequence_number
    crossed = any(
        sequence.is_fresh(e.update.sequence_number, number) and last.update.time_ns - e.update.time_ns < IN_FLIGHT_NS
        for e in conversation.recent
        if e is not last and e.update.time_ns <= last.update.time_ns
    )
    guessed = not last.update.has_home_address_option and last.update.home_address != last.update.source
    return crossed or guessed


def is_answered_later(case: Case, delivery: Delivery, last: Exchange) -> bool:
    """Whether an acknowledgement came since the last one that counts: its update wasn't seen, or not understood."""
    conversation = delivery.conversation
    own = last.acknowledgement.time_ns if last.acknowledgement is not None else last.update.time_ns
    addresses = {conversation.home_address, delivery.care_of_address, last.update.care_of_address}
    latest = case.surroundings.known(Answers).latest(addresses, conversation.peer)
    refused = (e.acknowledgement.time_ns for e in conversation.recent if e.acknowledgement and is_refused(e))
    return latest > max(own, *refused, 0)


class Ends:
    """The end of the binding that the packet at hand uses, looked up once though two rules want to know."""

    def __init__(self) -> None:
        self._seen: Seen | None = None
        self._over: _End | None = None

    def see(self, seen: Seen) -> None:
        """Nothing: rules ask about the packet at hand."""

    def over(self, case: Case) -> _End | None:
        """Where it is over; None where it isn't, or nobody knows."""
        if self._seen is not case.seen:
            self._seen, self._over = case.seen, _over(case)
        return self._over


def _over(case: Case) -> _End | None:
    """Quick where it isn't over."""
    delivery = delivery_of(case)
    if delivery is None:
        return None
    newest, now_ns = delivery.conversation.recent[-1], case.seen.time_ns
    answer = newest.acknowledgement
    if now_ns <= expiry(newest.update.time_ns, newest.update.lifetime_s if answer is None else answer.lifetime_s):
        return None
    end = _end(delivery.conversation, now_ns)
    if end is None or has_several(case, delivery) or is_answered_later(case, delivery, end.exchange):
        return None
    recent = delivery.conversation.recent
    used = [e for e in recent if e.update.care_of_address == delivery.care_of_address and not is_refused(e)]
    if not used or not (end.exchange.update.deletes or used[-1] is end.exchange):
        return None
    return end


def _after_its_end(rule_id: str, case: Case, end: _End, expected: str) -> Iterable[Breach]:
    """At once where it is inconclusive anyway; else what comes later decides."""
    at = end.exchange.acknowledgement
    since = at.time_ns if at is not None else end.exchange.update.time_ns
    lifetime_s = 0 if end.exchange.update.deletes else (at or end.exchange.update).lifetime_s
    passed = in_seconds(case.seen.time_ns - since)
    seen = f"one {passed:.3f} s after it was granted for {lifetime_s} s"
    if end.exchange.update.deletes:
        seen = f"one {passed:.3f} s after it was deleted"
    unsure = not end.certain or _is_in_use(case, end) or is_cut(case) or case.seen.message.truncated
    breach = Breach(expected, seen, before=end.frames)
    overdue = case.surroundings.known(Overdue)
    if unsure or overdue.is_full:
        return (replace(breach, inconclusive=True),)
    overdue.note(rule_id, case, end.exchange, breach)
    return ()


def is_cut(case: Case) -> bool:
    """Whether the capture cut an update of this binding: then its care-of address may be another one."""
    delivery = delivery_of(case)
    return delivery is not None and any(exchange.update.truncated for exchange in delivery.conversation.recent)


def _is_in_use(case: Case, end: _End) -> bool:
    """Whether the mobile node went on using the binding itself: then the capture may have lost its refresh."""
    delivery = delivery_of(case)
    if delivery is None:
        return False
    home_address = delivery.conversation.home_address
    used_ns = case.surroundings.known(OwnUse).latest(home_address, delivery.care_of_address)
    return used_ns > end.time_ns - IN_FLIGHT_NS


def _late_by_lifetime(surroundings: Surroundings) -> Iterable[Late]:
    return surroundings.known(Overdue).found("MIP6-LIFE-001")


@rule(
    "MIP6-LIFE-001",
    "Nothing goes to a care-of address after its binding",
    reference="RFC 6275, 9.5 and 10.3.2",
    role="CN/HA",
    scope="timeline",
    needs=_NEEDS,
    on=(PLAINLY_TUNNELLED, OPTIMISED_DATA),
    finish=_late_by_lifetime,
)
def stops_with_the_binding(case: Case) -> Iterable[Breach]:
    """When a binding's lifetime is over or it was deleted, its sender stops tunnelling or routing packets by it.

    Somebody else may have the care-of address by then, and the mobile node, if it is at home, waits for its packets
    there. The lifetime is the one in the acknowledgement, counted from when that was sent; 3 s and a thousandth of
    the lifetime are left for packets on their way and clocks. Any update that may have been accepted prolongs it,
    also where its answer wasn't seen; where an answer shows that the capture missed an update, nothing is said.
    Answers come from the same node to the same address as the packets judged, so they would have been seen as well.
    Without any acknowledgement it is inconclusive, and where the capture may have lost both messages of a refresh: the
    mobile node itself goes on using the binding, or the number of its next update isn't the one that follows. Said once
    for the end of a binding, of the first packet after it, at the end of the capture.
    """
    end = case.surroundings.known(Ends).over(case)
    if end is None or (not end.exchange.update.deletes and case.seen.time_ns <= end.longer_ns):
        return ()
    if not is_first_time(case, "MIP6-LIFE-001", end.exchange.update):
        return ()
    return _after_its_end("MIP6-LIFE-001", case, end, "no packet by a binding that is over")


def _late_by_shorter_lifetime(surroundings: Surroundings) -> Iterable[Late]:
    return surroundings.known(Overdue).found("MIP6-LIFE-004")


@rule(
    "MIP6-LIFE-004",
    "A shorter lifetime shortens the binding",
    reference="RFC 6275, 9.5.2 and 10.3.1",
    role="HA",
    scope="timeline",
    needs=_NEEDS,
    on=(PLAINLY_TUNNELLED, OPTIMISED_DATA),
    finish=_late_by_shorter_lifetime,
)
def follows_a_shorter_lifetime(case: Case) -> Iterable[Breach]:
    """The lifetime that was granted last replaces those before, also where it is shorter.

    A cache that keeps the longer one sends packets to a care-of address that the mobile node meant to leave. Found
    where packets still go there after the last lifetime, but within an earlier one; tolerances are those of
    MIP6-LIFE-001.
    """
    end = case.surroundings.known(Ends).over(case)
    if end is None or end.exchange.update.deletes or case.seen.time_ns > end.longer_ns:
        return ()
    if not is_first_time(case, "MIP6-LIFE-004", end.exchange.update):
        return ()
    return _after_its_end("MIP6-LIFE-004", case, end, "no packet after the shorter lifetime")

"""Which Binding Update is a retransmission, and when they have to end (RFC 6275, 11.8)."""

from __future__ import annotations

from collections.abc import Iterable

from mhatool.exchange import Acknowledgement, Exchange, Recent, Update
from mhatool.exchange.conversation import Previous
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.occasion import TUNNELLED
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.several_bindings import has_several_bindings
from mhatool.validate.situation import LONGEST_WAIT_NS, SAME
from mhatool.validate.surroundings import knowledge

FIRST_STEPS = (1.0, 1.5)
"""Seconds that back-off timers run for at first (RFC 6275, 11.8 and 12)."""
STEPS = (*FIRST_STEPS, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
"""Seconds that they run for."""
STEP_TOLERANCE = 0.1
SERIES = 3
"""Transmissions that show a timer at work."""
LATELY_NS = nanoseconds(5)
"""A search for home agents that long ago was for this registration."""
IN_FLIGHT_NS = nanoseconds(0.5)
"""An answer that young may not have arrived."""
MOST = 100_000


def repeats(update: Update, previous: Previous) -> bool:
    """Whether an update is the one before it sent again: same binding, and no answer to that one yet."""
    return previous.answer is None and asks_the_same(update, previous.update) and "A" in update.flags


def asks_the_same(update: Update, before: Update) -> bool:
    """Whether two updates ask the same of one peer, not longer apart than a retransmission timer runs."""
    return (
        update.time_ns - before.time_ns <= LONGEST_WAIT_NS
        and update.trusted
        and before.trusted
        and update.care_of_address == before.care_of_address
        and update.lifetime_s == before.lifetime_s
        and update.flags == before.flags
    )


@knowledge(TUNNELLED)
class ReverseTunnels:
    """When a mobile node first sent a packet of its home address through the tunnel from its care-of address."""

    def __init__(self) -> None:
        self._first: Recent[bytes, int] = Recent(MOST)
        """By the three addresses."""

    def see(self, seen: Seen) -> None:
        """Take in a tunnelled datagram."""
        outer = seen.datagram.outer
        if outer is None:
            return
        key = seen.datagram.source + outer.source + outer.destination
        if self._first.renew(key, seen.time_ns) is None:
            self._first.note(key, seen.time_ns, seen.time_ns)

    def first_used(self, home_address: bytes, care_of_address: bytes, agent: bytes) -> int:
        """When, in nanoseconds since 1970; 0 where it wasn't seen."""
        return self._first.get(home_address + care_of_address + agent) or 0


@rule(
    "MIP6-RTX-004",
    "An answer ends the retransmissions",
    reference="RFC 6275, 11.7.3 and 11.8",
    role="MN",
    scope="timeline",
    needs="A Binding Update, its acknowledgement, and what the mobile node sends after it",
    on=("binding_update",),
    profiles=("rfc6275",),
    only=SAME,
)
def ends_with_the_answer(case: Case) -> Iterable[Breach]:
    """A mobile node that got an acknowledgement for its newest Binding Update stops sending that update.

    A mobile node that goes on loads its home agent for nothing, and each needless update is one more that can be
    refused. What betrays it: the same update twice more, after 1 or 1.5 s, 2, 3 s or more and then after twice that,
    as a back-off timer fires, though each transmission was accepted at least half a second before the next, and the
    lifetime isn't half over. Refreshes and moves look otherwise. The answers may have been lost behind the place of
    the capture. So it is a breach only where the mobile node shows that it got the first: at a first registration (it
    had looked for home agents before) its first packet through the tunnel comes after the answer, and where the waits
    are 1 and 2 s or 1.5 and 3 s. Else it is inconclusive: a mobile node may refresh its binding whenever it likes.
    """
    exchange, conversation = case.exchange, case.conversation
    previous = exchange.previous if exchange is not None else None
    if exchange is None or conversation is None or previous is None or previous.answer is None:
        return ()
    if not asks_the_same(exchange.update, previous.update) or previous.update.deletes:
        return ()
    if len(conversation.recent) < SERIES:
        return ()
    first, second = conversation.recent[-3], conversation.recent[-2]
    answer = first.acknowledgement
    if answer is None or not asks_the_same(second.update, first.update):
        return ()
    if not (_goes_on(first, second.update) and _goes_on(second, exchange.update)):
        return ()
    waits = (
        in_seconds(second.update.time_ns - first.update.time_ns),
        in_seconds(exchange.update.time_ns - second.update.time_ns),
    )
    if not _is_back_off(*waits) or has_several_bindings(case):
        return ()
    seen = f"the same update again after {waits[0]:.3f} s and {waits[1]:.3f} s"
    before = (first.update.frame, answer.frame, second.update.frame)
    is_first = not any(_holds(earlier, first.update) for earlier in conversation.recent[:-3])
    unsure = not (is_first and _is_at(FIRST_STEPS, waits[0]) and _got_its_answer(case, first.update, answer))
    return (Breach("no retransmission after the acknowledgement", seen, before=before, inconclusive=unsure),)


def _holds(earlier: Exchange, update: Update) -> bool:
    """Whether an earlier registration was accepted for the same care-of address: then a search isn't the first one."""
    answer = earlier.acknowledgement
    return answer is not None and answer.accepts and earlier.update.care_of_address == update.care_of_address


def _goes_on(exchange: Exchange, later: Update) -> bool:
    """Whether an update came after another had long been accepted, but was far from its end."""
    answer = exchange.acknowledgement
    if answer is None or not answer.accepts or not answer.trusted or answer.refresh_interval_s is not None:
        return False  # an advice may ask for it
    waited = in_seconds(later.time_ns - exchange.update.time_ns)
    return later.time_ns - answer.time_ns >= IN_FLIGHT_NS and waited * 2 < answer.lifetime_s


def _is_back_off(first: float, second: float) -> bool:
    return _is_at(STEPS, first) and abs(second - 2 * first) <= first * STEP_TOLERANCE


def _is_at(steps: Iterable[float], waited: float) -> bool:
    return any(abs(waited - step) <= step * STEP_TOLERANCE for step in steps)


def _got_its_answer(case: Case, update: Update, answer: Acknowledgement) -> bool:
    """Whether the mobile node began to use its binding only after the answer had come.

    With several home agents the tunnel to one may begin long after the registration, when another one has failed.
    """
    used = case.surroundings.known(ReverseTunnels).first_used(update.home_address, update.care_of_address, update.peer)
    searched = case.conversations.presence.search(update.source)
    if searched is None or update.time_ns - searched > LATELY_NS:
        return False
    return searched < answer.time_ns < used

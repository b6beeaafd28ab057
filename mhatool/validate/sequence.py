"""Rules for sequence numbers (RFC 6275, 6.1.7, 6.1.8, 9.5.1, 11.7.1 and 11.7.3)."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.exchange import Acknowledgement, Conversation, Update
from mhatool.exchange.conversation import Previous, Unexplained
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import expiry, nanoseconds
from mhatool.validate.rule import Breach, Case, rule

AWAY_AND_BACK_NS = nanoseconds(2)
"""A mobile node can't go home, deregister and leave again within this: each move alone takes a second of DAD."""
JITTER_NS = nanoseconds(1)
"""How much later than its answer an update may be stamped, by interfaces whose clocks differ."""
UNSEEN_RETRANSMISSIONS = 32
"""A number that far behind the first one seen may have been sent before the capture began."""


@rule(
    "MIP6-SEQ-001",
    "Sequence numbers go up",
    reference="RFC 6275, 6.1.7 and 11.7.1",
    role="MN",
    scope="timeline",
    needs="Two Binding Updates in a row from one home address to one peer",
    on=("binding_update", "binding_acknowledgement"),
)
def goes_up(case: Case) -> Iterator[Breach]:
    """Each Binding Update has a number 1 to 32767 ahead (modulo 2^16) of the one before it to the same peer.

    Retransmissions too. Numbers are counted for each home address and peer apart. They may begin anywhere again once
    the mobile node's list entry is gone: after a deregistration, a refusal or a Binding Error, or when the lifetime
    is over; after status 135 they go on from the number in it. A capture of one link may miss a deregistration on
    another. So a number that is behind counts as a breach where the care-of address is the same and no new search for
    home agents lies between, where packets show that the mobile node had no time to go home, or where the peer
    refuses it with 135. Otherwise it is reported as inconclusive once it is accepted.
    """
    exchange = case.exchange
    if exchange is None or exchange.previous is None or not _is_behind(exchange.update, exchange.previous):
        return
    update, previous = exchange.update, exchange.previous
    certain = _kept_its_entry(update, previous)
    expected, number = f"a number 1 to 32767 ahead of {_baseline(previous)}", str(update.sequence_number)
    if case.update is not None and certain:
        yield Breach(expected, number, before=(previous.update.frame,))
    elif case.acknowledgement is exchange.acknowledgement is not None and not certain:
        refused = exchange.acknowledgement.status == SEQUENCE_NUMBER_OUT_OF_WINDOW
        yield Breach(expected, number, before=(previous.update.frame, update.frame), inconclusive=not refused)


def _baseline(previous: Previous) -> int:
    """The number that the next one has to be ahead of."""
    answer = previous.answer
    if answer is not None and answer.status == SEQUENCE_NUMBER_OUT_OF_WINDOW:
        return answer.sequence_number
    return previous.update.sequence_number


def _is_behind(update: Update, previous: Previous) -> bool:
    """Whether the number isn't ahead of the previous one's, and nothing seen lets it begin anew."""
    if not (update.trusted and previous.update.trusted):
        return False
    if sequence.is_fresh(update.sequence_number, _baseline(previous)):
        return False
    answer = previous.answer
    lifetime_s = previous.update.lifetime_s
    if answer is not None and answer.trusted and answer.accepts:
        lifetime_s = min(lifetime_s, answer.lifetime_s)  # counted from the update on (11.7.3)
    over = update.time_ns > expiry(previous.update.time_ns, lifetime_s)
    refused = answer is not None and not answer.accepts and answer.status != SEQUENCE_NUMBER_OUT_OF_WINDOW
    return not (previous.update.deletes or over or refused)


def _kept_its_entry(update: Update, previous: Previous) -> bool:
    """Whether the mobile node surely has kept its list entry since the previous update."""
    if update.deletes:
        return True  # it deletes what there is: the entry goes on to its end
    last_away = max(previous.update.time_ns, previous.last_away_ns or 0)
    if update.time_ns - last_away < AWAY_AND_BACK_NS:
        return True
    searched = previous.last_search_ns is not None and previous.last_search_ns > previous.update.time_ns
    return update.care_of_address == previous.update.care_of_address and not searched


def _never_explained(conversation: Conversation) -> Iterator[tuple[Acknowledgement, Breach]]:
    """Numbers that might have been those of earlier updates, where the update that was waiting got no other answer."""
    for unexplained in conversation.unexplained:
        asked = any(_came_with(unexplained.acknowledgement, exchange.update) for exchange in conversation.recent)
        if _may_be_anothers(conversation, unexplained) and unexplained.waiting.acknowledgement is None and not asked:
            yield unexplained.acknowledgement, _wrong_number(unexplained)


def _came_with(acknowledgement: Acknowledgement, update: Update) -> bool:
    """Whether the update is the one that was answered, seen a little after its answer."""
    late = update.time_ns - acknowledgement.time_ns
    return update.sequence_number == acknowledgement.sequence_number and 0 <= late <= JITTER_NS


def _wrong_number(unexplained: Unexplained) -> Breach:
    waiting = unexplained.waiting.update
    seen = str(unexplained.acknowledgement.sequence_number)
    return Breach(f"sequence number {waiting.sequence_number}", seen, before=(waiting.frame,))


def _may_be_anothers(conversation: Conversation, unexplained: Unexplained) -> bool:
    """Whether the number may be that of an update that this capture doesn't show, or shows a little later.

    One sent before the first that was seen; one lost to the capture, between the one waiting and that before it; one
    whose time stamp is later than its answer's, by the jitter of two interfaces.
    """
    number, waiting = unexplained.acknowledgement.sequence_number, unexplained.waiting
    asked = waiting.update.sequence_number
    earlier = 0 < sequence.ahead(conversation.first_sequence_number, number) <= UNSEEN_RETRANSMISSIONS
    later = 0 < sequence.ahead(number, asked) <= UNSEEN_RETRANSMISSIONS
    between = False
    if waiting.previous is not None:
        before = waiting.previous.update.sequence_number
        between = 0 < sequence.ahead(number, before) < sequence.ahead(asked, before) <= UNSEEN_RETRANSMISSIONS
    return earlier or later or between


@rule(
    "MIP6-SEQ-006",
    "An acknowledgement has the number of the update that it answers",
    reference="RFC 6275, 6.1.8",
    role="receiver",
    scope="exchange",
    needs="A Binding Update and its acknowledgement",
    on=("binding_acknowledgement",),
    finish=_never_explained,
)
def answers_what_was_asked(case: Case) -> Iterator[Breach]:
    """A Binding Acknowledgement copies the sequence number of the Binding Update.

    Status 135 is the exception: it tells the last number that was accepted. An acknowledgement of an older update is
    fine. One with a number shortly beside may answer an update that the capture doesn't show, or shows a little later;
    it is a breach only where nothing else answers the update that was waiting.
    """
    unexplained = case.conversation.unexplained if case.conversation is not None else ()
    newest = unexplained[-1] if unexplained else None
    if case.conversation is None or newest is None or newest.acknowledgement is not case.acknowledgement:
        return
    if not _may_be_anothers(case.conversation, newest):
        yield _wrong_number(newest)

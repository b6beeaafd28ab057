"""The rule for the sequence numbers of acknowledgements that no update had (RFC 6275, 6.1.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from mhatool.exchange import Conversation
from mhatool.exchange.conversation import JITTER_NS, Unexplained
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.overtaken import UNSEEN_RETRANSMISSIONS
from mhatool.validate.refused_number import AT_ONCE_NS
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.surroundings import Surroundings

ASKED_AGAIN_NS = nanoseconds(2)
"""After this an update that nobody answered was sent again: 1.5 s at first (RFC 6275, 11.8 and 12), and some room."""


def _never_explained(surroundings: Surroundings) -> Iterator[Late]:
    """Numbers that no update had, not even one that came a little later.

    What might be that of an update out of sight, only where the update that was waiting got no other answer.
    """
    for conversation in surroundings.conversations:
        for unexplained in conversation.unexplained:
            may_be_anothers = _may_be_anothers(conversation, unexplained) or _may_follow_a_refusal(unexplained)
            if may_be_anothers and unexplained.waiting.acknowledgement is not None:
                continue
            answer, asked = unexplained.acknowledgement, unexplained.waiting.update
            is_prompt = answer.time_ns - asked.time_ns <= ASKED_AGAIN_NS and not answer.truncated
            is_prompt = is_prompt and answer.destination == asked.source
            is_alone = not may_be_anothers or _is_nobodys(surroundings, conversation, unexplained)
            certain = is_prompt and is_alone and not _may_follow_a_refusal(unexplained)
            breach = replace(_wrong_number(unexplained), inconclusive=not certain)
            yield Late(breach, answer.time_ns, answer.frame, answer.peer, answer.home_address)


def _is_nobodys(surroundings: Surroundings, conversation: Conversation, unexplained: Unexplained) -> bool:
    """Whether no update that the capture lost can have had the number.

    One after the update that was waiting can't where the next one has a number up to that; one before it can't where
    the mobile node had just begun with a search for one home agent; who has several goes on telling them, or ends one.
    """
    answer, update = unexplained.acknowledgement, unexplained.waiting.update
    number, asked = answer.sequence_number, update.sequence_number
    steps = sequence.ahead(number, asked)
    if 0 < steps <= UNSEEN_RETRANSMISSIONS:
        later = (e.update for e in conversation.recent if e.update.time_ns > answer.time_ns + JITTER_NS)
        following = next((update for update in later if update.trusted), None)
        still_known = any(exchange is unexplained.waiting for exchange in conversation.recent)
        return still_known and following is not None and 0 < sequence.ahead(following.sequence_number, asked) <= steps
    searched = surroundings.conversations.presence.search(update.source)
    if update.deletes or "M" in update.flags or searched is None:
        return False
    return 0 <= update.time_ns - searched < AT_ONCE_NS


def _wrong_number(unexplained: Unexplained) -> Breach:
    waiting = unexplained.waiting.update
    seen = str(unexplained.acknowledgement.sequence_number)
    return Breach(f"sequence number {waiting.sequence_number}", seen, before=(waiting.frame,))


def _may_be_anothers(conversation: Conversation, unexplained: Unexplained) -> bool:
    """Whether the number may be that of an update that this capture doesn't show.

    One sent before the first that was seen; one lost to the capture, after the one waiting or before it.
    """
    number, waiting = unexplained.acknowledgement.sequence_number, unexplained.waiting
    asked = waiting.update.sequence_number
    earlier = 0 < sequence.ahead(conversation.first_sequence_number, number) <= UNSEEN_RETRANSMISSIONS
    distances = (sequence.ahead(number, asked), sequence.ahead(asked, number))
    return earlier or any(0 < steps <= UNSEEN_RETRANSMISSIONS for steps in distances)


def _may_follow_a_refusal(unexplained: Unexplained) -> bool:
    """Whether the update that was waiting began anew, and was refused out of sight: then the old numbers go on."""
    waiting = unexplained.waiting
    if waiting.previous is None:
        return False
    number, before = unexplained.acknowledgement.sequence_number, waiting.previous.update.sequence_number
    begins_anew = not sequence.is_fresh(waiting.update.sequence_number, before)
    return begins_anew and 0 < sequence.ahead(number, before) <= UNSEEN_RETRANSMISSIONS


@rule(
    "MIP6-SEQ-006",
    "An acknowledgement has the number of the update that it answers",
    reference="RFC 6275, 6.1.8",
    role="receiver",
    scope="exchange",
    needs="A Binding Update and its acknowledgement",
    on=(),
    finish=_never_explained,
)
def answers_what_was_asked(case: Case) -> Iterable[Breach]:
    """A Binding Acknowledgement copies the sequence number of the Binding Update.

    Status 135 is the exception: it tells the last number that was accepted. An acknowledgement of an older update is
    fine, and one whose update is stamped up to a second after it, by another interface. So it is told at the end. One
    with a number shortly beside may answer an update that the capture doesn't show; it is reported only where nothing
    else answers the update that was waiting. It is a breach where the next update has that number or one before it, or
    where the update that was waiting was the first after a search, without M; else it is inconclusive, since captures
    lose packets. So is one that came over two seconds after the update that was waiting or goes elsewhere, and one that
    goes on from the numbers before where that update began anew: a 135 and what obeyed it may be out of sight.
    """
    return ()

"""Status 135, and whether a mobile node that doesn't go on from the number in it surely got it (RFC 6275, 11.7.3)."""

from __future__ import annotations

from typing import Final

from mhatool.exchange import Conversation, Exchange, Update
from mhatool.exchange.conversation import Previous
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.overtaken import UNSEEN_RETRANSMISSIONS
from mhatool.validate.retransmission import asks_the_same

AT_ONCE_NS: Final = nanoseconds(0.8)
"""Too soon for a retransmission: the first one comes a second after an update (RFC 6275, 11.8 and 12)."""
NO_CHANCE: Final = 3
"""So many refusals in a row aren't all lost by chance."""


def is_after_135(previous: Previous) -> bool:
    """Whether the update before was refused for its number."""
    return previous.answer is not None and previous.answer.status == SEQUENCE_NUMBER_OUT_OF_WINDOW


def baseline(previous: Previous) -> int:
    """The number that the next one has to be ahead of."""
    if previous.answer is not None and is_after_135(previous):
        return previous.answer.sequence_number
    return previous.update.sequence_number


def got_the_refusal(conversation: Conversation, update: Update, previous: Previous) -> bool:
    """Whether a mobile node whose update is behind the number in a 135 surely had got that.

    A refusal may be lost behind the place of capture; then the update before is sent again, with the mobile node's own
    next number. Nothing but the refusal explains that it asks the same so soon, and three in a row aren't lost.
    """
    is_too_soon = update.time_ns - previous.update.time_ns < AT_ONCE_NS and asks_the_same(update, previous.update)
    return is_too_soon or _ignored(conversation, update) >= NO_CHANCE


def _ignored(conversation: Conversation, update: Update) -> int:
    """How many refusals in a row the mobile node's own numbers went on after, up to this update."""
    count = 0
    for exchange in reversed(conversation.recent):
        if exchange.update.time_ns <= update.time_ns:
            if not _goes_on_by_itself(exchange):
                break
            count += 1
    return count


def _goes_on_by_itself(exchange: Exchange) -> bool:
    previous, number = exchange.previous, exchange.update.sequence_number
    if previous is None or not is_after_135(previous) or sequence.is_fresh(number, baseline(previous)):
        return False
    return 0 < sequence.ahead(number, previous.update.sequence_number) <= UNSEEN_RETRANSMISSIONS


__all__ = ["AT_ONCE_NS", "baseline", "got_the_refusal", "is_after_135"]

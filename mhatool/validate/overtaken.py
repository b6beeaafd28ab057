"""Binding Updates that arrive after a later one."""

from __future__ import annotations

from mhatool.exchange import Conversation, Update
from mhatool.observe.failure.probing import HELD_NS
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import nanoseconds

DISORDER_NS = nanoseconds(0.1)
"""Which of two packets came first is unknown within this: each time stamp may be off by 50 ms."""
UNSEEN_RETRANSMISSIONS = 32
"""A number that far behind the first one seen may have been sent before the capture began."""


def was_overtaken(conversation: Conversation, update: Update) -> bool:
    """Whether the newest update may have been sent before the one before it, though not long ago.

    What waits for its next hop's link-layer address is overtaken by what is sent by another way meanwhile. So is one
    whose number is shortly behind, where no update with that was seen yet: the capture may have begun later, or have
    lost what would show that the number was left out.
    """
    earlier = [each.update for each in conversation.recent[:-1] if each.update.trusted]
    if not earlier:
        return False
    last, number = earlier[-1], update.sequence_number
    is_behind = 0 < sequence.ahead(last.sequence_number, number) <= UNSEEN_RETRANSMISSIONS
    is_new = all(each.sequence_number != number for each in earlier)
    return is_behind and is_new and update.time_ns - last.time_ns <= HELD_NS


def may_have_changed_places(earlier: Update, later: Update) -> bool:
    """Whether two updates with different numbers are stamped so close to each other that they may have come otherwise.

    So does who is refused with status 135 and goes on from the number in it.
    """
    return earlier.sequence_number != later.sequence_number and later.time_ns - earlier.time_ns <= DISORDER_NS

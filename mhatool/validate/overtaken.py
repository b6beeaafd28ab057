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
    """Whether the update was sent between the two before it, which left its number out, but not long ago.

    What waits for its next hop's link-layer address is overtaken by what is sent by another way meanwhile.
    """
    if len(conversation.recent) < 3:
        return False
    first, second = (each.update for each in conversation.recent[-3:-1])
    steps = sequence.ahead(update.sequence_number, first.sequence_number)
    left_out = 0 < steps < sequence.ahead(second.sequence_number, first.sequence_number) <= UNSEEN_RETRANSMISSIONS
    return left_out and update.time_ns - second.time_ns <= HELD_NS


def may_have_changed_places(earlier: Update, later: Update) -> bool:
    """Whether two updates with different numbers are stamped so close to each other that they may have come otherwise.

    So does who is refused with status 135 and goes on from the number in it.
    """
    return earlier.sequence_number != later.sequence_number and later.time_ns - earlier.time_ns <= DISORDER_NS

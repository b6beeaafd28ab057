"""Binding Updates that arrive after a later one."""

from __future__ import annotations

from mhatool.exchange import Conversation, Update
from mhatool.observe.failure.probing import HELD_NS
from mhatool.protocol import sequence

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

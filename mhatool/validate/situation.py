"""What is true of a message at hand, as bits, so that rules and knowledge that need it otherwise aren't called.

Most messages renew what there is: then most rules have nothing to say, as is clear from a handful of facts. A rule
names the bits without which its check surely finds nothing and remembers nothing (`only`); the tests run all rules with
and without them. Whatever isn't usual has all bits: a message without form (`dissectors.form`), or a damaged one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dissectors.form import Form
from dissectors.options.binding import (
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    NonceIndices,
)
from dissectors.options.header import Pad1, PadN
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from mhatool.exchange import Acknowledgement, Exchange, Update
from mhatool.exchange.conversation import Previous
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol.lifetime import MAX_BINDACK_TIMEOUT_S, MAX_RR_BINDING_LIFETIME_S, NS_PER_S, nanoseconds

if TYPE_CHECKING:
    from mhatool.validate.rule import Case

HOME: Final = 1 << 0
"""A home registration, or the answer to one."""
CORRESPONDENT: Final = 1 << 1
"""A registration with a correspondent, or the answer to one."""
BARE: Final = 1 << 2
"""An update without Home Address option."""
DELETES: Final = 1 << 3
"""An update that deletes, or the answer to one."""
SAME: Final = 1 << 4
"""An update that asks the same as the one before it, not long after that."""
IN_VAIN: Final = 1 << 5
"""There was no answer to the update before."""
STEP: Final = 1 << 6
"""The number isn't one of those that follow the one of the update before; or status 135 has to do with it."""
QUICK: Final = 1 << 7
"""An update within a second after the one before, or nobody knows."""
LATE: Final = 1 << 8
"""An update that comes when the lifetime or the advised interval since the one before is over."""
OTHER_KIND: Final = 1 << 9
"""A home registration after one with a correspondent, or the other way round."""
ASTRAY: Final = 1 << 10
"""An answer that doesn't go to the source and the home address of its update."""
LONGER: Final = 1 << 11
"""An answer that grants more than its update asked for."""
LONG: Final = 1 << 12
"""An answer that grants more than a correspondent may."""
NAKED: Final = 1 << 13
"""An answer without Authorization Data."""
UNUSUAL: Final = 1 << 14
"""Flags or options that RFC 6275 doesn't have, a proxy's among them, or a message that can't be read whole."""
DAMAGE: Final = 1 << 15
"""A message with a wrong checksum was seen, and no answer to it yet."""
STRANGE: Final = 1 << 16
"""A message that its receiver can't use was seen, and no answer to it yet."""
DENIED: Final = 1 << 17
"""Some node said that it has no binding."""
SEVERAL: Final = 1 << 18
"""A home registration with several home agents (M), the answer to one, or the first message after one."""
ALARMS: Final = DAMAGE | STRANGE | DENIED
"""What isn't about the message at hand but about those before it; knowledge raises them (`Alarmed`)."""

ANYTHING: Final = (1 << 19) - 1
SHORTLY_AFTER: Final = 1_000
"""Numbers so far ahead, and not over the end of the circle, are of interest to no rule."""
LONGEST_WAIT_NS: Final = nanoseconds(MAX_BINDACK_TIMEOUT_S * 1.25)
"""After that much silence the next update isn't taken for a retransmission."""
_OF_TESTS: Final = ANYTHING & ~(ALARMS | UNUSUAL)

_USUAL_FLAGS: Final = frozenset("AHLK")
_USUAL_OPTIONS: Final = frozenset(
    {
        *(Pad1, PadN, AlternateCareOfAddress, NonceIndices, BindingAuthorizationData, BindingRefreshAdvice),
        MultipleHomeAgents,
    }
)


def of_update(case: Case, form: Form) -> int:
    """The bits of a Binding Update that was read by its form."""
    update, exchange = case.update, case.exchange
    if update is None or exchange is None:
        return ANYTHING
    bits = _of_form(case, form) | (HOME if "H" in update.flags else CORRESPONDENT)
    if not update.has_home_address_option:
        bits |= BARE
    if update.deletes:
        bits |= DELETES
    if "M" in update.flags:
        bits |= SEVERAL
    previous = exchange.previous
    return bits | (_since(update, previous) if previous is not None else QUICK | SEVERAL)


def _since(update: Update, previous: Previous) -> int:
    """What an update is to the one before it."""
    before, answer = previous.update, previous.answer
    bits = SEVERAL if _may_name_several(before) else 0
    waited_ns = update.time_ns - before.time_ns
    if waited_ns < NS_PER_S:
        bits |= QUICK
    if not 0 < update.sequence_number - before.sequence_number < SHORTLY_AFTER:
        bits |= STEP
    if (
        waited_ns <= LONGEST_WAIT_NS
        and update.lifetime_s == before.lifetime_s
        and update.flags == before.flags
        and update.care_of_address == before.care_of_address
    ):
        bits |= SAME
    elif update.is_home_registration != before.is_home_registration:
        bits |= OTHER_KIND
    if answer is None:
        return bits | IN_VAIN
    if answer.status == SEQUENCE_NUMBER_OUT_OF_WINDOW:
        bits |= STEP
    if waited_ns >= min(answer.lifetime_s, answer.refresh_interval_s or answer.lifetime_s) * NS_PER_S:
        bits |= LATE
    return bits


def _may_name_several(update: Update) -> bool:
    """Whether what follows may be the first word after a list: a cut update leaves the one before it in force."""
    return "M" in update.flags or update.truncated


def of_answer(case: Case, form: Form) -> int:
    """The bits of a Binding Acknowledgement that was read by its form."""
    answer, exchange = case.acknowledgement, case.exchange
    if answer is None or exchange is None:
        return ANYTHING
    update = exchange.update
    bits = _of_form(case, form) | (HOME if "H" in update.flags else CORRESPONDENT)
    if update.deletes:
        bits |= DELETES
    if exchange.previous is None or _may_name_several(update) or _may_name_several(exchange.previous.update):
        bits |= SEVERAL
    if answer.lifetime_s > update.lifetime_s:
        bits |= LONGER
    if answer.lifetime_s > MAX_RR_BINDING_LIFETIME_S:
        bits |= LONG
    if not answer.is_authorized:
        bits |= NAKED
    if _is_astray(answer, update):
        bits |= ASTRAY
    if answer.status == SEQUENCE_NUMBER_OUT_OF_WINDOW or _is_step(exchange):
        bits |= STEP
    return bits


def _is_astray(answer: Acknowledgement, update: Update) -> bool:
    if answer.destination != update.source or answer.destination == update.home_address:
        return True
    return answer.routing_header != update.home_address or not update.has_home_address_option


def _is_step(exchange: Exchange) -> bool:
    previous = exchange.previous
    if previous is None:
        return False
    return not 0 < exchange.update.sequence_number - previous.update.sequence_number < SHORTLY_AFTER


def _of_form(case: Case, form: Form) -> int:
    """The bits that all messages of a form have."""
    bits: int | None = form.known.get(_of_form)
    if bits is None:
        bits = form.known[_of_form] = UNUSUAL if _is_unusual(case) else 0
    return bits


def _is_unusual(case: Case) -> bool:
    known = case.seen.message.value
    if known is None:
        return True
    flags: frozenset[str] = getattr(known, "flags", frozenset())
    if case.update is not None:
        if not flags <= (_USUAL_FLAGS | {"M"} if "H" in flags else _USUAL_FLAGS):
            return True
    elif flags:
        return True
    return not _USUAL_OPTIONS.issuperset(map(type, known.options))


def of_test(case: Case, form: Form) -> int:
    """The bits of a message of the return routability procedure: all that aren't about alarms and form."""
    bits: int | None = form.known.get(_of_form)
    return (bits if bits is not None else _of_form(case, form)) | _OF_TESTS


OF: Final = {
    "binding_update": of_update,
    "binding_acknowledgement": of_answer,
    **dict.fromkeys(("home_test_init", "care_of_test_init", "home_test", "care_of_test"), of_test),
}
"""By message: its bits without alarms. Others have all."""

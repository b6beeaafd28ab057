"""Rules for Binding Acknowledgements of any node (RFC 6275, 6.1.8, 9.5.1, 9.5.4 and 10.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors import registry
from dissectors.ipv6 import address
from mhatool.exchange import Exchange, Update
from mhatool.exchange.conversation import PROMPT_NS
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import expiry
from mhatool.validate.binding_facts import (
    ACKNOWLEDGEMENT_FLAGS,
    LIFETIME,
    STATUS,
    flags_of,
    is_damaged,
)
from mhatool.validate.overtaken import may_have_changed_places
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.situation import ASTRAY, LONGER, STEP, UNUSUAL

_SEQUENCE = 8
_DESTINATION = 24
_EXCHANGE = "A Binding Update and its acknowledgement"


@rule(
    "MIP6-BA-002",
    "An acknowledgement goes to where the update came from",
    reference="RFC 6275, 9.5.4",
    role="receiver",
    scope="exchange",
    needs=_EXCHANGE,
    on=("binding_acknowledgement",),
    only=ASTRAY,
)
def goes_back(case: Case) -> Iterable[Breach]:
    """The destination of a Binding Acknowledgement is the IPv6 source of the Binding Update that it answers.

    Not the care-of address that the Binding Cache holds, nor an Alternate Care-of Address: a refusal has to reach the
    mobile node where it is. Which update is meant is known by its sequence number, so with status 135, and where
    several updates have the number, any of their sources is right. (The routing header is MIP6-RH2-005's. An answer
    from another address than the update went to matches none; then the update stays without answer, MIP6-BA-001.)
    """
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if acknowledgement is None or exchange is None or acknowledgement.destination == exchange.update.source:
        return ()
    is_first = exchange.acknowledgement is acknowledgement
    is_prompt = acknowledgement.time_ns - exchange.update.time_ns < PROMPT_NS
    if case.conversation is None or not (exchange.update.trusted and is_first and is_prompt):
        return ()
    number = acknowledgement.sequence_number
    is_number_of_cache = acknowledgement.status == SEQUENCE_NUMBER_OUT_OF_WINDOW
    for other in case.conversation.recent:
        is_same = is_number_of_cache or other.update.sequence_number == number
        if is_same and other.update.source == acknowledgement.destination:
            return ()
    at = case.seen.datagram.ipv6.start + _DESTINATION
    expected = f"the destination {address.text(exchange.update.source)}, the source of the update"
    return (Breach(expected, address.text(acknowledgement.destination), at, (exchange.update.frame,)),)


@rule(
    "MIP6-BA-003",
    "The status of an acknowledgement is a registered one",
    reference="RFC 6275, 6.1.8 and 9.5.4",
    role="receiver",
    scope="packet",
    needs="The fixed fields of the Binding Acknowledgement",
    on=("binding_acknowledgement",),
)
def registered_status(case: Case) -> Iterable[Breach]:
    """Status values are those of IANA's registry: 0 to 6 accept, 128 to 180 refuse (2026).

    A mobile node only tells under 128 from 128 and over, so it takes an unknown value for a success or a refusal
    without knowing why.
    """
    message = case.seen.message
    status = message.get("status")
    if status is None or status in registry.BINDING_ACKNOWLEDGEMENT_STATUS or is_damaged(message):
        return ()
    return (Breach("a status that IANA has registered", str(status), message.start + STATUS),)


@rule(
    "MIP6-BA-004",
    "No longer lifetime than was asked for",
    reference="RFC 6275, 10.3.1",
    role="HA",
    scope="exchange",
    needs=_EXCHANGE,
    on=("binding_acknowledgement",),
    only=LONGER,
)
def lifetime_within_request(case: Case) -> Iterable[Breach]:
    """The lifetime that an acknowledgement grants is at most the one in the Binding Update that it answers.

    A mobile node counts its list entry down from what it asked for; a home agent that holds the binding for longer
    keeps on diverting the traffic of a node that may be home again. So a granted deletion has lifetime 0.
    """
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if acknowledgement is None or exchange is None or acknowledgement.lifetime_s <= exchange.update.lifetime_s:
        return ()
    if not acknowledgement.accepts or not exchange.update.trusted:
        return ()
    asked, granted = exchange.update.lifetime_s, acknowledgement.lifetime_s
    at = case.seen.message.start + LIFETIME
    return (Breach(f"a lifetime of {asked} s or less", f"{granted} s", at, before=(exchange.update.frame,)),)


@rule(
    "MIP6-BA-007",
    "Reserved bits are zero, and K only answers K",
    reference="RFC 6275, 6.1.8 and 10.3.1",
    role="receiver",
    scope="exchange",
    needs="The Binding Acknowledgement, for the K flag the Binding Update too",
    on=("binding_acknowledgement",),
    only=UNUSUAL,
)
def only_flags_that_were_asked_for(case: Case) -> Iterable[Breach]:
    """Bits without meaning are sent as zero (all eight in draft 19); K is set only where the Binding Update had it.

    And never by a correspondent. With K a mobile node expects its home agent to move the keys along; where the home
    agent can't, both wait for packets at a place where the other one isn't.
    """
    message = case.seen.message
    at = message.start + ACKNOWLEDGEMENT_FLAGS
    if at >= len(message.octets) or not message.octets[at] or is_damaged(message):
        return ()
    flags: frozenset[str] = message.get("flags", frozenset())
    reserved = sorted(flag for flag in flags if flag.startswith("0x"))
    if reserved:
        return (Breach("reserved bits of 0", f"set: {', '.join(reserved)}", at),)
    if "K" not in flags_of(message) or case.exchange is None or not case.exchange.update.trusted:
        return ()
    update = case.exchange.update
    if "K" in update.flags and ("H" in update.flags or "M" in update.flags):
        return ()
    asked = "an update without K" if "K" not in update.flags else "an update to a correspondent"
    return (Breach(f"no K flag in the answer to {asked}", "K", at, (update.frame,)),)


@rule(
    "MIP6-SEQ-003",
    "Status 135 tells the last number that was accepted",
    reference="RFC 6275, 9.5.1",
    role="receiver",
    scope="exchange",
    needs="An accepted Binding Update, a later one whose number isn't ahead, and its acknowledgement",
    on=("binding_acknowledgement",),
    only=STEP,
)
def tells_the_last_accepted(case: Case) -> Iterable[Breach]:
    """A Binding Update whose number isn't ahead of the last accepted one is refused with 135 and that last number.

    The mobile node goes on from it; with its own number sent back it would try in vain. Where another number comes, an
    update may have been accepted out of sight; one within 0.1 s of the last accepted may have been before that, and
    what is refused its copy. Where such an update is accepted instead, the receiver may have lost
    its binding before: that is inconclusive.
    """
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if acknowledgement is None or exchange is None or not exchange.update.trusted:
        return ()
    update = exchange.update
    if acknowledgement.status == SEQUENCE_NUMBER_OUT_OF_WINDOW:
        if acknowledgement.sequence_number != update.sequence_number:
            return ()
        last = _last_accepted(case, exchange)
        if last is None or last.deletes or sequence.is_fresh(update.sequence_number, last.sequence_number):
            return ()
        if update.sequence_number == last.sequence_number or may_have_changed_places(last, update):
            return ()
        expected = f"the last accepted number, {last.sequence_number}"
        seen = f"{update.sequence_number}, the refused one"
        return (Breach(expected, seen, case.seen.message.start + _SEQUENCE, (last.frame, update.frame)),)
    return _accepted_though_behind(case, exchange) if acknowledgement.accepts else ()


def _last_accepted(case: Case, exchange: Exchange) -> Update | None:
    """The update before that the peer accepted last; None where a refusal or deletion may have ended the entry."""
    earlier = case.conversation.recent if case.conversation is not None else ()
    for other in reversed(earlier):
        answer = other.acknowledgement
        if other is not exchange and answer is not None and answer.trusted and answer.accepts and other.update.trusted:
            return other.update
    return None


def _accepted_though_behind(case: Case, exchange: Exchange) -> Iterable[Breach]:
    previous, update = exchange.previous, exchange.update
    if previous is None or 0 < update.sequence_number - previous.update.sequence_number < sequence.HALF:
        return ()
    if previous.answer is None or exchange.acknowledgement is not case.acknowledgement:
        return ()
    last, answer = previous.update, previous.answer
    if sequence.is_fresh(update.sequence_number, last.sequence_number) or last.deletes or not answer.accepts:
        return ()
    if not answer.trusted or update.time_ns > expiry(last.time_ns, answer.lifetime_s) or last.flags != update.flags:
        return ()
    expected = f"status 135 with {last.sequence_number}"
    seen = f"number {update.sequence_number} accepted"
    return (Breach(expected, seen, case.seen.message.start + STATUS, (last.frame, update.frame), inconclusive=True),)

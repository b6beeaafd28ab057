"""From what a check saw to the finding that is reported: how sure it is, and whose binding it is about."""

from __future__ import annotations

from mhatool.exchange import Acknowledgement, Exchange
from mhatool.exchange.conversation import PROMPT_NS
from mhatool.validate.finding import Finding, Severity
from mhatool.validate.rule import Breach, Case, Late, Rule


def finding_of(rule: Rule, case: Case, breach: Breach) -> Finding:
    """The finding for a breach; what rests on a message that the capture cut, or on a late answer, is inconclusive."""
    seen = case.seen
    inconclusive = breach.inconclusive or is_unsure(case)
    return Finding(
        rule=rule.id,
        severity=Severity.NOTE if inconclusive else rule.severity,
        level=rule.level,
        frames=(*breach.before, seen.frame),
        time_ns=seen.time_ns,
        home_address=home_address_of(case),
        node=seen.sender,
        expected=breach.expected,
        seen=breach.seen,
        reference=rule.reference,
        inconclusive=inconclusive,
        offset=breach.offset,
    )


def is_unsure(case: Case) -> bool:
    """Whether nothing that rests on a message is certain: the capture cut it, or it may not belong to its exchange."""
    if case.seen.message.truncated:
        return True
    return case.exchange is not None and _is_unsure(case.exchange, case.acknowledgement)


def _is_unsure(exchange: Exchange, acknowledgement: Acknowledgement | None) -> bool:
    """Whether an update was cut, this one or that before it, or the answer may be another's: it is late or misnamed.

    Or its update had no Home Address option: only the care-of address told whose it is, and somebody else may have it.
    """
    update, previous = exchange.update, exchange.previous
    if update.truncated or (previous is not None and previous.update.truncated):
        return True
    if acknowledgement is None:
        return False
    if not update.has_home_address_option and update.home_address != update.source:
        return True
    is_misnamed = acknowledgement.routing_header not in (None, update.home_address)
    return is_misnamed or acknowledgement.time_ns - update.time_ns > PROMPT_NS


def home_address_of(case: Case) -> bytes | None:
    """Whose binding it is about, as far as the message and its conversation tell."""
    if case.conversation is not None:
        return case.conversation.home_address
    if case.acknowledgement is not None:
        return case.acknowledgement.home_address
    datagram = case.seen.datagram
    return datagram.home_address if datagram.home_address is not None else datagram.final_destination


def finding_at_the_end(rule: Rule, late: Late) -> Finding:
    """The finding for a breach that shows only when nothing more comes."""
    breach = late.breach
    return Finding(
        rule=rule.id,
        severity=Severity.NOTE if breach.inconclusive else rule.severity,
        level=rule.level,
        frames=(*breach.before, late.frame),
        time_ns=late.time_ns,
        home_address=late.home_address,
        node=late.node,
        expected=breach.expected,
        seen=breach.seen,
        reference=rule.reference,
        inconclusive=breach.inconclusive,
        offset=breach.offset,
    )

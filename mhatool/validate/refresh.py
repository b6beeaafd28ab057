"""Rules for updates that renew or change a binding that there is (RFC 6275, 9.5.1, 6.2.4 and 11.7.1)."""

from __future__ import annotations

from collections.abc import Iterable

from mhatool.exchange import Acknowledgement, Update
from mhatool.exchange.conversation import Previous
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import NS_PER_S, expiry, nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.finding import Severity
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.sequence import kept_its_entry
from mhatool.validate.several_bindings import has_several_bindings
from mhatool.validate.situation import HOME, LATE, OTHER_KIND

MARGIN_NS = nanoseconds(1)
LATE_NS = nanoseconds(3)
"""A refresh may come so much, or a tenth of the interval, after it was due."""


def _answered(previous: Previous) -> Acknowledgement | None:
    """The answer that made or renewed the binding; None where there is no binding."""
    answer = previous.answer
    if answer is None or not answer.accepts or not answer.trusted or previous.update.deletes:
        return None
    return answer


@rule(
    "MIP6-BU-011",
    "A binding stays a home registration, or none",
    reference="RFC 6275, 9.5.1",
    role="MN",
    scope="timeline",
    needs="An accepted Binding Update and the next one to the same peer",
    on=("binding_update",),
    only=OTHER_KIND,
)
def keeps_its_kind(case: Case) -> Iterable[Breach]:
    """While a peer has a binding for a home address, the H flag of updates for it doesn't change.

    Home registrations and those at correspondents are proved and kept in different ways; a peer that would change one
    into the other could be made to give a correspondent's rights to a home agent's entry. It refuses such an update
    with status 139. Inconclusive after a move or a search for home agents, where the binding may have been deleted
    out of sight.
    """
    exchange = case.exchange
    if exchange is None or exchange.previous is None:
        return ()
    update, before = exchange.update, exchange.previous.update
    if update.is_home_registration == before.is_home_registration or not (update.trusted and before.trusted):
        return ()
    answer = _answered(exchange.previous)
    if answer is None or update.time_ns + MARGIN_NS > expiry(before.time_ns, answer.lifetime_s):
        return ()
    expected, seen = ("H", "no H") if before.is_home_registration else ("no H", "H")
    at = case.seen.message.start + 8
    unsure = not kept_its_entry(update, exchange.previous)
    return (Breach(expected, seen, at, before=(before.frame, answer.frame), inconclusive=unsure),)


@rule(
    "MIP6-BU-016",
    "A home registration is refreshed before it ends",
    reference="RFC 6275, 6.2.4 and 11.7.1",
    level="SHOULD",
    severity=Severity.WARNING,
    role="MN",
    scope="timeline",
    needs="An accepted Binding Update and the next one for the same care-of address",
    on=("binding_update",),
    only=LATE | HOME,
)
def refreshed_in_time(case: Case) -> Iterable[Breach]:
    """A mobile node that stays refreshes its home registration before the lifetime is over, or when it was advised to.

    The lifetime is the granted one, counted from when the update was sent; a Binding Refresh Advice says a time
    before that. After the end the home agent stops defending the home address, and packets are lost. Judged where the
    next update shows by its number that none was missed between; a refresh may be 3 s or a tenth of the advised
    interval late. Bindings at correspondents may end while there is nothing to send (11.7.2). Not judged where a mobile
    node has several bindings (RFC 5648); inconclusive where it has several home agents, since it may have given this
    one up and taken it again.
    """
    exchange = case.exchange
    if exchange is None or exchange.previous is None:
        return ()
    update, before, answer = exchange.update, exchange.previous.update, exchange.previous.answer
    if answer is None or update.time_ns - before.time_ns < _surely_in_time_ns(answer):
        return ()
    if not (update.is_home_registration and before.is_home_registration):
        return ()
    answer = _answered(exchange.previous)
    if answer is None or update.deletes or update.care_of_address != before.care_of_address or not update.trusted:
        return ()
    due_ns, what = _due(before, answer)
    if update.time_ns <= due_ns or sequence.ahead(update.sequence_number, before.sequence_number) != 1:
        return ()
    if has_several_bindings(case):
        return ()
    seen = f"{in_seconds(update.time_ns - before.time_ns):.3f} s"
    return (Breach(what, seen, before=(before.frame, answer.frame), inconclusive="M" in before.flags),)


def _surely_in_time_ns(answer: Acknowledgement) -> int:
    """A refresh so soon after the update that was answered can't be late."""
    return min(answer.lifetime_s, answer.refresh_interval_s or answer.lifetime_s) * NS_PER_S


def _due(before: Update, answer: Acknowledgement) -> tuple[int, str]:
    """The last instant at which a refresh is in time, and how that is said."""
    end_ns = expiry(before.time_ns, answer.lifetime_s) + MARGIN_NS
    advised_s = answer.refresh_interval_s
    if advised_s:
        advised_ns = expiry(answer.time_ns, advised_s) + max(LATE_NS, nanoseconds(advised_s / 10))
        if advised_ns < end_ns:
            return advised_ns, f"a refresh within the {advised_s} s that were advised"
    return end_ns, f"a refresh within the lifetime of {answer.lifetime_s} s"
